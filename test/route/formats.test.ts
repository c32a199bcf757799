import { describe, expect, test } from 'vitest';
import { anthropic, azure, bedrock, createGateway, gemini, type ProviderOptions } from '../../src/index.js';
import type { WireFormat } from '../../src/contracts/wire-format.js';
import { withoutOverlap } from '../../src/route/options/base-url.js';
import { createRegistry } from '../../src/route/registry.js';

const USER = { role: 'user', content: 'Hi' } as const;

function planned(providers: Readonly<Record<string, ProviderOptions>>, request: object) {
  const gateway = createGateway({ keys: false, anonymous: true, providers });
  return gateway.plan({ messages: [USER], ...request }, { random: 0 });
}

function table(options: ProviderOptions) {
  return createRegistry({ providers: { p: options } }).table;
}

describe('the format of a provider', () => {
  test.each<[format: ProviderOptions['format'], origin: string, header: string, name: string]>([
    ['anthropic', 'https://api.anthropic.com', 'x-api-key', 'anthropic'],
    ['gemini', 'https://generativelanguage.googleapis.com', 'x-goog-api-key', 'gemini'],
    ['vertex', 'https://aiplatform.googleapis.com', 'x-goog-api-key', 'vertex'],
    [
      bedrock({ region: 'eu-central-1' }),
      'https://bedrock-runtime.eu-central-1.amazonaws.com',
      'authorization',
      'bedrock',
    ],
    [azure({ resource: 'r' }), 'https://r.openai.azure.com', 'api-key', 'azure'],
    [gemini({ door: 'vertex', project: 'p' }), 'https://aiplatform.googleapis.com', 'authorization', 'vertex'],
  ])('%o needs no base URL and sends the key its own way', (format, origin, header, name) => {
    const provider = table({ format, apiKey: 'k', models: ['m'] }).providers.get('p')!;
    expect(provider.url.origin).toBe(origin);
    expect(provider.auth.header).toBe(header);
    expect(provider.format.name).toBe(name);
  });

  test('overrides no option of the provider', () => {
    const options = { format: 'anthropic', baseUrl: 'http://h:1/proxy', auth: 'bearer', models: ['m'] } as const;
    const provider = table(options).providers.get('p')!;
    expect(provider.url).toMatchObject({ origin: 'http://h:1', path: '/proxy' });
    expect(provider.auth.header).toBe('authorization');
  });

  test('needs a base URL where it has none', () => {
    expect(() => table({ format: 'bedrock', models: ['m'] })).toThrow(/providers\.p\.baseUrl/);
    expect(() => table({ models: ['m'] })).toThrow(/providers\.p\.baseUrl/);
  });

  test.each([
    ['/v1', '/v1/messages', ''],
    ['/a/v1', '/v1/messages', '/a'],
    ['/av1', '/v1/messages', '/av1'],
    ['/v1/messages', '/v1/messages', ''],
    ['/v1beta', '/v1beta', ''],
    ['/v1', '/v1beta', '/v1'],
    ['/v1/projects/p', '/v1/projects/p/locations/l', ''],
    ['/openai', '/openai/deployments', ''],
    ['/x', '', '/x'],
    ['', '/v1/messages', ''],
  ])('a base %s before %s becomes "%s"', (base, path, rest) => {
    expect(withoutOverlap(base, path)).toBe(rest);
  });

  test('keeps the query of a base URL', () => {
    const { url } = table({ format: 'anthropic', baseUrl: 'https://h/v1?team=7', models: ['m'] }).providers.get('p')!;
    expect(url.path).toBe('?team=7');
  });

  test('accepts a signer or a key, not both', () => {
    const auth = { sign: async () => ({}), secrets: () => [] };
    const provider = table({ format: bedrock({ region: 'us-east-1' }), auth, models: ['m'] }).providers.get('p')!;
    expect(provider.signer).toBe(auth);
    // A caller's own key is sent as the format defines.
    expect(provider.auth).toEqual({ header: 'authorization', prefix: 'Bearer ' });
    expect(() => table({ format: 'bedrock', baseUrl: 'https://h', auth, apiKey: 'k', models: ['m'] })).toThrow(
      /providers\.p\.auth signs requests.*leave apiKey out/,
    );
  });
});

