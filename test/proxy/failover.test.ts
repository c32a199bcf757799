import { afterEach, describe, expect, it } from 'vitest';
import {
  chat,
  close,
  completion,
  error,
  fakeUpstream,
  hang,
  json,
  raw,
  reset,
  sse,
  stream,
  type FakeUpstream,
  type ScriptSource,
} from '../../src/testing/index.js';
import { readSse } from '../support/read-sse.js';
import { proxyHarness, type HarnessOptions } from './harness.js';

type Harness = Awaited<ReturnType<typeof proxyHarness>>;
const open: (AsyncDisposable | Harness)[] = [];

afterEach(async () => {
  for (const thing of open.splice(0).toReversed())
    await ('close' in thing ? thing.close() : thing[Symbol.asyncDispose]());
});

/** Upstreams that respond with `scripts`, and a proxy that calls them in this order. */
async function proxyOver(
  scripts: readonly ScriptSource[],
  options: Partial<HarnessOptions> = {},
): Promise<{ harness: Harness; upstreams: FakeUpstream[] }> {
  const upstreams = await Promise.all(scripts.map((script) => fakeUpstream({ script })));
  open.push(...upstreams);
  const harness = await proxyHarness({ upstreams, ...options });
  open.push(harness);
  return { harness, upstreams };
}

const SHORT = { connectMs: 300, headersMs: 300, firstChunkMs: 300, idleMs: 300 };
const errorOf = async (response: Response): Promise<Record<string, unknown>> =>
  ((await response.json()) as { error: Record<string, unknown> }).error;

describe('before the first content event, another provider responds', () => {
  const faults: readonly [string, ScriptSource][] = [
    ['500', error(500)],
    ['502 with a page of HTML', error(502, '<html>Bad gateway</html>', { 'content-type': 'text/html' })],
    ['503', error(503)],
    ['504', error(504)],
    ['529', error(529)],
    ['an unlisted 5xx', error(599)],
    ['429', error(429)],
    ['408', error(408)],
    ['425', error(425)],
    ['401 of our own key', error(401)],
    ['402', error(402)],
    ['403', error(403)],
    ['404 of the model', error(404)],
    ['a redirect', raw('HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n')],
    ['204', raw('HTTP/1.1 204 No Content\r\n\r\n')],
    [
      'a login page with status 200',
      raw('HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 18\r\n\r\n<html>login</html>'),
    ],
    ['an error object with status 200', json({ error: { message: 'Overloaded', type: 'overloaded_error' } })],
    ['an error object with a numeric code', json({ error: { code: 429, message: 'Slow down' } })],
    [
      'JSON cut short',
      raw('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 11\r\n\r\n{"choices":', { end: 'fin' }),
    ],
    ['JSON that is no completion', json({ hello: 'world' })],
    ['no choices', json({ choices: [] })],
    ['an empty body', raw('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 0\r\n\r\n')],
    ['a reset before the head', reset({ after: 'request' })],
    ['a close before the head', close({ after: 'request' })],
    ['silence', hang({ after: 'request' })],
    ['a head and then silence', hang({ after: 'head' })],
  ];
  const streamFaults: readonly [string, ScriptSource][] = [
    [
      'an error as the first event',
      sse([{ error: { message: 'Overloaded', type: 'overloaded_error', code: null, param: null } }]),
    ],
    ['an error event by name', sse([Buffer.from('event: error\ndata: {"message":"no","type":"server_error"}\n\n')])],
    [
      'role-only chunks and then an error',
      sse([
        { choices: [{ index: 0, delta: { role: 'assistant', content: '' }, finish_reason: null }] },
        { error: 'sorry' },
      ]),
    ],
    ['role-only chunks and then a reset', stream('never read', { afterEvents: 1, end: 'reset' })],
    ['role-only chunks and then silence', stream('never read', { afterEvents: 1, end: 'hang' })],
    ['comments and then the end', sse([Buffer.from(': hello\n\n: still here\n\n')])],
    ['a lone [DONE]', sse(['[DONE]'])],
    ['an empty stream', sse([])],
    ['an event that is no JSON', sse([Buffer.from('data: {"choices":\n\n')])],
  ];

  it.each(faults)('%s (JSON)', async (_name, script) => {
    const { harness } = await proxyOver([script, chat('from the second')], { timeouts: SHORT });
    const response = await harness.post({});
    expect(response.status).toBe(200);
    expect(response.headers.get('x-nordlys-provider')).toBe('p1');
    expect(response.headers.get('x-nordlys-attempts')).toBe('2');
    expect(await response.text()).toContain('from the second');
  });

  it.each([...faults, ...streamFaults])('%s (stream)', async (_name, script) => {
    const { harness } = await proxyOver([script, chat('from the second')], { timeouts: SHORT });
    const response = await harness.post({ stream: true });
    expect(response.status).toBe(200);
    expect(response.headers.get('x-nordlys-attempts')).toBe('2');
    const payloads = await readSse(response);
    expect(payloads.at(-1)).toBe('[DONE]');
    expect(payloads.join('')).toContain('second');
    expect(payloads.join('')).not.toContain('never read');
  });

  it('a refused connection costs one more try at once, then the next provider', async () => {
    const { harness, upstreams } = await proxyOver([chat('closed'), chat('from the second')]);
    await upstreams[0]!.refuse();
    const response = await harness.post({});
    expect(response.status).toBe(200);
    expect(response.headers.get('x-nordlys-attempts')).toBe('3');
    expect(harness.contexts[0]!.attempts.map(({ outcome }) => outcome)).toEqual(['refused', 'refused', 'ok']);
  });

  it('an idle connection that the upstream closed under us is not a fault: the call is made again, and counts once', async () => {
    const { harness, upstreams } = await proxyOver([chat('hello')]);
    await (await harness.post({})).text();
    upstreams[0]!.enqueue(reset({ after: 'request' }));
    const response = await harness.post({});
    expect(response.status).toBe(200);
    expect(response.headers.get('x-nordlys-attempts')).toBe('1');
    expect(upstreams[0]!.accepted).toBe(2);
  });
});

