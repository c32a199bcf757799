import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import express from 'express';
import express4 from 'express4';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { toGatewayError, type GatewayError } from '../../src/errors/gateway-error.js';
import { ClientConnection } from '../../src/util/cancellation.js';
import { readBody, type Received } from '../../src/validate/read-body.js';
import { bytesOf, headersOf, invalidCases } from '../fixtures/cases.js';
import { FakeClock } from '../support/fake-clock.js';
import { listen, type Listening } from '../support/listen.js';
import { rawPost, rawRequest } from '../support/raw-request.js';

const REQUEST = { model: 'm', messages: [{ role: 'user', content: 'x' }] };
const BODY_LIMIT = 1_000;

/** What the reader under test came to, one request after the other. */
interface Outcome {
  readonly received?: Received;
  readonly error?: GatewayError;
  readonly req: IncomingMessage;
}

let clock: FakeClock;
let outcomes: Outcome[];
let server: Listening;

beforeEach(async () => {
  clock = new FakeClock();
  outcomes = [];
  server = await listen(sendWhatWasRead);
});

afterEach(() => server.close());

function sendWhatWasRead(req: IncomingMessage, res: ServerResponse): void {
  const limits = { bodyLimit: BODY_LIMIT, bodyTimeoutMs: 5_000, clock };
  readBody(req, limits, new ClientConnection(res)).then(
    (received) => {
      outcomes.push({ received, req });
      res.end(received.bytes ?? JSON.stringify({ value: received.value }));
    },
    (thrown: unknown) => {
      const error = toGatewayError(thrown);
      outcomes.push({ error, req });
      res.writeHead(error.status, error.headers).end(error.code);
    },
  );
}

/** Listeners that are there now, but for those that Node's own server sets. */
function listenersOf(req: IncomingMessage): string[] {
  const names = ['data', 'end', 'close', 'error'].flatMap((event) =>
    req.listeners(event).map((listener) => listener.name),
  );
  return names.filter((name) => !['clearRequestTimeout', 'clearIncoming'].includes(name));
}

/** Sends a request by hand, as JSON unless `head` says otherwise. Returns status and body of the response. */
async function send(
  head: readonly string[],
  body: string | Uint8Array = '',
): Promise<{ status?: number; body?: string }> {
  const { responses } = await rawRequest(server.port, [
    `${['POST / HTTP/1.1', 'host: a', ...typed(head)].join('\r\n')}\r\n\r\n`,
    body,
  ]);
  const [response] = responses;
  return response === undefined ? {} : { status: response.status, body: response.text };
}

const JSON_TYPE = 'content-type: application/json';

function typed(head: readonly string[]): readonly string[] {
  return head.some((line) => line.startsWith('content-type:')) ? head : [JSON_TYPE, ...head];
}

describe('a body on the connection', () => {
  it('is read as it came', async () => {
    const { responses } = await rawRequest(server.port, rawPost(REQUEST));
    expect(responses[0]?.text).toBe(JSON.stringify(REQUEST));
  });

  it('costs no timer where it came with its head', async () => {
    await rawRequest(server.port, rawPost(REQUEST));
    expect(outcomes).toHaveLength(1);
    expect(clock.pending.size).toBe(0);
  });

  it('may come in pieces, with a length or chunked', async () => {
    const text = rawPost(REQUEST);
    const pieces = [text.slice(0, -10), 20, text.slice(-10, -3), 20, text.slice(-3)];
    expect((await rawRequest(server.port, pieces)).responses[0]?.text).toBe(JSON.stringify(REQUEST));
    expect(await send(['transfer-encoding: chunked'], '2\r\n{}\r\n0\r\n\r\n')).toEqual({ status: 200, body: '{}' });
    expect(clock.pending.size).toBe(0);
  });

  it('leaks no listener and reads to the end, so that the connection can be reused', async () => {
    const { responses } = await rawRequest(server.port, rawPost(REQUEST) + rawPost(REQUEST), { responses: 2 });
    expect(responses.map((response) => response.status)).toEqual([200, 200]);
    for (const { req } of outcomes) expect(listenersOf(req)).toEqual([]);
  });

  it('may be empty: that is for the parser to refuse', async () => {
    expect(await send(['content-length: 0'])).toEqual({ status: 200, body: '' });
    expect(await send([])).toEqual({ status: 200, body: '' });
    const { responses } = await rawRequest(server.port, 'POST / HTTP/1.1\r\nhost: a\r\n\r\n');
    expect(responses[0]?.status).toBe(200);
  });

  it('is text where the host has set an encoding', async () => {
    await using decoding = await listen((req, res) => {
      req.setEncoding('utf8');
      sendWhatWasRead(req, res);
    });
    const { responses } = await rawRequest(decoding.port, rawPost('{"a":"ü"}'));
    expect(responses[0]?.text).toBe('{"a":"ü"}');
  });
});

