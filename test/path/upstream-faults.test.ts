import { describe, expect, it } from 'vitest';
import type { AttemptRecord, GatewayOptions } from '../../src/index.js';
import { chat, error, json, sse, type Script } from '../../src/testing/index.js';
import { UnsupportedRequest } from '../../src/contracts/wire-format.js';
import { gatewayOver, upstreamFor } from './fixtures.js';

const said = (message: string, rest: object = {}): object => ({
  error: { message, type: null, code: null, param: null, ...rest },
});
const NO_CREDIT = {
  type: 'error',
  error: { type: 'invalid_request_error', message: 'Your credit balance is too low.' },
};
const FLAGGED = said('Your input was flagged.', { code: 403, metadata: { reasons: ['violence'] } });
const NO_TOOLS = said('No endpoints found that support tool use.', { code: 404 });
const CANNOT_AFFORD = said('This request requires more credits, or fewer max_tokens. You can only afford 3000.', {
  code: 402,
});
const WAF = '<html><title>Attention Required! | Cloudflare</title></html>';
const HTML = { 'content-type': 'text/html' };
const errorOf = async (response: Response) => ((await response.json()) as { error: Record<string, unknown> }).error;

/** A first upstream that gives `scripts` and then serves, and a second one that serves. */
async function over(scripts: readonly Script[], options: Partial<GatewayOptions> = {}) {
  const first = await upstreamFor(chat('from the first'));
  first.enqueue(...scripts);
  const second = await upstreamFor(chat('from the second'));
  const records: AttemptRecord[] = [];
  const hooks = { afterAttempt: ({ record }: { record: AttemptRecord }) => void records.push(record) };
  const set = await gatewayOver([first, second], { hooks, ...options });
  const provider = async (body: object = {}, init?: RequestInit): Promise<string | null> => {
    const response = await set.post(body, init);
    await response.text();
    return response.headers.get('x-nordlys-provider');
  };
  return { ...set, first, second, records, provider };
}

async function alone(scripts: readonly Script[], options: Partial<GatewayOptions> = {}) {
  const upstream = await upstreamFor(chat('served'));
  upstream.enqueue(...scripts);
  return { ...(await gatewayOver([upstream], options)), upstream };
}

describe('an empty account of the operator causes a fallback and a cooldown, wherever it is reported', () => {
  it.each<[string, Script, boolean]>([
    ['in the status line', error(400, NO_CREDIT), false],
    ['in the status line, of a stream', error(400, NO_CREDIT), true],
    ['inside of a 200', json(NO_CREDIT), false],
    ['inside of a 200, of a stream', json(NO_CREDIT), true],
    ['in the first event', sse([NO_CREDIT]), true],
    ['in the first event, of a whole response', sse([NO_CREDIT]), false],
  ])('%s', async (_where, script, stream) => {
    const { provider, gateway, records } = await over([script]);
    expect(await provider({ stream })).toBe('p1');
    expect(records.map(({ outcome }) => outcome)).toEqual(['quota', 'ok']);
    expect(await provider({ stream })).toBe('p1');
    expect(gateway.status().endpoints[0]?.readiness?.coolsForMs).toBeGreaterThan(200_000);
  });
});

describe('a fault of one request', () => {
  it.each<[string, Script, number, string]>([
    ['moderation', error(403, FLAGGED), 403, 'Your input was flagged.'],
    ['moderation inside of a 200', json(FLAGGED), 403, 'Your input was flagged.'],
    ['no tools', error(404, NO_TOOLS), 404, 'No endpoints found that support tool use.'],
    ['too many tokens for the credit', error(402, CANNOT_AFFORD), 402, 'can only afford'],
    ['a firewall', error(403, WAF, HTML), 403, 'firewall'],
  ])('%s is relayed with a 4xx, and the next request is served there', async (_what, script, status, message) => {
    const { post, gateway } = await alone([script]);
    const refused = await post({});
    expect(refused.status).toBe(status);
    expect((await errorOf(refused))['message']).toContain(message);
    expect(gateway.status().endpoints[0]?.readiness).toMatchObject({ coolsForMs: 0, breaker: { failures: 0 } });
    expect((await post({})).status).toBe(200);
  });

  it.each<[string, Script, boolean]>([
    ['moderation causes no fallback', error(403, FLAGGED), false],
    ['no tools moves on', error(404, NO_TOOLS), true],
    ['too many tokens moves on', error(402, CANNOT_AFFORD), true],
    ['a firewall moves on', error(403, WAF, { ...HTML, 'retry-after': '120' }), true],
    [
      'the model’s own mistake moves on',
      error(400, said('Failed to call a function.', { code: 'tool_use_failed' })),
      true,
    ],
  ])('%s, and does not affect the endpoint', async (_what, script, moves) => {
    const set = await over([script]);
    await set.provider();
    expect(set.second.ledger).toHaveLength(moves ? 1 : 0);
    expect(await set.provider()).toBe('p0');
  });

  it('sent by all candidates, it is relayed with the provider’s message', async () => {
    const { post, second } = await over([error(402, CANNOT_AFFORD)]);
    second.always(error(500));
    const refused = await post({});
    expect(refused.status).toBe(402);
    expect((await errorOf(refused))['message']).toContain('can only afford');
  });
});