describe("the caller's own fault stops the chain", () => {
  it.each([400, 413, 422, 405, 431])('%i is relayed, and no other provider is called', async (status) => {
    const { harness, upstreams } = await proxyOver([
      error(status, {
        error: {
          message: 'Too long for the provider.',
          type: 'invalid_request_error',
          param: 'messages',
          code: 'context_length_exceeded',
        },
      }),
      chat('no'),
    ]);
    const response = await harness.post({});
    expect(response.status).toBe(status === 422 ? 400 : status);
    expect(await errorOf(response)).toEqual({
      message: 'Too long for the provider.',
      type: 'invalid_request_error',
      param: 'messages',
      code: 'context_length_exceeded',
    });
    expect(upstreams[1]!.ledger).toHaveLength(0);
  });

  it('but the next model of the list is tried', async () => {
    const first = await fakeUpstream({ script: error(400) });
    const second = await fakeUpstream({ script: error(400) });
    const third = await fakeUpstream({ script: chat('from the other model') });
    open.push(first, second, third);
    const harness = await proxyHarness({
      upstreams: [
        { baseUrl: first.baseUrl, model: 'small' },
        { baseUrl: second.baseUrl, model: 'small' },
        { baseUrl: third.baseUrl, model: 'large' },
      ],
    });
    open.push(harness);
    const response = await harness.post({});
    expect(response.status).toBe(200);
    expect(response.headers.get('x-nordlys-model')).toBe('large');
    expect(second.ledger).toHaveLength(0);
  });

  it('a policy refusal with 403 is the caller’s, not the key’s', async () => {
    const { harness, upstreams } = await proxyOver([
      error(403, { error: { message: 'Blocked.', code: 'content_policy_violation' } }),
      chat('no'),
    ]);
    expect((await harness.post({})).status).toBe(403);
    expect(upstreams[1]!.ledger).toHaveLength(0);
  });
});