describe('a body that is too large', () => {
  const large = 'x'.repeat(BODY_LIMIT + 1);

  it('is refused by its announcement, before it is read', async () => {
    expect(await send([`content-length: ${BODY_LIMIT + 1}`])).toEqual({ status: 413, body: 'request_too_large' });
  });

  it('is refused as it comes where nothing was announced', async () => {
    const chunk = `${large.length.toString(16)}\r\n${large}\r\n`;
    expect(await send(['transfer-encoding: chunked'], chunk)).toEqual({ status: 413, body: 'request_too_large' });
  });

  it('may have exactly the limit', async () => {
    expect(await send([`content-length: ${BODY_LIMIT}`], 'x'.repeat(BODY_LIMIT))).toMatchObject({ status: 200 });
  });

  it('is read on and thrown away, and the connection serves on', async () => {
    const { responses } = await rawRequest(server.port, [rawPost(large), 20, rawPost(REQUEST)], { responses: 2 });
    expect(responses.map((response) => response.status)).toEqual([413, 200]);
    expect(clock.pending.size).toBe(0);
  });

  it('is cut off when it does not end', async () => {
    const endless = rawRequest(
      server.port,
      [`POST / HTTP/1.1\r\nhost: a\r\n${JSON_TYPE}\r\ncontent-length: 99999999\r\n\r\n`, large],
      {
        responses: Infinity,
      },
    );
    await until(() => clock.pending.size === 1);
    clock.advance(60_000);
    const { ended, responses } = await endless;
    expect(ended).toMatch(/fin|reset/);
    expect(responses.map((response) => response.status)).toEqual([413]);
    expect(clock.pending.size).toBe(0);
  });
});

/** A request of which the rest does not come. */
const half = ['POST / HTTP/1.1', 'host: a', JSON_TYPE, 'content-length: 100', '', '{"half":'].join('\r\n');

describe('a body that does not come', () => {
  it('is given up after the timeout, and the connection with it', async () => {
    const exchange = rawRequest(server.port, half);
    await until(() => clock.pending.size === 1);
    clock.advance(5_000);
    const { responses } = await exchange;
    expect(responses[0]?.status).toBe(408);
    expect(outcomes[0]?.error?.headers).toEqual({ connection: 'close' });
    expect(clock.pending.size).toBe(0);
  });

  it('ends without an error when the client disconnects', async () => {
    const socket = connect(server.port, '127.0.0.1');
    socket.write(half);
    await until(() => clock.pending.size === 1);
    socket.destroy();
    await until(() => outcomes.length === 1);
    expect(outcomes[0]?.error?.code).toBe('client_closed_request');
    expect(clock.pending.size).toBe(0);
    for (const { req } of outcomes) expect(listenersOf(req)).toEqual([]);
  });
});

describe('a client that has left already', () => {
  it('is not waited for', async () => {
    await using closing = await listen((req, res) => {
      req.destroy();
      req.once('close', () => sendWhatWasRead(req, res));
    });
    await rawRequest(closing.port, half).catch(() => undefined);
    await until(() => outcomes.length === 1);
    expect(outcomes[0]?.error?.code).toBe('client_closed_request');
    expect(clock.pending.size).toBe(0);
  });
});

describe('a body of another kind', () => {
  const empty = ['content-length: 2'];

  it.each([
    'application/json',
    'Application/JSON',
    'application/json; charset=utf-8',
    'application/json;charset="UTF-8"; odd=parameter',
    'application/vnd.api+json',
  ])('is none: %j', async (type) => {
    expect(await send([...empty, `content-type: ${type}`], '{}')).toEqual({ status: 200, body: '{}' });
  });

  it.each([
    'content-type:',
    'content-type: null',
    'content-type: text/plain',
    'content-type: application/x-www-form-urlencoded',
    'content-type: multipart/form-data; boundary=x',
    'content-type: application/jsonp',
    'content-type: text/vnd.x+json',
    'content-type: application/json; charset=utf-16',
    'content-type: application/json; charset=iso-8859-1',
    'content-encoding: gzip',
    'content-encoding: br',
    'content-encoding: identity, gzip',
  ])('is refused with 415: %s', async (header) => {
    expect(await send([...empty, header], '{}')).toEqual({ status: 415, body: 'unsupported_content_type' });
  });

  it('is refused with 415 where it has no type at all', async () => {
    for (const framing of ['content-length: 2\r\n\r\n{}', 'transfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n']) {
      const { responses } = await rawRequest(server.port, `POST / HTTP/1.1\r\nhost: a\r\n${framing}`);
      expect(responses[0]).toMatchObject({ status: 415, text: 'unsupported_content_type' });
    }
  });

  it.each(invalidCases.filter((row) => row.layer === 'transport'))(
    'is refused as the cases define: $name',
    async (row) => {
      const bytes = bytesOf(row);
      const head = Object.entries(headersOf(row)).map(([name, value]) => `${name}: ${value}`);
      const { status } = await send([...head, `content-length: ${bytes.length}`], bytes);
      expect(row.expect.accept ?? [row.expect.status]).toContain(status);
    },
  );

  it('names no encoding, and "identity" names none either', async () => {
    expect(await send([...empty, 'content-encoding: identity'], '{}')).toEqual({ status: 200, body: '{}' });
  });
});

