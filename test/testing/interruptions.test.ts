import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  close,
  keepAliveOnly,
  earlyResponse,
  fakeUpstream,
  hang,
  ignoreAbort,
  reset,
  stall,
  stopReading,
  type FakeUpstream,
  type Moment,
} from '../../src/testing/index.js';
import { FakeClock } from '../support/fake-clock.js';
import { rawPost, rawRequest } from '../support/raw-request.js';

let upstream: FakeUpstream;

beforeEach(async () => {
  upstream = await fakeUpstream();
});

afterEach(() => upstream.close());

const WHOLE = rawPost({ model: 'm' });
const STREAM = rawPost({ model: 'm', stream: true });

/** What was received before the fault. */
function progress(received: string): string {
  if (received === '') return 'nothing';
  const events = received.match(/^data: /gm)?.length ?? 0;
  if (events > 0) return `${events} events`;
  return received.endsWith('\r\n\r\n') ? 'a head' : 'half a body';
}

describe.each([
  { after: 'connect', request: WHOLE, gets: 'nothing', recorded: 0 },
  { after: 'request', request: WHOLE, gets: 'nothing', recorded: 1 },
  { after: 'head', request: WHOLE, gets: 'a head', recorded: 1 },
  { after: 3, request: WHOLE, gets: 'half a body', recorded: 1 },
  { after: 'head', request: STREAM, gets: 'a head', recorded: 1 },
  { after: 3, request: STREAM, gets: '3 events', recorded: 1 },
] as const)('after $after', ({ after, request, gets, recorded }) => {
  it.each([
    { name: 'hang', make: hang, ended: 'timeout', closedBy: 'client' },
    { name: 'reset', make: reset, ended: 'reset', closedBy: 'server' },
    { name: 'close', make: close, ended: 'fin', closedBy: 'server' },
  ] as const)(`$name: the client has ${gets}`, async ({ make, ended, closedBy }) => {
    upstream.enqueue(make({ after: after as Moment }));
    const seen = await rawRequest(upstream.port, request, {
      responses: Infinity,
      timeoutMs: ended === 'timeout' ? 60 : 2_000,
    });
    expect(seen.ended).toBe(ended);
    expect(progress(seen.received)).toBe(gets);
    expect(upstream.ledger).toHaveLength(recorded);
    await upstream.allClosed();
    for (const entry of upstream.ledger) expect(entry).toMatchObject({ completed: false, closedBy });
  });
});

describe('a stall', () => {
  it('sends nothing for a while, and then the rest', async () => {
    const clock = new FakeClock();
    await using slow = await fakeUpstream({ clock, script: stall('one two three', { after: 2, ms: 30_000 }) });
    let sofar = '';
    const pending = rawRequest(slow.port, STREAM, { onData: (text) => (sofar = text) });
    await slow.nextRequest();
    while (clock.pending.size === 0) await new Promise((resolve) => setImmediate(resolve));
    while (progress(sofar) !== '2 events') await new Promise((resolve) => setImmediate(resolve));
    clock.advance(30_000);
    const { responses } = await pending;
    expect(responses[0]).toMatchObject({
      complete: true,
      text: expect.stringMatching(/three.*\[DONE\]\n\n$/s) as string,
    });
  });
});

describe('a stream of comments', () => {
  it('is comments and nothing else, without end', async () => {
    upstream.enqueue(keepAliveOnly({ after: 1, everyMs: 1 }));
    const socket = connect(upstream.port, '127.0.0.1');
    socket.write(STREAM);
    let received = '';
    // Ends with the tenth comment, however long the machine takes to send it.
    for await (const piece of socket as AsyncIterable<Buffer>) {
      received += piece.toString('latin1');
      if ((received.match(/: still here/g)?.length ?? 0) >= 10) break;
    }
    expect(progress(received)).toBe('1 events');
    expect(received.match(/: still here/g)?.length).toBeGreaterThanOrEqual(10);
  });
});

describe('an early response', () => {
  it('comes at the head, and the body is never read', async () => {
    upstream.enqueue(earlyResponse(413));
    const head = WHOLE.slice(0, WHOLE.indexOf('\r\n\r\n') + 4);
    const { responses, ended } = await rawRequest(upstream.port, head, { responses: Infinity });
    expect(responses.map((response) => response.status)).toEqual([413]);
    expect(ended).toBe('reset');
    await upstream.allClosed();
    expect(upstream.ledger[0]).toMatchObject({ receivedAt: undefined, closedBy: 'server' });
  });
});

describe('an upstream that stops reading', () => {
  it('reads what the kernel accepts, and no more', async () => {
    upstream.enqueue(stopReading());
    const socket = connect(upstream.port, '127.0.0.1');
    socket.write('POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 67108864\r\n\r\n');
    const entry = await upstream.nextRequest('head');
    let taken = false;
    socket.write(Buffer.alloc(64 * 1024 * 1024), () => (taken = true));
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(taken).toBe(false);
    expect(entry.receivedAt).toBeUndefined();
    socket.destroy();
  });
});

describe('an upstream that ignores an abort', () => {
  it('keeps sending after the client has disconnected, until the kernel refuses', async () => {
    upstream.enqueue(ignoreAbort({ everyMs: 1 }));
    const socket = connect({ port: upstream.port, host: '127.0.0.1', allowHalfOpen: true });
    socket.write(STREAM);
    const entry = await upstream.nextRequest();
    await new Promise((resolve) => socket.once('data', resolve));
    // Half a goodbye: the client will not send any more, but what comes is still taken.
    socket.end();
    await upstream.closed(entry);
    const sentThen = entry.bytesSent;
    while (entry.bytesSent === sentThen) await new Promise((resolve) => setTimeout(resolve, 1));
    expect(entry.closedBy).toBe('client');
    expect(upstream.connections).toBe(1);
    socket.resetAndDestroy();
    await upstream.allClosed();
  });
});
