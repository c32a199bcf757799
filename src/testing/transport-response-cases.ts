import assert from 'node:assert/strict';
import { error, raw } from './responses.js';
import { completion, stream } from './chat-responses.js';
import { delay, eventually } from './contract-test.js';
import { onRequest, send } from './script.js';
import { exchange, probe, readBody, requestTo, type TransportCase } from './transport-probe.js';

const MEGABYTE = 1024 * 1024;

/** @internal What is sent, and how responses are delivered. */
export const transportResponseCases: readonly TransportCase[] = [
  [
    'sends the path, the headers and the body as they are given',
    async ({ upstream, transport }) => {
      const request = requestTo(upstream, { body: Buffer.from('{"text":"\u2603 snow"}') });
      await probe(transport, request).head();
      const [seen] = upstream.ledger;
      assert.equal(seen?.method, 'POST');
      assert.equal(seen?.path, '/v1/chat/completions');
      assert.deepEqual(Buffer.from(seen.body), Buffer.from(request.body));
      for (const [name, value] of Object.entries(request.headers)) assert.equal(seen.headers[name], value, name);
      assert.equal(seen.headers['host'], `127.0.0.1:${upstream.port}`);
    },
  ],
  [
    'adds no header but host and connection',
    async ({ upstream, transport }) => {
      const request = requestTo(upstream);
      await probe(transport, request).head();
      const allowed = new Set([...Object.keys(request.headers), 'host', 'connection']);
      const names = upstream.ledger[0]?.rawHeaders.map(([name]) => name.toLowerCase()) ?? [];
      assert.deepEqual(
        names.filter((name) => !allowed.has(name)),
        [],
      );
      assert.equal(new Set(names).size, names.length, 'none comes twice');
    },
  ],
  [
    'reports that it is connected once, before the head',
    async ({ upstream, transport }) => {
      const call = probe(transport, requestTo(upstream));
      await readBody(await call.head());
      assert.deepEqual(call.events, ['connected', 'head']);
    },
  ],
  [
    'hands on status, headers and a whole body',
    async ({ upstream, transport }) => {
      upstream.enqueue(completion('Every word.', { headers: { 'X-Twice': ['1', '2'], 'set-cookie': ['a=1', 'b=2'] } }));
      const head = await probe(transport, requestTo(upstream)).head();
      assert.equal(head.status, 200);
      assert.equal(head.headers['content-type'], 'application/json');
      assert.equal(head.headers['x-twice'], '1, 2');
      const body = await readBody(head);
      assert.equal(body.complete, true);
      assert.match(body.text, /Every word\./);
    },
  ],
  [
    'takes an error status for a head like any other',
    async ({ upstream, transport }) => {
      for (const status of [400, 404, 429, 500, 503]) {
        upstream.enqueue(error(status));
        const head = await probe(transport, requestTo(upstream)).head();
        assert.equal(head.status, status);
        assert.equal((await readBody(head)).complete, true);
      }
    },
  ],
  [
    'follows no redirect',
    async ({ upstream, transport }) => {
      upstream.enqueue(error(307, '', { location: `${upstream.origin}/elsewhere` }));
      assert.equal((await probe(transport, requestTo(upstream)).head()).status, 307);
      await delay(20);
      assert.equal(upstream.ledger.length, 1);
    },
  ],
  [
    'hands on each event as it comes',
    async ({ upstream, transport }) => {
      upstream.enqueue(stream('one two', { end: 'hang', afterEvents: 2 }));
      const { message } = await probe(transport, requestTo(upstream)).head();
      let text = '';
      message.on('data', (bytes: Buffer) => (text += bytes.toString()));
      // The stream is still open while the first word has arrived.
      await eventually('the first word arrived', () => text.includes('one'));
    },
  ],
  [
    'skips a few interim responses',
    async ({ upstream, transport }) => {
      const interim = 'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n';
      upstream.enqueue(
        raw([
          `${interim}HTTP/1.1 102 Processing\r\n\r\n${interim}`,
          10,
          'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}',
        ]),
      );
      const head = await probe(transport, requestTo(upstream)).head();
      assert.equal(head.status, 200);
      assert.equal((await readBody(head)).text, '{}');
    },
  ],
  [
    'sends a large body whole',
    async ({ upstream, transport }) => {
      const body = Buffer.alloc(4 * MEGABYTE, 'abcdefg ');
      await probe(transport, requestTo(upstream, { body })).head();
      assert.ok(body.equals(upstream.ledger[0]?.body ?? Buffer.alloc(0)));
    },
  ],
  [
    'reads no more than its reader wants',
    async ({ upstream, transport }) => {
      const piece = Buffer.alloc(MEGABYTE, 'x');
      const size = 512;
      upstream.enqueue(
        onRequest('large', function* () {
          yield send(`HTTP/1.1 200 OK\r\ncontent-length: ${size * MEGABYTE}\r\n\r\n`);
          for (let sent = 0; sent < size; sent++) yield send(piece);
        }),
      );
      const call = probe(transport, requestTo(upstream));
      const { message } = await call.head();
      message.pause();
      const sent = (): number => upstream.ledger[0]?.bytesSent ?? 0;
      // How much the kernel buffers depends on the machine, so only wait until the upstream stops sending.
      let before = -1;
      await eventually('the upstream was held back', async () => {
        const rests = sent() === before;
        before = sent();
        await delay(50);
        return rests;
      });
      assert.ok(sent() < 64 * MEGABYTE, `${sent()} bytes were read while the body is not consumed`);
      call.abort();
    },
  ],
  [
    'handles a hundred concurrent requests',
    async (bench) => {
      bench.upstream.always(completion('For you.'));
      const responses = await Promise.all(
        Array.from({ length: 100 }, () => probe(bench.transport, requestTo(bench.upstream)).head().then(readBody)),
      );
      assert.ok(responses.every((response) => response.complete && response.text.includes('For you.')));
      assert.equal(bench.upstream.ledger.length, 100);
      await exchange(bench);
    },
  ],
];
