import { afterEach, describe, expect, it } from 'vitest';
import {
  chat,
  completion,
  keepAliveOnly,
  fakeUpstream,
  hang,
  ignoreAbort,
  sse,
  stall,
  stopReading,
  stream,
  type FakeUpstream,
  type ScriptSource,
} from '../../src/testing/index.js';
import { collectSse, contentOf, readSse } from '../support/read-sse.js';
import { runningTime } from '../support/running-time.js';
import { proxyHarness, type HarnessOptions } from './harness.js';

type Harness = Awaited<ReturnType<typeof proxyHarness>>;
const open: (AsyncDisposable | Harness)[] = [];

afterEach(async () => {
  for (const thing of open.splice(0).toReversed())
    await ('close' in thing ? thing.close() : thing[Symbol.asyncDispose]());
});

async function proxyOver(
  script: ScriptSource,
  options: Partial<HarnessOptions> = {},
): Promise<{ harness: Harness; upstream: FakeUpstream }> {
  const upstream = await fakeUpstream({ script });
  open.push(upstream);
  const harness = await proxyHarness({ upstreams: [upstream], maxAttempts: 1, ...options });
  open.push(harness);
  return { harness, upstream };
}

const SHORT = { connectMs: 300, headersMs: 300, firstChunkMs: 300, idleMs: 300 };
const delta = (content: string, finish_reason: string | null = null, index = 0): object => ({
  id: 'c',
  object: 'chat.completion.chunk',
  created: 1,
  model: 'm',
  choices: [{ index, delta: { content }, finish_reason }],
});

describe('a response is relayed as it was', () => {
  it('a stream that ends with a finish reason gets the [DONE] that it lacks', async () => {
    const { harness } = await proxyOver(stream('Hello world', { done: false }));
    expect((await readSse(await harness.post({ stream: true }))).at(-1)).toBe('[DONE]');
  });

  it.each([1, 2, 3, 4])('a stream cut off after %i words is an error, never complete', async (words) => {
    for (const end of ['reset', 'fin', 'clean'] as const) {
      const { harness } = await proxyOver(
        stream('one two three four five', { afterEvents: words + 1, end, done: false }),
      );
      const payloads = await readSse(await harness.post({ stream: true }));
      expect(payloads).not.toContain('[DONE]');
      expect(JSON.parse(payloads.at(-1)!)).toEqual({
        error: { message: expect.any(String), type: 'server_error', param: null, code: 'upstream_truncated' },
      });
      expect(contentOf(payloads.slice(0, -1)).trim().split(' ')).toHaveLength(words);
      expect(harness.contexts[0]!.outcome).toMatchObject({ complete: false });
    }
  });

  it('an error in the middle is relayed with the provider’s message, in a correct envelope', async () => {
    const { harness } = await proxyOver(
      sse([
        delta('Hel'),
        Buffer.from(
          'event: error\ndata: {"message":"Rejected.","type":"server_error","param":"input","code":"provider_error"}\n\n',
        ),
        delta('lo'),
      ]),
    );
    const payloads = await readSse(await harness.post({ stream: true }));
    expect(payloads).toHaveLength(2);
    expect(JSON.parse(payloads[1]!)).toEqual({
      error: { message: 'Rejected.', type: 'server_error', param: 'input', code: 'provider_error' },
    });
  });

  it('a broken event in the middle is neither passed on nor skipped', async () => {
    const { harness } = await proxyOver(
      sse([delta('Hel'), Buffer.from('data: {"choices":[{"del\n\n'), delta('lo', 'stop')]),
    );
    const payloads = await readSse(await harness.post({ stream: true }));
    expect(payloads).toHaveLength(2);
    expect(payloads[1]).toContain('invalid_upstream_event');
  });

  it('nothing is delivered behind [DONE]', async () => {
    const { harness } = await proxyOver(sse([delta('all', 'stop'), '[DONE]', delta('more')]));
    expect(await readSse(await harness.post({ stream: true }))).toHaveLength(2);
  });

  it('two choices are whole only when both are', async () => {
    const { harness } = await proxyOver(sse([delta('a', null, 0), delta('b', null, 1), delta('', 'stop', 0)]));
    expect((await readSse(await harness.post({ stream: true }))).at(-1)).toContain('upstream_truncated');
    const whole = await proxyOver(
      sse([delta('a', null, 0), delta('b', null, 1), delta('', 'stop', 0), delta('', 'length', 1)]),
    );
    expect((await readSse(await whole.harness.post({ stream: true }))).at(-1)).toBe('[DONE]');
  });

  it('an upstream that stops sending in the middle is aborted, and the client gets an error', async () => {
    const { harness, upstream } = await proxyOver(stall('one two three four', { after: 2, ms: 60_000 }), {
      timeouts: SHORT,
    });
    const payloads = await readSse(await harness.post({ stream: true }));
    expect(payloads.at(-1)).toContain('upstream_timeout');
    await upstream.closed(upstream.ledger[0]!);
  });

  it('endless comments are no response', async () => {
    const { harness } = await proxyOver(keepAliveOnly({ after: 2, everyMs: 20 }), {
      timeouts: { ...SHORT, idleMs: 100 },
    });
    expect((await readSse(await harness.post({ stream: true }))).at(-1)).toContain('upstream_timeout');
  });

  it('a finish reason is an end even when the connection then hangs', async () => {
    const { harness } = await proxyOver(sse([delta('all'), delta('', 'stop')], { end: 'hang' }), { timeouts: SHORT });
    expect((await readSse(await harness.post({ stream: true }))).at(-1)).toBe('[DONE]');
  });
});

