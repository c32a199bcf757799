import { EventEmitter } from 'node:events';
import { createServer } from 'node:http';
import { describe, expect, it } from 'vitest';
import { FakeClock } from './fake-clock.js';
import { leakProbe } from './leak-probe.js';
import { listen } from './listen.js';
import { rawPost, rawRequest } from './raw-request.js';
import { readResponses } from './raw-response.js';
import { collectSse, contentOf, readChunks, readSse } from './read-sse.js';

describe('a fake clock', () => {
  it('fires timers in order, also those set meanwhile', () => {
    const clock = new FakeClock({ now: 0 });
    const log: string[] = [];
    clock.setTimer(() => log.push(`late at ${clock.now()}`), 100);
    clock.setTimer(() => {
      log.push(`early at ${clock.now()}`);
      clock.setTimer(() => log.push(`between at ${clock.now()}`), 20);
    }, 10);
    clock.setTimer(() => log.push('never'), 50).cancel();
    clock.advance(29);
    expect(log).toEqual(['early at 10']);
    clock.advance(71);
    expect(log).toEqual(['early at 10', 'between at 30', 'late at 100']);
    expect(clock.now()).toBe(100);
    expect(clock.pending.size).toBe(0);
  });

  it('lets promises run between two timers with advanceAsync', async () => {
    const clock = new FakeClock({ now: 0 });
    const sleep = (ms: number): Promise<void> => new Promise((resolve) => void clock.setTimer(resolve, ms));
    let rounds = 0;
    void (async () => {
      for (; rounds < 3; rounds++) await sleep(10);
    })();
    await clock.advanceAsync(30);
    expect(rounds).toBe(3);
  });

  it('keeps the wall clock and monotonic time apart', () => {
    const clock = new FakeClock({ now: 5, wallNow: 1_000 });
    clock.advance(10);
    clock.jumpWall(-500);
    expect([clock.now(), clock.wallNow()]).toEqual([15, 510]);
  });
});

describe('listen', () => {
  it('serves a handler on loopback, counts its connections and lets go of them', async () => {
    const probe = leakProbe();
    const served = await listen((_req, res) => res.end('here'));
    const { responses } = await rawRequest(served.port, rawPost({}));
    expect(responses[0]?.text).toBe('here');
    await served.close();
    expect(served.connections).toBe(0);
    expect(await probe.leaks()).toEqual({});
  });

  it('accepts a server object', async () => {
    await using served = await listen(createServer((_req, res) => res.end()));
    expect((await fetch(served.url)).status).toBe(200);
  });
});

describe('raw responses', () => {
  const sized = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nx: 1\r\nx: 2\r\n\r\n{}';
  const chunked = 'HTTP/1.1 404 Not Found\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n';

  it('are separated, whatever frames them', () => {
    const responses = readResponses(`HTTP/1.1 100 Continue\r\n\r\n${sized}${chunked}`, false);
    expect(responses.map(({ status, text }) => [status, text])).toEqual([
      [100, ''],
      [200, '{}'],
      [404, 'abc'],
    ]);
    expect(responses[1]).toMatchObject({ reason: 'OK', json: {}, headers: { x: '1, 2' } });
  });

  it('are whole or not', () => {
    for (const whole of [sized, chunked]) {
      for (let length = whole.indexOf('\r\n\r\n') + 4; length < whole.length; length++) {
        expect(readResponses(whole.slice(0, length), false)).toEqual([]);
        expect(readResponses(whole.slice(0, length), true)).toMatchObject([{ complete: false }]);
      }
      expect(readResponses(whole, true)).toMatchObject([{ complete: true }]);
    }
  });
});

describe('readSse', () => {
  it('reads events as the standard defines', async () => {
    const stream = '\uFEFFdata: one\r\n\r\n: comment\n\ndata:two\ndata:  lines\n\nevent: x\n\ndata: cut';
    expect(await readSse(stream)).toEqual(['one', 'two\n lines']);
  });

  it('puts characters together that were cut in two', async () => {
    const bytes = Buffer.from('data: ☃\n\n');
    const bytewise = (async function* () {
      for (const byte of bytes) yield Uint8Array.of(byte);
    })();
    expect(await readSse(bytewise)).toEqual(['☃']);
  });

  it('fails if the connection breaks, and optionally returns what came before', async () => {
    const broken = async function* () {
      yield Buffer.from('data: one\n\n');
      throw new Error('broken');
    };
    await expect(readSse(broken())).rejects.toThrow('broken');
    expect(await collectSse(broken())).toMatchObject({ payloads: ['one'], error: { message: 'broken' } });
  });

  it('joins the text of a choice', async () => {
    const stream = [0, 1, 0].map(
      (index, turn) => `data: {"choices":[{"index":${index},"delta":{"content":"${turn}"}}]}\n\n`,
    );
    const payloads = await readSse(`${stream.join('')}data: [DONE]\n\n`);
    expect([contentOf(payloads), contentOf(payloads, 1)]).toEqual(['02', '1']);
    expect(await readChunks(stream.join(''))).toHaveLength(3);
  });
});

describe('a leak probe', () => {
  it('sees sockets, timers and listeners that were not there before', async () => {
    const emitter = new EventEmitter();
    const probe = leakProbe(emitter);
    const timer = setTimeout(() => {}, 60_000);
    emitter.on('x', () => {});
    expect(await probe.leaks(10)).toEqual({ Timeout: 1, 'listener 0 x': 1 });
    clearTimeout(timer);
    emitter.removeAllListeners();
    expect(await probe.leaks()).toEqual({});
  });
});