describe('what many requests in a row report', () => {
  const many = (script: Script): Script[] => Array.from({ length: 5 }, () => script);

  it.each<[string, Script]>([
    ['a firewall', error(403, WAF, HTML)],
    ['no credit for any of them', error(402, CANNOT_AFFORD)],
    ['no endpoint for any of them', error(404, NO_TOOLS)],
  ])('%s is no longer the fault of one request: the endpoint cools down', async (_what, script) => {
    const { provider, first } = await over(many(script));
    for (let time = 0; time < 5; time++) expect(await provider()).toBe('p1');
    expect(await provider()).toBe('p1');
    expect(first.ledger).toHaveLength(5);
  });

  it('in a row: a success between them begins anew', async () => {
    const waf = error(403, WAF, HTML);
    const { provider } = await over([waf, waf, waf, waf, chat('ok'), waf, waf]);
    for (const expected of ['p1', 'p1', 'p1', 'p1', 'p0', 'p1', 'p1', 'p0']) expect(await provider()).toBe(expected);
  });

  it('one caller cannot put an endpoint that serves others into cooldown', async () => {
    const waf = error(403, WAF, HTML);
    const keys = ['key-of-ada', 'key-of-bob'];
    const { provider } = await over([chat('ok'), ...many(waf), ...many(waf)], { keys });
    const by = (key: string) => provider({}, { headers: { authorization: `Bearer ${key}` } });
    expect(await by('key-of-bob')).toBe('p0');
    for (let time = 0; time < 9; time++) expect(await by('key-of-ada')).toBe('p1');
    expect(await by('key-of-bob')).toBe('p1');
    expect(await by('key-of-bob')).toBe('p1');
  });
});

describe('stream_options', () => {
  const REFUSED = error(422, { detail: [{ loc: ['body', 'stream_options'], msg: 'Extra inputs are not permitted' }] });

  it('refused by an upstream: the request is repeated without them, at no cost, and later requests omit them', async () => {
    const { post, upstream } = await alone([REFUSED], { maxAttempts: 1 });
    for (let time = 0; time < 2; time++) {
      const response = await post({ stream: true });
      expect(response.status).toBe(200);
      expect(await response.text()).toContain('[DONE]');
    }
    expect(upstream.ledger.map(({ json }) => 'stream_options' in (json as object))).toEqual([true, false, false]);
  });

  it('requested by the caller: it is served without them, and the next request has them again', async () => {
    const { post, upstream } = await alone([REFUSED]);
    const body = { stream: true, stream_options: { include_usage: true } };
    for (let time = 0; time < 2; time++) await (await post(body)).text();
    expect(upstream.ledger.map(({ json }) => 'stream_options' in (json as object))).toEqual([true, false, true]);
  });

  it('refused even where they are not sent: never the caller’s mistake', async () => {
    const { post, upstream } = await alone([REFUSED, REFUSED, REFUSED]);
    const response = await post({ stream: true });
    expect(response.status).toBe(502);
    expect(await response.text()).not.toContain('stream_options');
    expect(upstream.ledger).toHaveLength(2);
  });

  it.each([{ stream: true }, { stream: true, stream_options: { include_usage: true } }])(
    'are kept from a provider that does not take them: %j',
    async (body) => {
      const upstream = await upstreamFor();
      const provider = { baseUrl: upstream.baseUrl, models: ['m'], streamOptions: false };
      const { post } = await gatewayOver([], { providers: { p0: provider } });
      expect(await (await post(body)).text()).toContain('[DONE]');
      expect(upstream.ledger[0]?.json).not.toHaveProperty('stream_options');
    },
  );

  it('must be true or false', async () => {
    const providers = { p0: { baseUrl: 'http://127.0.0.1:1/v1', models: ['m'], streamOptions: 'no' as never } };
    await expect(gatewayOver([], { providers })).rejects.toThrow(
      'providers.p0.streamOptions must be true or false, got "no".',
    );
  });
});