describe('a request of unclear extent', () => {
  it.each([
    ['an odd transfer encoding', ['transfer-encoding: gzip, chunked']],
    ['two hosts', ['host: b', 'content-length: 0']],
  ])('is refused, and the connection with it: %s', async (_what, head) => {
    expect(await send(head)).toEqual({ status: 400, body: 'ambiguous_request' });
    expect(outcomes[0]?.error?.headers).toEqual({ connection: 'close' });
  });

  it('is not made clear by headers with the names of prototypes', async () => {
    expect(await send(['__proto__: x', 'constructor: y', 'content-length: 2'], '{}')).toEqual({
      status: 200,
      body: '{}',
    });
  });
});

describe('a body that a parser before the gateway has read', () => {
  const parsers = [
    { parser: 'express.json()', type: 'application/json', expected: { value: REQUEST } },
    { parser: 'express.raw()', type: 'application/raw+json', expected: REQUEST },
    { parser: 'express.text()', type: 'application/text+json', expected: REQUEST },
  ];
  const frameworks = [
    { framework: 'Express 5', app: express },
    { framework: 'Express 4', app: express4 as unknown as typeof express },
  ];

  describe.each(frameworks)('$framework', ({ app: create }) => {
    it.each(parsers)('is taken from $parser', async ({ type, expected }) => {
      const app = create();
      app.use(
        create.json(),
        create.raw({ type: 'application/raw+json' }),
        create.text({ type: 'application/text+json' }),
      );
      app.use(sendWhatWasRead);
      await using behind = await listen(app);
      const response = await fetch(behind.url, {
        method: 'POST',
        headers: { 'content-type': type },
        body: JSON.stringify(REQUEST),
      });
      expect(await response.json()).toEqual(expected);
    });

    it.each(['text/plain', 'application/octet-stream', 'application/x-www-form-urlencoded'])(
      'is refused where its type is another: %s',
      async (type) => {
        const app = create();
        app.use(
          create.raw({ type: 'application/octet-stream' }),
          create.text(),
          create.urlencoded({ extended: false }),
        );
        app.use(sendWhatWasRead);
        await using behind = await listen(app);
        const init = { method: 'POST', headers: { 'content-type': type }, body: JSON.stringify(REQUEST) };
        expect((await fetch(behind.url, init)).status).toBe(415);
      },
    );

    it.each(['json', 'raw', 'text'] as const)('is taken inflated: %s()', async (parser) => {
      const app = create();
      app.use(create[parser]({ type: 'application/json' }), sendWhatWasRead);
      await using behind = await listen(app);
      const response = await fetch(behind.url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
        body: gzipSync(JSON.stringify(REQUEST)),
      });
      expect(await response.json()).toEqual(parser === 'json' ? { value: REQUEST } : REQUEST);
    });

    it('is not mistaken for a body that the parser has passed by', async () => {
      const app = create();
      app.use(create.json());
      app.use(sendWhatWasRead);
      await using behind = await listen(app);
      const headers = { 'content-type': 'application/vnd.api+json' };
      const response = await fetch(behind.url, { method: 'POST', headers, body: JSON.stringify(REQUEST) });
      expect(await response.json()).toEqual(REQUEST);
    });
  });

  it('is measured, too', async () => {
    const app = express();
    app.use(express.text({ type: '*/*' }));
    app.use(sendWhatWasRead);
    await using behind = await listen(app);
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(behind.url, { method: 'POST', headers, body: 'x'.repeat(BODY_LIMIT + 1) });
    expect(response.status).toBe(413);
  });

  it('is an error if the parser kept nothing', async () => {
    await using behind = await listen(async (req, res) => {
      req.resume();
      await once(req, 'end');
      sendWhatWasRead(req, res);
    });
    const response = await fetch(behind.url, {
      method: 'POST',
      body: '{}',
      headers: { 'content-type': 'application/json' },
    });
    expect(response.status).toBe(500);
    expect(outcomes[0]?.error?.message).toContain('req.body');
  });
});

async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 5_000;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error('It never came to that.');
    await new Promise((resolve) => setImmediate(resolve));
  }
}
