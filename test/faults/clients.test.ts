import http from 'node:http';
import { connect, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../src/util/clock.js';
import { HttpResponseSink } from '../../src/http/response-sink.js';
import { chat, completion, hang, ignoreAbort, sse, stall, stream, type ScriptSource } from '../../src/testing/index.js';
import { FakeClock } from '../support/fake-clock.js';
import { listen } from '../support/listen.js';
import { rawPost, rawRequest } from '../support/raw-request.js';
import { contentOf, readSse } from '../support/read-sse.js';
import { runningTime } from '../support/running-time.js';
import { alone, gatewayOver, upstreamFor } from './fixtures.js';

const KEY = 'authorization: Bearer demo-key';
const requestText = (body: object): string =>
  rawPost({ model: 'm', messages: [{ role: 'user', content: 'hi' }], ...body }, [KEY]);
const portOf = (baseUrl: string): number => Number(new URL(baseUrl).port);
const delta = (content: string): object => ({ choices: [{ index: 0, delta: { content }, finish_reason: null }] });

/** A client that sends a request and reads nothing. */
function nonReader(port: number, bytes: string): Socket {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {}).pause();
  socket.write(bytes);
  onTestFinished(() => void socket.destroy());
  return socket;
}

function* endless(): Generator<object> {
  for (;;) yield delta('x'.repeat(8_192));
}

describe('F27 a client that reads nothing', () => {
  const CLIENTS = 5;

  it('holds little of our memory, slows its upstream down, and is cut off with it after 30 s', async () => {
    const clock = new FakeClock();
    const responses: http.ServerResponse[] = [];
    const upstream = await upstreamFor(() => sse(endless()));
    const { baseUrl, gateway } = await gatewayOver([upstream], { clock }, (handler) => (req, res) => {
      responses.push(res);
      handler(req, res);
    });
    const clients = Array.from({ length: CLIENTS }, () => nonReader(portOf(baseUrl), requestText({ stream: true })));
    // The kernel takes some megabytes for each before it refuses.
    await expect.poll(() => responses.filter((res) => res.writableNeedDrain).length, { timeout: 10_000 }).toBe(CLIENTS);
    await expect
      .poll(
        async () => {
          const sent = (): number => upstream.ledger.reduce((sum, { bytesSent }) => sum + bytesSent, 0);
          const before = sent();
          await new Promise((resolve) => setTimeout(resolve, 100));
          return sent() - before;
        },
        { timeout: 10_000 },
      )
      .toBe(0);
    for (const res of responses) expect(res.writableLength).toBeLessThan(256 * 1024);
    clock.advance(29_000);
    expect(gateway.status().inFlight).toBe(CLIENTS);
    clock.advance(2_000);
    await upstream.allClosed();
    await expect.poll(() => gateway.status().inFlight).toBe(0);
    expect(clients).toHaveLength(CLIENTS);
  });

  it('loses nothing by pausing for a while', async () => {
    const text = 'word '.repeat(20_000);
    const { post } = await alone(stream(text));
    const response = await post({ stream: true });
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(contentOf(await readSse(response))).toBe(text);
  });

  it.each(['whole', 'error'] as const)('of one long write (%s) is cut off as well', async (form) => {
    const body = Buffer.alloc(16 * 1024 * 1024, ' ');
    let closed = false;
    const server = await listen((_req, res) => {
      res.once('close', () => (closed = true));
      const meta = {
        requestId: 'r',
        startedAt: 0,
        served: undefined,
        attempts: [],
        cacheStatus: undefined,
        client: { responded() {} },
        upstreamMs: 0,
      };
      const sink = new HttpResponseSink(res, meta, { clock: systemClock, errorFormat: 'openai', writeStallMs: 200 });
      if (form === 'whole') sink.json({ status: 200, headers: {} }, body);
      else {
        sink.open({ status: 200, headers: {} });
        sink.event(body.toString());
        sink.done();
      }
    });
    onTestFinished(() => server.close());
    nonReader(server.port, 'GET / HTTP/1.1\r\nhost: x\r\n\r\n');
    await expect.poll(() => closed, { timeout: 3_000 }).toBe(true);
  });

  it('of one long write gets all the time it needs while it reads', async () => {
    const body = Buffer.alloc(16 * 1024 * 1024, ' ');
    const server = await listen((_req, res) => {
      const meta = {
        requestId: 'r',
        startedAt: 0,
        served: undefined,
        attempts: [],
        cacheStatus: undefined,
        client: { responded() {} },
        upstreamMs: 0,
      };
      new HttpResponseSink(res, meta, { clock: systemClock, errorFormat: 'openai', writeStallMs: 200 }).json(
        { status: 200, headers: {} },
        body,
      );
    });
    onTestFinished(() => server.close());
    let read = 0;
    for await (const piece of (await fetch(server.url)).body!) {
      read += piece.length;
      if (read % (1024 * 1024) < piece.length) await new Promise((resolve) => setTimeout(resolve, 40));
    }
    expect(read).toBe(body.length);
  });
});

describe('a body that comes slowly', () => {
  it('is refused when its time is up, and no upstream is called', async () => {
    const { baseUrl, faulty, gateway } = await alone(chat('no'), { bodyTimeoutMs: 200 });
    const whole = requestText({});
    const { responses } = await rawRequest(portOf(baseUrl), [whole.slice(0, -10), 600, whole.slice(-10)]);
    expect(responses[0]!.status).toBe(408);
    expect(responses[0]!.headers['connection']).toBe('close');
    expect(faulty.ledger).toHaveLength(0);
    await expect.poll(() => gateway.status().inFlight).toBe(0);
  });
});