describe('a format that cannot express the request', () => {
  const format = {
    name: 'narrow',
    path: '/chat/completions',
    encodeRequest(): never {
      throw new UnsupportedRequest('messages[0].content[1]', 'The format has no audio.');
    },
  };

  it('causes a fallback, at no cost, and does not affect the endpoint', async () => {
    const [narrow, wide] = [await upstreamFor(), await upstreamFor(chat('from the second'))];
    const providers = {
      p0: { baseUrl: narrow.baseUrl, models: ['m'], format },
      p1: { baseUrl: wide.baseUrl, models: ['m'] },
    };
    const { post, gateway } = await gatewayOver([], { providers, maxAttempts: 1 });
    const response = await post({});
    expect(response.status).toBe(200);
    expect(response.headers.get('x-nordlys-provider')).toBe('p1');
    expect(response.headers.get('x-nordlys-attempts')).toBe('1');
    expect(narrow.ledger).toHaveLength(0);
    expect(gateway.status().endpoints[0]?.readiness).toMatchObject({ coolsForMs: 0, breaker: { failures: 0 } });
    wide.always(error(503));
    expect((await post({})).status).toBe(503);
  });

  it('of the last candidate: the client gets the name of the member', async () => {
    const upstream = await upstreamFor();
    const { post } = await gatewayOver([], { providers: { p0: { baseUrl: upstream.baseUrl, models: ['m'], format } } });
    const response = await post({});
    expect(response.status).toBe(400);
    expect(await errorOf(response)).toEqual({
      message: 'The format has no audio.',
      type: 'invalid_request_error',
      param: 'messages[0].content[1]',
      code: 'unsupported_by_provider',
    });
  });
});

describe('a wait in a body', () => {
  it('is sent to the client, and applied', async () => {
    const body = said('Please try again in 34.07s.', { code: 'rate_limit_exceeded' });
    const { post, upstream, gateway } = await alone([error(429, body)]);
    const response = await post({});
    expect(response.status).toBe(429);
    expect(response.headers.get('retry-after')).toBe('35');
    expect(response.headers.get('retry-after-ms')).toBe('34070');
    expect(upstream.ledger).toHaveLength(1);
    expect(gateway.status().endpoints[0]?.readiness?.coolsForMs).toBeGreaterThan(30_000);
  });

  it('longer than the cooldown of an endpoint is sent unchanged', async () => {
    const { post, gateway } = await alone([error(429, undefined, { 'retry-after': '3600' })]);
    expect((await post({})).headers.get('retry-after')).toBe('3600');
    expect(gateway.status().endpoints[0]?.readiness?.coolsForMs).toBeLessThanOrEqual(60_000);
  });
});

describe('why it failed, for the operator', () => {
  const KEY = said('Incorrect API key sk-operator-abcdef of org-abcdefgh12345678.', {
    code: 'invalid_api_key',
    type: 'auth',
  });

  it('is in the hook, the log line and the status, never in the response', async () => {
    const lines: object[] = [];
    const note = (facts: object) => void lines.push(facts);
    const logger = { debug: note, info: note, warn: note, error: note };
    const { post, gateway, records, second } = await over([error(401, KEY)], { logger });
    second.always(error(500));
    const response = await post({});
    expect(await response.text()).not.toContain('Incorrect');
    const upstreamError = {
      status: 401,
      type: 'auth',
      code: 'invalid_api_key',
      message: 'Incorrect API key [redacted] of [redacted].',
    };
    expect(records[0]).toMatchObject({ outcome: 'auth', upstreamError });
    expect(lines[0]).toMatchObject({ outcome: 'auth', upstreamError });
    expect(gateway.status().endpoints[0]?.readiness?.lastFailure).toMatchObject({ outcome: 'auth', upstreamError });
  });

  it('is sent to clients if the operator configures it', async () => {
    const { post } = await alone([error(401, KEY)], { upstreamErrors: 'message' });
    const response = await post({});
    expect(response.status).toBe(502);
    expect(await errorOf(response)).toMatchObject({
      code: 'provider_auth_error',
      message: 'Incorrect API key [redacted] of [redacted].',
    });
  });

  it('of an incomplete stream is in the record as well', async () => {
    const begun = { choices: [{ index: 0, delta: { content: 'Half' }, finish_reason: null }] };
    const { post, records } = await over([sse([begun, said('Boom.', { type: 'server_error', code: 'x1' })])]);
    await (await post({ stream: true })).text();
    await expect
      .poll(() => records[0])
      .toMatchObject({ outcome: 'truncated', upstreamError: { type: 'server_error', code: 'x1', message: 'Boom.' } });
  });

  it('is undefined if no upstream sent an error', async () => {
    const { post, records } = await over([]);
    await (await post({})).text();
    expect(records[0]).toMatchObject({ outcome: 'ok', upstreamError: undefined });
  });

  it('is one of two values', async () => {
    await expect(alone([], { upstreamErrors: 'all' as never })).rejects.toThrow(
      'upstreamErrors must be one of "summary", "message", got "all".',
    );
  });
});
