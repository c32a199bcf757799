import { describe, expect, test } from 'vitest';
import type { ChatRequest } from '../../src/chat/types.js';
import type { RouteOptions } from '../../src/options/types.js';
import { readOverrides } from '../../src/route/overrides.js';
import { createRegistry } from '../../src/route/registry.js';
import { refusalOf } from './planner.js';

const PROVIDERS: RouteOptions['providers'] = {
  openai: { name: 'Open AI', baseUrl: 'https://api.openai.com/v1', apiKey: 'operator-key', models: ['m'] },
  slow: { baseUrl: 'https://slow.example/v1', models: ['m'], timeouts: { totalMs: 2_000 } },
};

function reader(overrides: RouteOptions['callerOverrides'] = { allowedOrigins: ['https://mine.example.com'] }) {
  const registry = createRegistry({ providers: PROVIDERS, callerOverrides: overrides });
  return (provider_configs: unknown) =>
    readOverrides({ messages: [], provider_configs } as unknown as ChatRequest, registry.table, registry.overrides);
}

const read = reader();
const chat = (fields: object) => ({ endpoint_overrides: { chat_completions: fields } });

describe('what callers may override', () => {
  test("their own key, for the provider's own address", () => {
    expect(read({ openai: { api_key: 'sk-mine' } })?.get('openai')).toEqual({
      apiKey: 'sk-mine',
      url: undefined,
      timeoutMs: undefined,
    });
  });

  test('a listed address with a key for it', () => {
    const override = read({ openai: { api_key: 'sk-mine', base_url: 'https://mine.example.com/v1' } })?.get('openai');
    expect(override).toMatchObject({
      apiKey: 'sk-mine',
      url: { origin: 'https://mine.example.com', path: '/v1/chat/completions' },
    });
  });

  test("an address for chat completions, which beats the provider's", () => {
    const override = read({
      openai: {
        api_key: 'k',
        base_url: 'https://mine.example.com/a',
        ...chat({ base_url: 'https://mine.example.com/b' }),
      },
    });
    expect(override?.get('openai')?.url?.path).toBe('/b/chat/completions');
  });

  test('shorter timeouts, with or without a key', () => {
    expect(read({ openai: chat({ timeout: 1_500 }) })?.get('openai')).toEqual({
      apiKey: undefined,
      url: undefined,
      timeoutMs: 1_500,
    });
  });

  test('but never longer timeouts than the operator’s', () => {
    expect(read({ slow: chat({ timeout: 600_000 }) })?.get('slow')?.timeoutMs).toBe(2_000);
  });

  test.each(['openai', 'OpenAI', 'Open AI', 'OPEN ai'])('under the name %s', (name) => {
    expect(read({ [name]: { api_key: 'k' } })?.has('openai')).toBe(true);
  });

  test.each([
    undefined,
    null,
    {},
    { openai: null },
    { openai: {} },
    { openai: { api_key: null, base_url: null, endpoint_overrides: null } },
    { openai: { api_key: '', base_url: '' } },
    { openai: chat({ base_url: '', timeout: null }) },
    { openai: { endpoint_overrides: { chat_completions: null } } },
    { openai: { endpoint_overrides: { messages: { timeout: 5 } } } },
  ])('nothing: %j', (configs) => {
    expect(read(configs)).toBeUndefined();
  });
});