describe('when no provider responds', () => {
  it('responds with 429, the shortest wait, and retryable: true', async () => {
    const { harness } = await proxyOver([
      error(429, undefined, { 'retry-after': '40' }),
      error(429, undefined, { 'retry-after': '10' }),
      error(429, undefined, { 'retry-after': '12' }),
    ]);
    const response = await harness.post({});
    expect(response.status).toBe(429);
    expect(response.headers.get('retry-after')).toBe('10');
    expect(response.headers.get('retry-after-ms')).toBe('10000');
    expect(response.headers.get('x-should-retry')).toBeNull();
    expect(await errorOf(response)).toMatchObject({
      code: 'capacity_exhausted',
      metadata: { retryable: true, previous_errors: [{ provider: 'p0' }, { provider: 'p1' }, { provider: 'p2' }] },
    });
  });

  it('relays the message of a lone 429', async () => {
    const { harness } = await proxyOver(
      [
        error(
          429,
          { error: { message: 'Slow down.', type: 'tokens', param: null, code: 'rate_limit_exceeded' } },
          { 'retry-after': '1', 'retry-after-ms': '174' },
        ),
      ],
      { maxAttempts: 1 },
    );
    const response = await harness.post({});
    expect(response.headers.get('retry-after')).toBe('1');
    expect(response.headers.get('retry-after-ms')).toBe('174');
    expect(await errorOf(response)).toEqual({
      message: 'Slow down.',
      type: 'tokens',
      param: null,
      code: 'rate_limit_exceeded',
    });
  });

  it('a used-up quota is final: no second try here, none by the SDK', async () => {
    const { harness, upstreams } = await proxyOver([
      error(429, {
        error: { message: 'No money.', type: 'insufficient_quota', param: null, code: 'insufficient_quota' },
      }),
    ]);
    const response = await harness.post({});
    expect(response.status).toBe(429);
    expect(response.headers.get('x-should-retry')).toBe('false');
    expect(upstreams[0]!.ledger).toHaveLength(1);
  });

  it('an upstream that repeats the prompt proves nothing about its own account, also where the prompt has quotes', async () => {
    const prompt = 'Why is my API key "geese" invalid?';
    const { harness } = await proxyOver([
      error(400, { error: { message: `Cannot respond to: ${prompt}`, code: null } }),
    ]);
    const response = await harness.post({ messages: [{ role: 'user', content: prompt }] });
    expect(response.status).toBe(400);
    expect(await errorOf(response)).toMatchObject({ message: `Cannot respond to: ${prompt}` });
  });

  it('a missing model everywhere is 404', async () => {
    const { harness } = await proxyOver([error(404), error(404)]);
    const response = await harness.post({});
    expect(response.status).toBe(404);
    expect(await errorOf(response)).toMatchObject({ code: 'model_unavailable_upstream' });
  });

  it("our refused key is our fault: 502, and nothing of the provider's text", async () => {
    const { harness } = await proxyOver([
      error(401, { error: { message: 'Incorrect API key provided: operator-secret-0', code: 'invalid_api_key' } }),
    ]);
    const response = await harness.post({});
    expect(response.status).toBe(502);
    const text = await response.text();
    expect(text).toContain('provider_auth_error');
    expect(text).not.toContain('operator-secret');
  });

  it.each([
    ['HTML', error(502, '<html>cloudflare</html>', { 'content-type': 'text/html' }), 502, 'bad_gateway'],
    [
      'a text of a proxy',
      error(504, 'upstream request timeout', { 'content-type': 'text/plain' }),
      504,
      'upstream_timeout',
    ],
    [
      '529',
      error(529, { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }),
      503,
      'upstream_overloaded',
    ],
    ['silence', hang({ after: 'request' }), 504, 'upstream_timeout'],
    ['an empty body', raw('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'), 502, 'empty_response'],
  ] as const)('%s becomes JSON with a status of its own', async (_what, script, status, code) => {
    const { harness } = await proxyOver([script], { maxAttempts: 1, timeouts: SHORT });
    for (const body of [{}, { stream: true }]) {
      const response = await harness.post(body);
      expect(response.status).toBe(status);
      expect(response.headers.get('content-type')).toMatch(/^application\/json/);
      expect(await errorOf(response)).toMatchObject({ type: 'server_error', code, param: null });
    }
  });

  it('sends x-should-retry: false after own retries, so that SDKs do not multiply them', async () => {
    const { harness } = await proxyOver([error(503), error(503)]);
    const response = await harness.post({});
    expect(response.status).toBe(503);
    expect(response.headers.get('x-should-retry')).toBe('false');
  });

  it('retries a lone provider after transient faults, five times at most', async () => {
    const { harness, upstreams } = await proxyOver([error(503)]);
    const response = await harness.post({});
    expect(response.headers.get('x-nordlys-attempts')).toBe('5');
    expect(upstreams[0]!.ledger).toHaveLength(5);
    upstreams[0]!.enqueue(error(503), error(503), chat('third time'));
    expect((await harness.post({})).status).toBe(200);
  });

  it('a failing provider costs hardly more than the requests themselves', async () => {
    const { harness, upstreams } = await proxyOver([error(503)]);
    const requests = 200;
    for (let sent = 0; sent < requests; sent++) await (await harness.post({})).body?.cancel();
    // The budget pays for about 35 extra calls; after that each request gets its one.
    expect(upstreams[0]!.ledger.length).toBeLessThanOrEqual(requests + 40);
  });
});

