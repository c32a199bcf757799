import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  chat,
  completion,
  error,
  fakeUpstream,
  hang,
  json,
  stale,
  type FakeUpstream,
} from '../../src/testing/index.js';
import { FakeClock } from '../support/fake-clock.js';
import { leakProbe } from '../support/leak-probe.js';
import { rawPost, rawRequest } from '../support/raw-request.js';

let upstream: FakeUpstream;

beforeEach(async () => {
  upstream = await fakeUpstream();
});

afterEach(() => upstream.close());

function post(body: object = {}, init: RequestInit = {}): Promise<Response> {
  return fetch(`${upstream.baseUrl}/chat/completions`, { method: 'POST', body: JSON.stringify(body), ...init });
}

describe('the next request gets', () => {
  it('the scripts of the queue, one each, then the standing one', async () => {
    upstream.enqueue(error(503), json({ turn: 2 }));
    upstream.always(json({ turn: 'later' }));
    expect((await post()).status).toBe(503);
    expect(await (await post()).json()).toEqual({ turn: 2 });
    expect(await (await post()).json()).toEqual({ turn: 'later' });
    expect(await (await post()).json()).toEqual({ turn: 'later' });
  });

  it('a greeting, streamed or whole as requested, if no script was set', async () => {
    expect(await (await post({ model: 'm' })).json()).toMatchObject({
      object: 'chat.completion',
      model: 'm',
      choices: [{ message: { content: 'Hello from the fake upstream.' }, finish_reason: 'stop' }],
    });
    const streamed = await post({ model: 'm', stream: true });
    expect(streamed.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(await streamed.text()).toMatch(/data: \[DONE\]\n\n$/);
  });

  it('a script made for the request', async () => {
    upstream.always((request) => completion(`You sent ${request.text.length} characters.`));
    expect(await (await post({ a: 1 })).text()).toContain('You sent 7 characters.');
  });

  it('a reset, when the function that makes the script throws', async () => {
    upstream.enqueue(() => {
      throw new Error('out of scripts');
    });
    await expect(post()).rejects.toThrow();
    expect(upstream.violations).toEqual(['a script threw: Error: out of scripts']);
    expect((await post()).status).toBe(200);
  });
});

describe('the ledger', () => {
  it('holds what came, to the byte', async () => {
    await post({ model: 'm', text: '☃' }, { headers: { 'X-Request-Id': 'req_7', 'X-Other': 'a' } });
    expect(upstream.ledger).toHaveLength(1);
    expect(upstream.ledger[0]).toMatchObject({
      index: 0,
      method: 'POST',
      path: '/v1/chat/completions',
      headers: { 'x-request-id': 'req_7', 'x-other': 'a' },
      requestId: 'req_7',
      text: '{"model":"m","text":"☃"}',
      json: { model: 'm', text: '☃' },
      connection: 1,
      reusedConnection: false,
      script: 'chat',
      completed: true,
    });
  });

  it('keeps header names and values as they were sent', async () => {
    await rawRequest(upstream.port, rawPost('{}', ['X-Twice: 1', 'x-twice:  2 ', '__proto__: 3']));
    const [entry] = upstream.ledger;
    expect(entry?.rawHeaders.slice(-3)).toEqual([
      ['X-Twice', '1'],
      ['x-twice', '2'],
      ['__proto__', '3'],
    ]);
    expect(entry?.headers['x-twice']).toBe('1, 2');
  });

  it('counts the bytes of the response', async () => {
    upstream.enqueue(json({ some: 'response' }));
    const { received } = await rawRequest(upstream.port, rawPost({}));
    await upstream.nextRequest();
    expect(upstream.ledger[0]?.bytesSent).toBe(received.length);
  });

  it('records who closed the connection, and when', async () => {
    upstream.enqueue(hang());
    const leaver = new AbortController();
    const pending = post({}, { signal: leaver.signal });
    const entry = await upstream.nextRequest();
    expect(entry.closedAt).toBeUndefined();
    const leftAt = performance.now();
    leaver.abort();
    await expect(pending).rejects.toThrow();
    await upstream.closed(entry);
    expect(entry).toMatchObject({ closedBy: 'client', completed: false });
    expect(entry.closedAt).toBeGreaterThanOrEqual(leftAt);

    upstream.enqueue(json({}, { headers: { connection: 'close' } }));
    await rawRequest(upstream.port, rawPost({}, ['connection: close']));
    const [, second] = upstream.ledger;
    await upstream.closed(second!);
    expect(second).toMatchObject({ closedBy: 'server', completed: true });
  });

  it('records which requests shared a connection', async () => {
    await rawRequest(upstream.port, [rawPost({ n: 1 }), rawPost({ n: 2 })], { responses: 2 });
    await rawRequest(upstream.port, rawPost({ n: 3 }));
    expect(upstream.ledger.map(({ connection, reusedConnection }) => [connection, reusedConnection])).toEqual([
      [1, false],
      [1, true],
      [2, false],
    ]);
    expect(upstream.accepted).toBe(2);
  });

  it('returns requests one after the other, whether they arrived before nextRequest() or after', async () => {
    await post({ n: 1 });
    const second = upstream.nextRequest().then(() => upstream.nextRequest());
    await post({ n: 2 });
    expect((await second).json).toEqual({ n: 2 });
  });

  it('shows a request at its head, before its body is there', async () => {
    const socket = connect(upstream.port, '127.0.0.1');
    socket.write('POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\n\r\n12');
    const entry = await upstream.nextRequest('head');
    expect(entry.receivedAt).toBeUndefined();
    socket.write('34');
    while (entry.receivedAt === undefined) await new Promise((resolve) => setImmediate(resolve));
    expect(entry.text).toBe('1234');
    socket.destroy();
  });

  it('can be emptied between two tests', async () => {
    upstream.enqueue(json({ a: 1 }), json({ never: 'sent' }));
    await post();
    upstream.forget();
    expect(upstream.ledger).toEqual([]);
    expect(await (await post()).text()).toContain('Hello');
    expect((await upstream.nextRequest()).index).toBe(0);
  });
});

describe('a connection', () => {
  it('gets responses in the order of its requests, though all were sent at once', async () => {
    upstream.enqueue(json({ n: 1 }, { delayMs: 30 }), json({ n: 2 }), json({ n: 3 }));
    const { responses } = await rawRequest(upstream.port, rawPost({}).repeat(3), { responses: 3 });
    expect(responses.map((response) => response.json)).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
  });

  it('is closed after the response to a request with connection: close', async () => {
    const { responses, ended } = await rawRequest(upstream.port, rawPost({}, ['connection: close']), {
      responses: Infinity,
    });
    expect(ended).toBe('fin');
    expect(responses[0]?.headers['connection']).toBe('close');
  });

  it('serves one request where keep-alive is off', async () => {
    await using single = await fakeUpstream({ keepAlive: false });
    const { responses, ended } = await rawRequest(single.port, rawPost({}), { responses: Infinity });
    expect(ended).toBe('fin');
    expect(responses[0]?.headers['connection']).toBe('close');
  });

  it('is closed when it was idle for the time that was given', async () => {
    const clock = new FakeClock();
    await using idle = await fakeUpstream({ idleTimeoutMs: 5_000, clock });
    const pending = rawRequest(idle.port, rawPost({}), { responses: Infinity });
    const entry = await idle.nextRequest();
    while (clock.pending.size === 0) await new Promise((resolve) => setImmediate(resolve));
    clock.advance(4_999);
    expect(idle.connections).toBe(1);
    clock.advance(1);
    expect((await pending).ended).toBe('fin');
    expect((await idle.closed(entry)).closedBy).toBe('server');
  });

  it('that is stale is reset when it is used again', async () => {
    upstream.enqueue(stale(chat('Once.')));
    const { responses, ended } = await rawRequest(upstream.port, [rawPost({}), 30, rawPost({})], { responses: 2 });
    expect(ended).toBe('reset');
    expect(responses).toHaveLength(1);
    expect(upstream.ledger).toHaveLength(1);
  });
});

describe('an outage', () => {
  it('resets what is open and refuses what comes, until it is over', async () => {
    upstream.enqueue(hang());
    const pending = post();
    await upstream.nextRequest();
    await Promise.all([upstream.refuse(), expect(pending).rejects.toThrow()]);
    await expect(post()).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } });
    await upstream.resume();
    expect((await post()).status).toBe(200);
  });
});

