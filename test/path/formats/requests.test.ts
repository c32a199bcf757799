import { describe, expect, it } from 'vitest';
import {
  anthropic,
  bedrock,
  gemini,
  type BeforeAttemptState,
  type ProviderOptions,
  type Signer,
} from '../../../src/index.js';
import { sigV4 } from '../../../src/aws/index.js';
import { anthropicReply } from '../../../src/testing/anthropic-upstream.js';
import { converseReply } from '../../../src/testing/converse-upstream.js';
import { geminiReply } from '../../../src/testing/gemini-upstream.js';
import { chat, error, type FakeUpstream, type Script } from '../../../src/testing/index.js';
import { gatewayOver, upstreamFor } from '../fixtures.js';

const ORIGIN = (upstream: FakeUpstream): string => upstream.baseUrl.replace(/\/v1$/, '');
const HELLO = { text: 'Hello.' };

/** A gateway in front of one provider with `options`, and what its upstream received. */
async function sentTo(
  script: Script,
  options: Omit<ProviderOptions, 'models'> & Partial<Pick<ProviderOptions, 'models'>>,
  more: Parameters<typeof gatewayOver>[1] = {},
) {
  const upstream = await upstreamFor(script);
  const providers = { p0: { baseUrl: ORIGIN(upstream), apiKey: 'operator-secret', models: ['m'], ...options } };
  const set = await gatewayOver([upstream], { providers, ...more } as Parameters<typeof gatewayOver>[1]);
  return { ...set, upstream, last: () => upstream.ledger.at(-1)! };
}

describe('where requests go', () => {
  const claude = { m: { upstreamModel: 'us.anthropic.claude-sonnet-4-5-20250929-v1:0' } };
  const pro = { m: { upstreamModel: 'gemini-2.5-pro' } };
  const vertex = gemini({ door: 'vertex', project: 'p', location: 'europe-west4' });
  const locations = '/v1/projects/p/locations/europe-west4';

  it.each<
    [
      format: NonNullable<ProviderOptions['format']>,
      models: ProviderOptions['models'],
      base: string,
      whole: string,
      streamed: string,
    ]
  >([
    ['anthropic', ['m'], '', '/v1/messages', '/v1/messages'],
    ['anthropic', ['m'], '/v1', '/v1/messages', '/v1/messages'],
    ['anthropic', ['m'], '/v1/?team=7', '/v1/messages?team=7', '/v1/messages?team=7'],
    [
      'gemini',
      pro,
      '',
      '/v1beta/models/gemini-2.5-pro:generateContent',
      '/v1beta/models/gemini-2.5-pro:streamGenerateContent?alt=sse',
    ],
    [
      'gemini',
      pro,
      '/v1beta?key=x',
      '/v1beta/models/gemini-2.5-pro:generateContent?key=x',
      '/v1beta/models/gemini-2.5-pro:streamGenerateContent?key=x&alt=sse',
    ],
    [
      vertex,
      pro,
      '',
      `${locations}/publishers/google/models/gemini-2.5-pro:generateContent`,
      `${locations}/publishers/google/models/gemini-2.5-pro:streamGenerateContent?alt=sse`,
    ],
    [
      anthropic({ door: 'vertex' }),
      { m: { upstreamModel: 'claude-sonnet-4-5@20250929' } },
      locations,
      `${locations}/publishers/anthropic/models/claude-sonnet-4-5@20250929:rawPredict`,
      `${locations}/publishers/anthropic/models/claude-sonnet-4-5@20250929:streamRawPredict`,
    ],
    [
      bedrock(),
      claude,
      '',
      '/model/us.anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse',
      '/model/us.anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse-stream',
    ],
    [
      anthropic({ door: 'bedrock' }),
      claude,
      '',
      '/model/us.anthropic.claude-sonnet-4-5-20250929-v1%3A0/invoke',
      '/model/us.anthropic.claude-sonnet-4-5-20250929-v1%3A0/invoke-with-response-stream',
    ],
    [
      'azure',
      { m: { upstreamModel: 'my deployment' } },
      '',
      '/openai/deployments/my%20deployment/chat/completions?api-version=2024-10-21',
      '/openai/deployments/my%20deployment/chat/completions?api-version=2024-10-21',
    ],
    [
      'azure',
      ['m'],
      '/openai?api-version=2025-04-01-preview',
      '/openai/deployments/m/chat/completions?api-version=2025-04-01-preview',
      '/openai/deployments/m/chat/completions?api-version=2025-04-01-preview',
    ],
  ])('%o, %j behind "%s": %s and %s', async (format, models, base, whole, streamed) => {
    const upstream = await upstreamFor(error(500));
    const providers = { p0: { baseUrl: ORIGIN(upstream) + base, format, models } };
    const { post } = await gatewayOver([upstream], { providers, maxAttempts: 1 } as Parameters<typeof gatewayOver>[1]);
    await post({});
    await post({ stream: true });
    expect(upstream.ledger.map(({ path }) => path)).toEqual([whole, streamed]);
  });

  it.each(['../../secret', 'a/b', 'a?x=1', 'a#b', '%2e%2e', 'm\\n'])('the model %j stays one segment', async (name) => {
    for (const format of [gemini(), bedrock(), anthropic({ door: 'vertex' })]) {
      const { post, upstream } = await sentTo(error(500), { format, models: { m: { upstreamModel: name } } });
      await post({});
      const segments = upstream.ledger[0]!.path.split('?')[0]!.split('/');
      expect(segments.some((segment) => decodeURIComponent(segment.replace(/:\w+$/, '')) === name)).toBe(true);
    }
  });
});