describe('traits of a model', () => {
  const claude = (model: object, more: object = {}) =>
    table({ format: 'anthropic', ...more, models: { 'claude-sonnet-4-5': model } }).endpoints[0]!;

  test('reach the format as one object with the limits and headers of the endpoint', () => {
    const headers = { 'Anthropic-Version': '2026-10-21' };
    const options = { maxCompletionTokens: 9, format: { sampling: false }, promptCaching: 'auto', upstreamModel: 'u' };
    expect(claude(options, { headers }).facts).toEqual({
      upstreamModel: 'u',
      maxCompletionTokens: 9,
      traits: { sampling: false, promptCaching: 'auto' },
      headers: { 'anthropic-version': '2026-10-21' },
    });
  });

  test.each([
    [
      { format: { thinking: 'often' } },
      /providers\.p\.models\["claude-sonnet-4-5"\]\.format\.thinking must be one of "adaptive", "manual", "always", "none", got "often"/,
    ],
    [
      { format: { prefil: true } },
      /models\["claude-sonnet-4-5"\]\.format: unknown trait "prefil"\. Did you mean "prefill"\?/,
    ],
    [{ format: { apiVersion: 7 } }, /format\.apiVersion must be a non-empty string, got 7/],
    [{ format: [] }, /format must be an object/],
    [{ promptCaching: 'always' }, /promptCaching must be "auto", true or false, got "always"/],
  ])('%j are refused when the gateway starts', (model, message) => {
    expect(() => claude(model)).toThrow(message);
  });

  test.each([
    ['gemini', { penalties: 'yes' }, /format\.penalties must be true or false/],
    ['gemini', { maxCandidates: 0.5 }, /format\.maxCandidates must be a whole number/],
    [
      bedrock({ region: 'us-east-1' }),
      { family: 'gpt' },
      /format\.family must be one of "claude", "nova", "mistral", "other"/,
    ],
  ] as const)('%o refuses %j', (format, traits, message) => {
    expect(() => table({ format, models: { m: { format: traits } } })).toThrow(message);
  });

  test('list with the name what the endpoint supports', () => {
    expect(claude({}).understands).not.toBe(-1);
    expect(claude({ format: { sampling: false } }).understands).not.toBe(claude({}).understands);
    // What is not declared is not understood, and what the format cannot express neither.
    const both = claude({ supportedParameters: ['temperature', 'seed'] });
    const neither = claude({ supportedParameters: ['temperature'] });
    expect(both.understands).toBe(neither.understands);
  });
});

describe('a plan', () => {
  const openai = { baseUrl: 'https://o.test/v1', models: { m: {} } };
  const claude = {
    format: 'anthropic',
    models: { m: { upstreamModel: 'claude-sonnet-4-5', pricing: free(1) } },
  } as const;
  const google = { format: 'gemini', models: { m: { upstreamModel: 'gemini-2.5-pro', pricing: free(2) } } } as const;

  function free(prompt: number) {
    return { prompt, completion: prompt };
  }

  test('excludes what cannot express the request, with the reason `format`', () => {
    const request = { model: 'm', n: 2, provider: { sort: 'price' } };
    const { candidates, excluded } = planned({ claude, openai, google }, request);
    expect(candidates.map(({ slug }) => slug)).toEqual(['google', 'openai']);
    expect(excluded).toEqual([{ provider: 'claude', model: 'm', slug: 'claude', reason: 'format' }]);
  });

  test('names the members that the first candidate will not get', () => {
    const request = {
      model: 'm',
      seed: 1,
      logit_bias: { 5: 1 },
      messages: [{ ...USER, name: 'Ann' }],
      provider: { sort: 'price' },
    };
    expect(planned({ claude, openai }, request).droppedParameters).toEqual(['logit_bias', 'seed', 'messages[0].name']);
    expect(planned({ openai }, request).droppedParameters).toEqual([]);
  });

  test('does not name values that request nothing', () => {
    const request = { model: 'm', frequency_penalty: 0, presence_penalty: null, logit_bias: {}, n: 1 };
    expect(planned({ claude }, request).droppedParameters).toEqual([]);
  });

  test('drops from the request only what the endpoint itself does not declare', () => {
    const declared = {
      ...claude,
      models: { m: { upstreamModel: 'claude-sonnet-4-5', supportedParameters: ['tools'] } },
    };
    const dropped = planned({ declared }, { model: 'm', temperature: 0.5, top_p: 0.5 }).droppedParameters;
    expect(dropped).toEqual(['temperature', 'top_p']);
  });

  test('is an error with the path where no candidate can express the request', () => {
    expect(() => planned({ claude }, { model: 'm', n: 3 })).toThrow(
      expect.objectContaining({ code: 'unsupported_by_provider', param: 'n', status: 400 }),
    );
  });

  test('excludes with `require_parameters` what would drop a parameter', () => {
    const request = { model: 'm', seed: 3, provider: { require_parameters: true } };
    const { candidates, excluded } = planned({ claude, google }, request);
    expect(candidates.map(({ slug }) => slug)).toEqual(['google']);
    expect(excluded.map(({ reason }) => reason)).toEqual(['require_parameters']);
  });

  test('excludes with `require_parameters` what only the translation finds out', () => {
    // The model takes either of them, not both.
    const request = { model: 'm', temperature: 0.5, top_p: 0.5, provider: { require_parameters: true } };
    const { candidates, excluded } = planned({ claude, google }, request);
    expect(candidates.map(({ slug }) => slug)).toEqual(['google']);
    expect(excluded.map(({ reason }) => reason)).toEqual(['format']);
  });

  test('does not give the format the fields of the gateway', () => {
    const seen: object[] = [];
    const format: WireFormat = {
      ...anthropic(),
      exchange(request, context) {
        seen.push(request);
        return anthropic().exchange!(request, context);
      },
    };
    planned({ p: { ...claude, format } }, { model: 'm', provider_sort: 'price', session_id: 's', models: [] });
    expect(seen).toEqual([{ model: 'claude-sonnet-4-5', messages: [USER] }]);
  });
});