describe('hooks', () => {
  it('beforeAttempt changes what one candidate is sent', async () => {
    const { harness, upstreams } = await proxyOver([chat('hi')], {
      hooks: {
        beforeAttempt: ({ request, candidate, attempt, headers }) => {
          expect(JSON.stringify(headers)).not.toContain('operator-secret');
          return { request: { ...request, temperature: 0 }, headers: { 'X-Trace': `${candidate.slug}-${attempt}` } };
        },
      },
    });
    expect((await harness.post({})).status).toBe(200);
    expect(upstreams[0]!.ledger[0]!.json).toMatchObject({ temperature: 0, model: 'm' });
    expect(upstreams[0]!.ledger[0]!.headers['x-trace']).toBe('p0-1');
  });

  it.each(['authorization', 'Cookie', 'Host', 'content-length', 'expect'])(
    'beforeAttempt must not set %s',
    async (name) => {
      const { harness, upstreams } = await proxyOver([chat('hi')], {
        hooks: { beforeAttempt: () => ({ headers: { [name]: 'x' } }) },
      });
      expect((await harness.post({})).status).toBe(500);
      expect(upstreams[0]!.ledger).toHaveLength(0);
    },
  );

  it('observers that throw are reported and affect no request', async () => {
    const reported: string[] = [];
    const { harness } = await proxyOver([error(503), chat('hi')], {
      hooks: {
        afterAttempt: () => {
          throw new Error('bug');
        },
        afterResponse: async () => {
          throw new Error('bug');
        },
        onHookError: (_error, hook) => void reported.push(hook),
      },
    });
    expect((await harness.post({})).status).toBe(200);
    await expect.poll(() => reported.toSorted()).toEqual(['afterAttempt', 'afterAttempt', 'afterResponse']);
  });

  it('afterResponse gets the provider, usage and cost of the response', async () => {
    const seen: unknown[] = [];
    const { harness } = await proxyOver(
      [error(503), completion('ok', { usage: { prompt_tokens: 1_000, completion_tokens: 500, total_tokens: 1_500 } })],
      {
        hooks: { afterResponse: (state) => void seen.push(state) },
      },
    );
    await (await harness.post({})).text();
    await expect
      .poll(() => seen)
      .toMatchObject([
        {
          provider: 'p1',
          complete: true,
          finishReason: 'stop',
          costUsd: 0.002,
          usage: { total_tokens: 1_500 },
          attempts: [
            { outcome: 'overloaded', status: 503 },
            { outcome: 'ok', status: 200 },
          ],
        },
      ]);
  });
});