describe('headers', () => {
  it('those of the operator come before those of the format, those of a hook before both', async () => {
    const headers = { 'Anthropic-Beta': 'from-operator', 'x-team': '7' };
    const { post, last } = await sentTo(
      anthropicReply(HELLO),
      { format: anthropic({ betas: ['from-format'] }), headers },
      { hooks: { beforeAttempt: () => ({ headers: { 'x-team': '8' } }) } },
    );
    await post({});
    expect(last().headers).toMatchObject({
      'anthropic-version': '2023-06-01',
      'anthropic-beta': 'from-operator',
      'x-team': '8',
      'x-api-key': 'operator-secret',
      'content-type': 'application/json',
    });
    expect(last().headers['authorization']).toBeUndefined();
    expect(last().headers['content-length']).toBe(String(last().body.byteLength));
  });

  it('the version that the operator sets decides what is sent', async () => {
    const headers = { 'anthropic-version': '2026-10-21' };
    const { post, last, gateway } = await sentTo(anthropicReply(HELLO), { format: 'anthropic', headers });
    await post({ temperature: 0.5 });
    expect(last().headers['anthropic-version']).toBe('2026-10-21');
    expect(last().json).not.toHaveProperty('temperature');
    const plan = gateway.plan({ model: 'm', temperature: 0.5 });
    expect(plan.droppedParameters).toEqual(['temperature']);
  });

  it('`accept` is the framing of the stream', async () => {
    for (const [format, script, accept] of [
      ['anthropic', anthropicReply(HELLO), 'text/event-stream'],
      ['gemini', geminiReply(HELLO), 'text/event-stream'],
      ['bedrock', converseReply(HELLO), 'application/vnd.amazon.eventstream'],
    ] as const) {
      const { post, last } = await sentTo(script, { format });
      await (await post({ stream: true })).text();
      expect(last().headers['accept']).toBe(accept);
      await post({});
      expect(last().headers['accept']).toBe('application/json');
    }
  });
});

describe("a caller's own key and address", () => {
  it('are used in the way of the format, and the path is appended', async () => {
    const own = await upstreamFor(anthropicReply(HELLO));
    const { post, upstream } = await sentTo(
      anthropicReply(HELLO),
      { format: 'anthropic' },
      { callerOverrides: { allowedOrigins: [ORIGIN(own)] } },
    );
    const config = { api_key: 'callers-key', base_url: `${ORIGIN(own)}/v1` };
    expect((await post({ provider_configs: { p0: config } })).status).toBe(200);
    expect(upstream.ledger).toHaveLength(0);
    expect(own.ledger[0]!.path).toBe('/v1/messages');
    expect(own.ledger[0]!.headers['x-api-key']).toBe('callers-key');
  });
});