describe('closing', () => {
  it('drops every connection, every timer and every wait', async () => {
    const probe = leakProbe();
    const closing = await fakeUpstream({ idleTimeoutMs: 60_000 });
    closing.enqueue(json({}), json({}, { delayMs: 60_000 }), hang());
    const pending = [1, 2, 3].map(() => rawRequest(closing.port, rawPost({}), { responses: Infinity }));
    await Promise.all([closing.nextRequest(), closing.nextRequest(), closing.nextRequest()]);
    const waiting = closing.nextRequest();
    await closing.close();
    await expect(waiting).rejects.toThrow('The fake upstream was closed.');
    await Promise.all(pending);
    expect(closing.connections).toBe(0);
    expect(await probe.leaks()).toEqual({});
  });
});

describe('what is no request', () => {
  it.each([
    ['two lengths', 'POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ncontent-length: 1\r\n\r\nx'],
    ['length beside chunked', 'POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n'],
    ['an odd coding', 'POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: xchunked\r\n\r\n'],
    ['no host', 'POST / HTTP/1.1\r\n\r\n'],
    ['two hosts', 'POST / HTTP/1.1\r\nhost: a\r\nhost: a\r\n\r\n'],
    ['a folded line', 'POST / HTTP/1.1\r\nhost: a\r\n b\r\n\r\n'],
    ['bare line feeds', 'POST / HTTP/1.1\nhost: a\n\n'],
    ['a space before the colon', 'POST / HTTP/1.1\r\nhost : a\r\n\r\n'],
    ['another protocol', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['a bad chunk size', 'POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n0x1\r\na\r\n0\r\n\r\n'],
    ['a chunk beyond its size', 'POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n'],
  ])('%s: is refused and closed', async (_what, bytes) => {
    const { responses, ended } = await rawRequest(upstream.port, bytes, { responses: Infinity });
    expect(responses[0]?.status).toBe(400);
    expect(ended).toBe('fin');
    expect(upstream.violations).toHaveLength(1);
    expect(upstream.ledger.filter((entry) => entry.receivedAt !== undefined)).toEqual([]);
  });

  it('does not affect valid requests', async () => {
    for (const bytes of ['\0\0\0\0\r\n\r\n', 'x'.repeat(100_000), Buffer.alloc(1_000, 0xff)]) {
      await rawRequest(upstream.port, bytes, { responses: Infinity, timeoutMs: 50 });
    }
    expect((await post()).status).toBe(200);
    expect(upstream.ledger).toHaveLength(1);
  });
});

describe('a body in chunks', () => {
  it('is put together, however it is cut', async () => {
    const request =
      'POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\nA\r\n0123456789\r\n0\r\nx: 1\r\n\r\n';
    for (const size of [1, 2, 3, 7, 1_000]) {
      const pieces = (request + request).match(new RegExp(`[^]{1,${size}}`, 'g')) ?? [];
      // A pause after each piece, so that the kernel hands it on by itself.
      const paced = size < 10 ? pieces.flatMap((piece) => [piece, 0]) : pieces;
      await rawRequest(upstream.port, paced, { responses: 2 });
    }
    expect(upstream.ledger.map((entry) => entry.text)).toEqual(Array(10).fill('hello0123456789'));
  });
});