describe('a body that comes in drops', () => {
  it('is refused after five seconds below a kilobyte a second', async () => {
    const clock = new FakeClock();
    const { baseUrl, faulty, gateway } = await alone(chat('no'), { clock });
    const whole = requestText({});
    const response = rawRequest(portOf(baseUrl), whole.slice(0, -10));
    await expect.poll(() => gateway.status().inFlight).toBe(1);
    clock.advance(5_000);
    expect((await response).responses[0]).toMatchObject({ status: 408, headers: { connection: 'close' } });
    expect(faulty.ledger).toHaveLength(0);
  });

  it('fast enough is read, however long it takes', async () => {
    const clock = new FakeClock();
    const { baseUrl, gateway } = await alone(chat('taken'), { clock });
    const whole = requestText({ user: 'x'.repeat(60_000) });
    const response = rawRequest(portOf(baseUrl), [whole.slice(0, 50_000), 200, whole.slice(50_000)]);
    await expect.poll(() => gateway.status().inFlight).toBe(1);
    await clock.advanceAsync(20_000);
    expect((await response).responses[0]).toMatchObject({ status: 200 });
  });
});

describe('a body that comes fast and never ends', () => {
  it('is refused after half a minute', async () => {
    const clock = new FakeClock();
    const { baseUrl, gateway } = await alone(chat('no'), { clock });
    const whole = requestText({ user: 'x'.repeat(60_000) });
    const response = rawRequest(portOf(baseUrl), whole.slice(0, 50_000), { timeoutMs: 5_000 });
    await expect.poll(() => gateway.status().inFlight).toBe(1);
    await clock.advanceAsync(29_500);
    expect(gateway.status().inFlight).toBe(1);
    await clock.advanceAsync(1_000);
    expect((await response).responses[0]).toMatchObject({ status: 408 });
  });
});

describe('F28 a client that disconnects', () => {
  const windows: readonly [string, ScriptSource, boolean][] = [
    ['before the head', hang(), false],
    ['before the head', hang(), true],
    ['within a whole response', hang({ after: 3 }), false],
    ['after the head', hang({ after: 'head' }), true],
    ['before the first event that means something', stream('x', { afterEvents: 1, end: 'hang' }), true],
    ['in the middle', stall('one two three four', { after: 3, ms: 60_000 }), true],
    ['in the middle, from an upstream that goes on', ignoreAbort(), true],
  ];

  it.each(windows)('%s (%#): the upstream is closed within 100 ms', async (_when, script, streamed) => {
    const { post, faulty, gateway } = await alone(script, { timeouts: {}, maxAttempts: 5 });
    const controller = new AbortController();
    const text = post({ stream: streamed }, { signal: controller.signal })
      .then((response) => response.text())
      .catch(() => 'aborted');
    const entry = await faulty.nextRequest();
    await new Promise((resolve) => setTimeout(resolve, 50));
    const ran = runningTime();
    controller.abort();
    const { closedBy } = await faulty.closed(entry);
    expect(ran()).toBeLessThan(100);
    expect(closedBy).toBe('client');
    expect(await text).toBe('aborted');
    expect(faulty.ledger).toHaveLength(1);
    await expect.poll(() => gateway.status().inFlight).toBe(0);
    expect(gateway.status().endpoints[0]!.readiness).toMatchObject({ inFlight: 0, breaker: { failures: 0 } });
  });

  it.each([false, true])('while it sends its body (stream: %s): no upstream is called', async (streamed) => {
    const { baseUrl, faulty, gateway } = await alone(chat('no'));
    const socket = connect(portOf(baseUrl), '127.0.0.1');
    socket.write(requestText({ stream: streamed }).slice(0, -10));
    await expect.poll(() => gateway.status().inFlight).toBe(1);
    socket.destroy();
    await expect.poll(() => gateway.status().inFlight).toBe(0);
    expect(faulty.ledger).toHaveLength(0);
  });

  it('during a pause before a retry: no upstream is called', async () => {
    const { post, faulty, gateway } = await alone(chat('no'), { maxAttempts: 3 });
    const limited = { status: 429, headers: { 'retry-after-ms': '4000' } };
    faulty.enqueue(completion('no', limited));
    const controller = new AbortController();
    const response = post({}, { signal: controller.signal }).catch(() => 'aborted');
    await faulty.nextRequest();
    await new Promise((resolve) => setTimeout(resolve, 50));
    controller.abort();
    await response;
    await expect.poll(() => gateway.status().inFlight).toBe(0);
    expect(faulty.ledger).toHaveLength(1);
  });
});

describe('F29 a client that closes its side after the request', () => {
  it('gets its response where the host’s server allows it', async () => {
    const { gateway } = await alone(chat('all of it', { delayMs: 30 }));
    // Node's server closes its own side as well, unless it is configured not to.
    const server = Object.assign(http.createServer(gateway), { httpAllowHalfOpen: true });
    const listening = await listen(server);
    onTestFinished(() => listening.close());
    for (const streamed of [false, true]) {
      const { responses } = await rawRequest(listening.port, requestText({ stream: streamed }), { fin: true });
      expect(responses[0]).toMatchObject({ status: 200, complete: true });
      expect(responses[0]!.text).toContain('it');
    }
  });

  it('counts as disconnected for a server with Node’s defaults: the upstream is closed', async () => {
    const { baseUrl, faulty } = await alone(hang());
    const { responses } = await rawRequest(portOf(baseUrl), requestText({}), { fin: true });
    expect(responses).toEqual([]);
    await faulty.allClosed();
  });
});