describe('a hook', () => {
  it("changes the request before it is translated, and the model's name with it", async () => {
    const seen: BeforeAttemptState[] = [];
    const { post, last } = await sentTo(
      geminiReply(HELLO),
      { format: 'gemini', models: { m: { upstreamModel: 'gemini-2.5-flash' } } },
      {
        hooks: {
          beforeAttempt(state) {
            seen.push(state);
            const messages = [{ role: 'user' as const, content: 'changed' }];
            return { request: { ...state.request, messages, ...(seen.length > 1 ? { model: 'gemini-2.5-pro' } : {}) } };
          },
        },
      },
    );
    await post({});
    expect(last().text).toContain('changed');
    expect(last().path).toContain('/gemini-2.5-flash:');
    await post({});
    expect(last().path).toContain('/gemini-2.5-pro:');
  });

  it('that makes a request which the format cannot express moves it on', async () => {
    const upstreams = [await upstreamFor(anthropicReply(HELLO)), await upstreamFor(chat('Fine.'))];
    const { post } = await gatewayOver(upstreams, {
      providers: {
        p0: { baseUrl: ORIGIN(upstreams[0]!), format: 'anthropic', models: ['m'] },
        p1: { baseUrl: upstreams[1]!.baseUrl, models: ['m'] },
      },
      hooks: {
        beforeAttempt: ({ request, candidate }) =>
          candidate.provider === 'p0' ? { request: { ...request, n: 2 } } : {},
      },
    });
    expect(await (await post({})).text()).toContain('Fine.');
    expect(upstreams[0]!.ledger).toHaveLength(0);
  });
});

describe('prompt caching', () => {
  it.each([
    ['anthropic', anthropicReply(HELLO), 'cache_control'],
    ['bedrock', converseReply(HELLO), 'cachePoint'],
    ['gemini', geminiReply(HELLO), undefined],
  ] as const)('`auto` of an endpoint marks requests to %s', async (format, script, mark) => {
    const name = format === 'bedrock' ? 'anthropic.claude-sonnet-4-5' : 'claude-sonnet-4-5';
    const models = { m: { upstreamModel: name, promptCaching: 'auto' }, n: { upstreamModel: name } };
    const { post, last } = await sentTo(script, { format, models } as unknown as ProviderOptions);
    await post({
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'hi' },
      ],
    });
    if (mark === undefined) expect(last().text).not.toMatch(/cache/i);
    else expect(last().text.split(mark)).toHaveLength(3);
    await post({ model: 'n' });
    expect(last().text).not.toMatch(/cache/i);
  });

  const MARK = '"cache_control":{"type":"ephemeral"}';
  const MARKED =
    `{"model":"m",${MARK},"seed":9007199254740993,"messages":[{"role":"user","content":[{"type":"text","text":"hi",` +
    `${MARK}}]}],"tools":[{"type":"function",${MARK},"function":{"name":"f","parameters":{"type":"object",` +
    `"properties":{"id":{"maximum":9223372036854775807}}}}}]}`;

  it.each<[string, object]>([
    ['as it came', {}],
    ['changed by a hook', { hooks: { beforeAttempt: ({ request }: { request: object }) => ({ request }) } }],
  ])("`false` leaves the marks out of a request in OpenAI's form, %s", async (_how, options) => {
    for (const promptCaching of [undefined, false]) {
      const models = { m: { promptCaching } };
      const { post, last } = await sentTo(chat('Hi.'), { models } as unknown as ProviderOptions, options);
      expect((await post({}, { body: MARKED })).status).toBe(200);
      const { text } = last();
      expect(text.includes('cache_control')).toBe(promptCaching === undefined);
      expect(text).toContain('"seed":9007199254740993');
      expect(text).toContain('"maximum":9223372036854775807}');
      expect(JSON.parse(text)).toMatchObject({ model: 'm', messages: [{ content: [{ text: 'hi' }] }] });
    }
  });
});