describe('a conversation that carries signatures', () => {
  const openai = { baseUrl: 'https://o.test/v1', models: { m: { pricing: { prompt: 1, completion: 1 } } } };
  const claude = { format: 'anthropic', models: { m: { pricing: { prompt: 2, completion: 2 } } } } as const;
  const google = { format: 'gemini', models: { m: { pricing: { prompt: 3, completion: 3 } } } } as const;
  const aws = {
    format: bedrock({ region: 'us-east-1' }),
    models: { m: { upstreamModel: 'us.anthropic.claude-sonnet-4-5', pricing: { prompt: 4, completion: 4 } } },
  };
  const call = (more: object = {}) => ({
    id: 'c',
    type: 'function',
    function: { name: 'f', arguments: '{}' },
    ...more,
  });
  const signature = { google: { thought_signature: 's' } };

  const order = (assistant: object, more: object = {}) => {
    const messages = [USER, { role: 'assistant', content: 'Well.', ...assistant }, USER];
    const request = { model: 'm', messages, provider: { sort: 'price' }, ...more };
    return planned({ openai, claude, google, aws }, request).candidates.map(({ slug }) => slug);
  };
  const CLAUDE = ['claude', 'aws', 'openai', 'google'];
  const GOOGLE = ['google', 'openai', 'claude', 'aws'];
  const CHEAPEST = ['openai', 'claude', 'google', 'aws'];

  test.each<[carried: string, assistant: object, slugs: readonly string[]]>([
    [
      'signed text',
      { reasoning_details: [{ type: 'reasoning.text', text: 't', signature: 's', format: 'anthropic-claude-v1' }] },
      CLAUDE,
    ],
    [
      'redacted text',
      { reasoning_details: [{ type: 'reasoning.encrypted', data: 'd', format: 'anthropic-claude-v1' }] },
      CLAUDE,
    ],
    ["LiteLLM's blocks", { thinking_blocks: [{ type: 'thinking', thinking: 't', signature: 's' }] }, CLAUDE],
    [
      'thought signatures',
      { reasoning_details: [{ type: 'reasoning.encrypted', data: 'd', format: 'google-gemini-v1' }] },
      GOOGLE,
    ],
    ["Google's own form", { content: null, tool_calls: [call({ extra_content: signature })] }, GOOGLE],
    [
      "LiteLLM's form",
      { content: null, tool_calls: [call({ provider_specific_fields: { thought_signature: 's' } })] },
      GOOGLE,
    ],
    ['an id with a signature', { content: null, tool_calls: [call({ id: 'c__thought__s' })] }, GOOGLE],
    [
      'text without a signature',
      { reasoning_details: [{ type: 'reasoning.text', text: 't', format: 'anthropic-claude-v1' }] },
      CHEAPEST,
    ],
    [
      'a format of another vendor',
      { reasoning_details: [{ type: 'reasoning.encrypted', data: 'd', format: 'openai-responses-v1' }] },
      CHEAPEST,
    ],
    ['plain reasoning', { reasoning: 'Hm.', reasoning_content: 'Hm.' }, CHEAPEST],
    ['nothing', {}, CHEAPEST],
  ])('%s prefers who can read them', (_, assistant, slugs) => {
    const messages = assistant as { tool_calls?: unknown[] };
    const last =
      messages.tool_calls === undefined
        ? []
        : [{ role: 'tool', tool_call_id: (messages.tool_calls[0] as { id: string }).id, content: '1' }];
    const history = [USER, { role: 'assistant', content: 'Well.', ...assistant }, ...last, USER];
    expect(order(assistant, { messages: history })).toEqual(slugs);
  });

  test('follows the latest turn', () => {
    const turn = (format: string) => ({
      role: 'assistant',
      content: 'x',
      reasoning_details: [{ type: 'reasoning.encrypted', data: 'd', format }],
    });
    const messages = [USER, turn('anthropic-claude-v1'), USER, turn('google-gemini-v1'), USER];
    expect(order({}, { messages })).toEqual(GOOGLE);
  });

  test("keeps the caller's own order", () => {
    const provider = { order: ['openai', 'google', 'claude', 'aws'] };
    const details = [{ type: 'reasoning.encrypted', data: 'd', format: 'anthropic-claude-v1' }];
    expect(order({ reasoning_details: details }, { provider })).toEqual(['openai', 'google', 'claude', 'aws']);
  });
});