describe('usage', () => {
  it('is always requested, and sent only to clients that requested it', async () => {
    const { harness, upstream } = await proxyOver(stream('Hello world', { usage: 'requested' }));
    const withoutUsage = await readSse(await harness.post({ stream: true }));
    expect(upstream.ledger[0]!.json).toMatchObject({ stream_options: { include_usage: true } });
    expect(withoutUsage.join('')).not.toContain('usage');
    expect(harness.contexts[0]!.outcome?.usage).toMatchObject({ completion_tokens: expect.any(Number) });
    const body = await readSse(await harness.post({ stream: true, stream_options: { include_usage: true } }));
    expect(JSON.parse(body.at(-2)!)).toMatchObject({ choices: [], usage: { completion_tokens: expect.any(Number) } });
  });
});

describe('the requested form', () => {
  it('JSON where a stream was requested becomes a stream', async () => {
    const { harness } = await proxyOver(completion('Hello world'));
    const response = await harness.post({ stream: true });
    expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/);
    const payloads = await readSse(response);
    expect(contentOf(payloads)).toBe('Hello world');
    expect(payloads.at(-1)).toBe('[DONE]');
  });

  it('a stream where JSON was requested becomes JSON', async () => {
    const { harness } = await proxyOver(stream('Hello world'));
    const response = await harness.post({});
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(await response.json()).toMatchObject({
      object: 'chat.completion',
      choices: [{ message: { content: 'Hello world' }, finish_reason: 'stop' }],
    });
  });

  it('an incomplete stream where JSON was requested causes a fallback', async () => {
    const { harness } = await proxyOver(stream('Hello world', { afterEvents: 2, end: 'reset' }));
    expect((await harness.post({})).status).toBe(502);
  });
});