describe('a signer', () => {
  const AWS = {
    accessKeyId: 'AKIDEXAMPLE',
    secretAccessKey: 'wJalrXUtnFEMI-K7MDENG',
    sessionToken: 'session-token-of-aws',
  };

  it('signs exactly what is sent', async () => {
    const requests: Parameters<Signer['sign']>[0][] = [];
    const signer: Signer = {
      sign: async (request) => {
        requests.push(request);
        return { Authorization: 'Signed x', 'x-amz-date': 'now' };
      },
      secrets: () => [],
    };
    const upstream = await upstreamFor(converseReply(HELLO));
    const { post } = await gatewayOver([upstream], {
      providers: { p0: { baseUrl: ORIGIN(upstream), format: bedrock(), auth: signer, models: ['m'] } },
    });
    expect((await post({ stream: true })).status).toBe(200);
    const [sent] = upstream.ledger;
    const [signed] = requests;
    expect(Buffer.from(signed!.body).toString()).toBe(sent!.text);
    expect(signed!.url.pathname + signed!.url.search).toBe(sent!.path);
    expect(signed!.url.host).toBe(sent!.headers['host']);
    expect(signed!.method).toBe(sent!.method);
    for (const [name, value] of Object.entries(signed!.headers)) expect(sent!.headers[name]).toBe(value);
    expect(sent!.headers).toMatchObject({ authorization: 'Signed x', 'x-amz-date': 'now' });
  });

  it('of AWS signs for Bedrock, and its secrets reach no client', async () => {
    const upstream = await upstreamFor(error(400, { message: `bad ${AWS.secretAccessKey} and ${AWS.sessionToken}` }));
    const auth = sigV4({ region: 'us-east-1', credentials: AWS });
    const { post } = await gatewayOver([upstream], {
      providers: { p0: { baseUrl: ORIGIN(upstream), format: bedrock(), auth, models: ['m'] } },
      upstreamErrors: 'message',
    });
    const text = await (await post({})).text();
    expect(text).toContain('bad [redacted] and [redacted]');
    const { headers } = upstream.ledger[0]!;
    expect(headers['authorization']).toMatch(
      /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d{8}\/us-east-1\/bedrock\/aws4_request, SignedHeaders=.*host.*, Signature=[0-9a-f]{64}$/,
    );
    expect(headers['x-amz-security-token']).toBe(AWS.sessionToken);
  });

  const failing: [string, Signer['sign']][] = [
    ['throws', async () => Promise.reject(new Error('no credentials: hunter2'))],
    [
      'throws at once',
      () => {
        throw new Error('no credentials: hunter2');
      },
    ],
    ['never settles', () => new Promise(() => undefined)],
    ['sets a header of the connection', async () => ({ 'Content-Length': '1' })],
    ['sets what no header can carry', async () => ({ authorization: 'a\r\nb' })],
  ];
  it.each(failing)('that %s moves the request on, and nothing is sent', async (_what, sign) => {
    const upstreams = [await upstreamFor(converseReply(HELLO)), await upstreamFor(chat('Fine.'))];
    const { post, gateway } = await gatewayOver(upstreams, {
      providers: {
        p0: {
          baseUrl: ORIGIN(upstreams[0]!),
          format: bedrock(),
          auth: { sign, secrets: () => ['hunter2'] },
          models: ['m'],
          timeouts: { connectMs: 50 },
        },
        p1: { baseUrl: upstreams[1]!.baseUrl, models: ['m'] },
      },
    });
    expect(await (await post({})).text()).toContain('Fine.');
    expect(upstreams[0]!.ledger).toHaveLength(0);
    expect(gateway.status().endpoints[0]?.readiness?.breaker.failures).toBe(0);
  });

  it('is not called for a request with a key of the caller', async () => {
    const sign = async () => ({ authorization: 'Signed x' });
    const upstream = await upstreamFor(converseReply(HELLO));
    const { post } = await gatewayOver([upstream], {
      providers: {
        p0: { baseUrl: ORIGIN(upstream), format: bedrock(), auth: { sign, secrets: () => [] }, models: ['m'] },
      },
    });
    expect((await post({ provider_configs: { p0: { api_key: 'callers-key' } } })).status).toBe(200);
    expect(upstream.ledger[0]!.headers['authorization']).toBe('Bearer callers-key');
  });

  it('is aborted when the client disconnects', async () => {
    let called = (): void => {};
    const signing = new Promise<void>((resolve) => {
      called = resolve;
    });
    const sign = () => {
      called();
      return new Promise<never>(() => undefined);
    };
    const upstream = await upstreamFor(converseReply(HELLO));
    const { post, gateway } = await gatewayOver([upstream], {
      providers: {
        p0: { baseUrl: ORIGIN(upstream), format: bedrock(), auth: { sign, secrets: () => [] }, models: ['m'] },
      },
    });
    const controller = new AbortController();
    const response = post({}, { signal: controller.signal }).catch(() => 'aborted');
    await signing;
    controller.abort();
    expect(await response).toBe('aborted');
    await expect.poll(() => gateway.status().inFlight).toBe(0);
    expect(upstream.ledger).toHaveLength(0);
  });
});