describe('faults', () => {
  const at = 'provider_configs.openai';
  const cases: readonly [string, unknown, string, string][] = [
    ['a list', [], 'invalid_type', 'provider_configs'],
    ['a text', 'openai', 'invalid_type', 'provider_configs'],
    ['an unknown provider', { opnai: { api_key: 'k' } }, 'invalid_value', 'provider_configs.opnai'],
    [
      'a name that objects inherit',
      JSON.parse('{"__proto__":{"api_key":"k"}}'),
      'invalid_value',
      'provider_configs.__proto__',
    ],
    ['the same provider twice', { openai: {}, OpenAI: {} }, 'invalid_value', 'provider_configs.OpenAI'],
    ['a text for a provider', { openai: 'k' }, 'invalid_type', at],
    ['a list for a provider', { openai: ['k'] }, 'invalid_type', at],
    ['an unknown member', { openai: { headers: {} } }, 'unknown_parameter', `${at}.headers`],
    ['a number as key', { openai: { api_key: 1 } }, 'invalid_type', `${at}.api_key`],
    ['a key with a space', { openai: { api_key: 'a b' } }, 'invalid_value', `${at}.api_key`],
    ['a key with a line end', { openai: { api_key: 'a\r\nx: y' } }, 'invalid_value', `${at}.api_key`],
    ['a key that is no ASCII', { openai: { api_key: 'ключ' } }, 'invalid_value', `${at}.api_key`],
    ['a key that is too long', { openai: { api_key: 'k'.repeat(513) } }, 'invalid_value', `${at}.api_key`],
    ['a number as address', { openai: { api_key: 'k', base_url: 1 } }, 'invalid_type', `${at}.base_url`],
    [
      'an object as address',
      { openai: { api_key: 'k', base_url: { socketPath: '/x' } } },
      'invalid_type',
      `${at}.base_url`,
    ],
    [
      'an address that is not listed',
      { openai: { api_key: 'k', base_url: 'https://evil.example' } },
      'base_url_not_allowed',
      `${at}.base_url`,
    ],
    [
      'an address that is not listed, without a key',
      { openai: { base_url: 'https://evil.example' } },
      'base_url_not_allowed',
      `${at}.base_url`,
    ],
    [
      'an inner address',
      { openai: { api_key: 'k', base_url: 'http://169.254.169.254/latest' } },
      'base_url_not_allowed',
      `${at}.base_url`,
    ],
    [
      "the provider's own address spelt out",
      { openai: { api_key: 'k', base_url: 'https://api.openai.com/v1' } },
      'base_url_not_allowed',
      `${at}.base_url`,
    ],
    [
      'a listed address without a key',
      { openai: { base_url: 'https://mine.example.com' } },
      'key_required_for_base_url',
      `${at}.base_url`,
    ],
    [
      'a listed address for chat completions without a key',
      { openai: chat({ base_url: 'https://mine.example.com' }) },
      'key_required_for_base_url',
      `${at}.endpoint_overrides.chat_completions.base_url`,
    ],
    [
      'one of two addresses that is not listed',
      { openai: { api_key: 'k', base_url: 'https://evil.example', ...chat({ base_url: 'https://mine.example.com' }) } },
      'base_url_not_allowed',
      `${at}.base_url`,
    ],
    [
      'endpoint overrides as a list',
      { openai: { endpoint_overrides: [] } },
      'invalid_type',
      `${at}.endpoint_overrides`,
    ],
    [
      'an endpoint override as a text',
      { openai: { endpoint_overrides: { messages: 'x' } } },
      'invalid_type',
      `${at}.endpoint_overrides.messages`,
    ],
    [
      'an unknown member of an endpoint',
      { openai: chat({ url: 'x' }) },
      'unknown_parameter',
      `${at}.endpoint_overrides.chat_completions.url`,
    ],
    [
      'a timeout as text',
      { openai: chat({ timeout: '10' }) },
      'invalid_type',
      `${at}.endpoint_overrides.chat_completions.timeout`,
    ],
    [
      'a timeout that is no number',
      { openai: chat({ timeout: Number.NaN }) },
      'invalid_type',
      `${at}.endpoint_overrides.chat_completions.timeout`,
    ],
    [
      'half a millisecond',
      { openai: chat({ timeout: 1.5 }) },
      'invalid_type',
      `${at}.endpoint_overrides.chat_completions.timeout`,
    ],
    [
      'no time at all',
      { openai: chat({ timeout: 0 }) },
      'integer_below_min_value',
      `${at}.endpoint_overrides.chat_completions.timeout`,
    ],
    [
      'negative time',
      { openai: chat({ timeout: -1 }) },
      'integer_below_min_value',
      `${at}.endpoint_overrides.chat_completions.timeout`,
    ],
    [
      'more than ten minutes',
      { openai: chat({ timeout: 600_001 }) },
      'integer_above_max_value',
      `${at}.endpoint_overrides.chat_completions.timeout`,
    ],
  ];
  test.each(cases)('%s', (_, configs, code, param) => {
    expect(refusalOf(() => read(configs))).toMatchObject({ status: 400, code, param });
  });

  test('never show a key or an address', () => {
    for (const base_url of ['https://secret-host.example', 'http://secret-host', 'http://secret-host\n']) {
      const error = refusalOf(() => read({ openai: { api_key: 'sk-secret', base_url } }));
      expect(JSON.stringify(error.toWire())).not.toContain('secret');
    }
    expect(JSON.stringify(refusalOf(() => read({ openai: { api_key: 'sk secret' } })).toWire())).not.toContain(
      'secret',
    );
  });

  test('expose nothing to a prober: all refused addresses have the same error', () => {
    const messages = ['http://localhost', 'https://evil.example', 'nonsense', 'https://mine.example.com:1'].map(
      (base_url) => refusalOf(() => read({ openai: { api_key: 'k', base_url } })).message,
    );
    expect(new Set(messages).size).toBe(1);
  });
});

describe('an operator who accepts no keys', () => {
  const closed = reader({ apiKeys: false, allowedOrigins: ['https://mine.example.com'] });

  test.each([
    { api_key: 'k' },
    { base_url: 'https://mine.example.com' },
    { api_key: 'k', base_url: 'https://mine.example.com' },
  ])('refuses %j', (config) => {
    expect(refusalOf(() => closed({ openai: config }))).toMatchObject({
      status: 400,
      code: 'provider_configs_disabled',
    });
  });

  test('still lets callers set shorter timeouts', () => {
    expect(closed({ openai: chat({ timeout: 10 }) })?.get('openai')?.timeoutMs).toBe(10);
  });
});
