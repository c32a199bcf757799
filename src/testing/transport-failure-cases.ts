import assert from 'node:assert/strict';
import { raw } from './responses.js';
import { delay } from './contract-test.js';
import { hostileHeads } from './hostile-heads.js';
import { close, earlyResponse, reset } from './interruptions.js';
import { allClosed, exchange, probe, readBody, requestTo, type TransportCase } from './transport-probe.js';

const MEGABYTE = 1024 * 1024;

const BROKEN_BODIES = [
  ['reset in the middle', reset({ after: 3 })],
  ['closed in the middle', close({ after: 3 })],
  ['shorter than it says', raw('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n{}')],
  ['a chunk that is none', raw('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n{}\r\n')],
] as const;

/** @internal Failures of the upstream. */
export const transportFailureCases: readonly TransportCase[] = [
  [
    'reports that nothing was sent when the connection is refused',
    async ({ upstream, transport }) => {
      await upstream.refuse();
      const call = probe(transport, requestTo(upstream));
      const failure = await call.failure();
      assert.equal(failure.error.code, 'ECONNREFUSED');
      assert.equal(failure.connected, false);
      assert.equal(failure.reusedSocket, false);
      assert.deepEqual(call.events, ['failure']);
    },
  ],
  [
    'fails once when the connection breaks before the head',
    async ({ upstream, transport }) => {
      for (const script of [reset(), close()]) {
        upstream.enqueue(script);
        const call = probe(transport, requestTo(upstream));
        const failure = await call.failure();
        assert.ok(failure.error instanceof Error);
        assert.equal(failure.connected, true);
        await delay(20);
        assert.deepEqual(call.events, ['connected', 'failure']);
      }
    },
  ],
  ...BROKEN_BODIES.map(([what, script]): TransportCase => [
    `takes no broken body for a whole one: ${what}`,
    async ({ upstream, transport }) => {
      upstream.enqueue(script);
      const head = await probe(transport, requestTo(upstream)).head();
      assert.equal((await readBody(head)).complete, false);
    },
  ]),
  [
    'passes on a response that comes while it still sends',
    async ({ upstream, transport }) => {
      // Larger than the kernel's buffers, so that the body is still being sent when the response arrives.
      const body = Buffer.alloc(24 * MEGABYTE, ' ');
      upstream.enqueue(earlyResponse(413, { resetAfterMs: 200 }));
      const head = await probe(transport, requestTo(upstream, { body })).head();
      assert.equal(head.status, 413);
    },
  ],
  [
    'takes an upgrade for a failure',
    async ({ upstream, transport }) => {
      for (const headers of ['connection: upgrade\r\nupgrade: websocket\r\n', '']) {
        upstream.enqueue(raw(`HTTP/1.1 101 Switching Protocols\r\n${headers}\r\n`, { end: 'hang' }));
        await probe(transport, requestTo(upstream)).failure();
        await allClosed({ upstream });
      }
    },
  ],
  [
    'takes more than five interim responses for a failure',
    async ({ upstream, transport }) => {
      for (const interim of ['HTTP/1.1 100 Continue\r\n\r\n', 'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n']) {
        upstream.enqueue(raw(Array<string>(50).fill(interim), { end: 'hang' }));
        await probe(transport, requestTo(upstream)).failure();
        await allClosed({ upstream });
      }
    },
  ],
  [
    'never sends `expect: 100-continue`',
    async (bench) => {
      await exchange(bench, { body: Buffer.alloc(2 * MEGABYTE, ' ') });
      assert.equal(bench.upstream.ledger[0]?.headers['expect'], undefined);
    },
  ],
  ...hostileHeads.map((head): TransportCase => [
    `survives the hostile head ${head.name}`,
    async ({ upstream, transport }) => {
      upstream.enqueue(head.script);
      const call = probe(transport, requestTo(upstream));
      // An upstream that sends nothing more does not fail the call, so the caller aborts it.
      if (head.name.endsWith('for-ever')) await delay(50);
      else await call.settled();
      const settled = call.events.filter((word) => word !== 'connected').length;
      call.abort();
      await allClosed({ upstream });
      assert.equal(
        call.events.filter((word) => word !== 'connected').length,
        settled,
        'nothing is reported after abort()',
      );
      assert.ok(settled <= 1, 'onHead and onFailure: one of them, once');
      // The transport still works.
      const next = await probe(transport, requestTo(upstream)).head();
      assert.equal((await readBody(next)).complete, true);
    },
  ]),
];