describe('a client that disconnects', () => {
  const phases: readonly [string, ScriptSource, object][] = [
    ['before the head, JSON', hang({ after: 'request' }), {}],
    ['before the head, stream', hang({ after: 'request' }), { stream: true }],
    ['after the head, JSON', hang({ after: 'head' }), {}],
    ['after the head, stream', hang({ after: 'head' }), { stream: true }],
    ['before the first event that means something', stream('x', { afterEvents: 1, end: 'hang' }), { stream: true }],
    ['in the middle of a stream', stall('one two three four', { after: 3, ms: 60_000 }), { stream: true }],
    ['in the middle of a stream, from an upstream that goes on sending', ignoreAbort(), { stream: true }],
  ];

  it.each(phases)(
    '%s: the upstream’s socket closes at once, and no other provider is called',
    async (_name, script, body) => {
      const upstream = await fakeUpstream({ script });
      const spare = await fakeUpstream({ script: chat('no') });
      open.push(upstream, spare);
      const harness = await proxyHarness({ upstreams: [upstream, spare] });
      open.push(harness);
      const controller = new AbortController();
      const text = harness
        .post(body, { signal: controller.signal })
        .then((response) => response.text())
        .catch(() => 'aborted');
      const entry = await upstream.nextRequest('head');
      await new Promise((resolve) => setTimeout(resolve, 50));
      const ran = runningTime();
      controller.abort();
      await upstream.closed(entry);
      expect(ran()).toBeLessThan(100);
      await text;
      expect(spare.ledger).toHaveLength(0);
      await expect
        .poll(() => harness.endpointStates.status(harness.endpoints[0]!.id))
        .toMatchObject({ inFlight: 0, breaker: { failures: 0 } });
    },
  );

  it('while the upstream does not even read the request: the connection is given up', async () => {
    const { harness, upstream } = await proxyOver(stopReading());
    const controller = new AbortController();
    const response = harness
      .post({ messages: [{ role: 'user', content: 'x'.repeat(8_000_000) }] }, { signal: controller.signal })
      .catch(() => 'aborted');
    await upstream.nextRequest('head');
    controller.abort();
    await response;
    await expect.poll(() => harness.transport.sockets()).toEqual({ active: 0, idle: 0 });
  });
});

describe('a client that does not read', () => {
  it('slows the upstream down instead of filling our memory', async () => {
    const { harness, upstream } = await proxyOver(
      sse(
        (function* endless() {
          for (let i = 0; i < 2_000; i++) yield delta('x'.repeat(32_768));
        })(),
      ),
    );
    const before = process.memoryUsage().rss;
    const response = await harness.post({ stream: true });
    await new Promise((resolve) => setTimeout(resolve, 700));
    const sent = upstream.ledger[0]!.bytesSent;
    expect(sent).toBeLessThan(40_000_000);
    expect(process.memoryUsage().rss - before).toBeLessThan(120_000_000);
    await response.body!.cancel();
    await upstream.closed(upstream.ledger[0]!);
  });
});

describe('nothing stays behind', () => {
  it('after twelve attempts the response has no more listeners than after one', async () => {
    const upstreams = await Promise.all(
      Array.from({ length: 12 }, (_, index) =>
        fakeUpstream({ script: index === 11 ? chat('the twelfth') : stream('x', { afterEvents: 1, end: 'reset' }) }),
      ),
    );
    open.push(...upstreams);
    const harness = await proxyHarness({ upstreams, maxAttempts: 12 });
    open.push(harness);
    const warnings: Error[] = [];
    const onWarning = (warning: Error): void => void warnings.push(warning);
    process.on('warning', onWarning);
    const response = await harness.post({ stream: true });
    const { res, req } = harness.contexts[0]!;
    expect(response.headers.get('x-nordlys-attempts')).toBe('12');
    // One of ours, one of Node's own.
    expect(res.listenerCount('close')).toBeLessThanOrEqual(2);
    expect(res.listenerCount('error')).toBe(0);
    expect(req.listenerCount('error')).toBeLessThanOrEqual(1);
    await collectSse(response);
    process.off('warning', onWarning);
    expect(warnings).toEqual([]);
    expect(harness.server.listenerCount('close')).toBe(0);
  });

  it('an upstream connection serves one request after another', async () => {
    const { harness, upstream } = await proxyOver(chat('hello'));
    for (let sent = 0; sent < 20; sent++) await (await harness.post({ stream: sent % 2 === 0 })).text();
    expect(upstream.accepted).toBe(1);
    expect(harness.transport.sockets()).toEqual({ active: 0, idle: 1 });
  });
});
