import assert from 'node:assert/strict';
import { stream } from './chat-responses.js';
import { delay, eventually } from './contract-test.js';
import type { LedgerEntry } from './request-log.js';
import { hang, ignoreAbort } from './interruptions.js';
import { allClosed, exchange, probe, requestTo, type TransportBench, type TransportCase } from './transport-probe.js';

/** @internal An aborted call leaves nothing open, whenever it is aborted. */
export const transportAbortCases: readonly TransportCase[] = [
  [
    'can be aborted before it is connected',
    async ({ upstream, transport }) => {
      const call = probe(transport, requestTo(upstream));
      call.abort();
      await delay(30);
      assert.ok(!call.events.includes('head') && !call.events.includes('failure'));
      assert.deepEqual(upstream.ledger, [], 'nothing was sent');
      // The connection may stay in the pool for the next request.
      await eventually('nothing is at work', () => transport.sockets().active === 0);
    },
  ],
  [
    'closes its socket when it is aborted before the head',
    async (bench) => {
      bench.upstream.enqueue(hang());
      const call = probe(bench.transport, requestTo(bench.upstream));
      const entry = await bench.upstream.nextRequest();
      await closesInTime(bench, entry, () => call.abort());
      assert.deepEqual(call.events, ['connected']);
    },
  ],
  [
    'closes its socket when it is aborted after the head',
    async (bench) => {
      bench.upstream.enqueue(hang({ after: 'head' }));
      const call = probe(bench.transport, requestTo(bench.upstream));
      await call.head();
      await closesInTime(bench, await bench.upstream.nextRequest(), () => call.abort());
      assert.deepEqual(call.events, ['connected', 'head']);
    },
  ],
  [
    'closes its socket when it is aborted in the middle of a stream',
    async (bench) => {
      bench.upstream.enqueue(stream(Array<string>(1_000).fill('word '), { delayMs: 2 }));
      const call = probe(bench.transport, requestTo(bench.upstream));
      const { message } = await call.head();
      message.resume();
      await closesInTime(bench, await bench.upstream.nextRequest(), () => call.abort());
      await eventually('the body was let go', () => message.destroyed);
      assert.equal(message.complete, false);
    },
  ],
  [
    'closes its socket though the upstream sends on',
    async (bench) => {
      bench.upstream.enqueue(ignoreAbort({ everyMs: 1 }));
      const call = probe(bench.transport, requestTo(bench.upstream));
      (await call.head()).message.resume();
      await closesInTime(bench, await bench.upstream.nextRequest(), () => call.abort());
      await allClosed(bench);
    },
  ],
  [
    'closes its socket when the body was not read',
    async (bench) => {
      bench.upstream.enqueue(stream('some words', { end: 'hang' }));
      const call = probe(bench.transport, requestTo(bench.upstream));
      await call.head();
      await closesInTime(bench, await bench.upstream.nextRequest(), () => call.abort());
    },
  ],
  [
    'can be aborted twice, and after the end',
    async (bench) => {
      const call = probe(bench.transport, requestTo(bench.upstream));
      (await call.head()).message.resume();
      await eventually('the connection rests', () => bench.transport.sockets().active === 0);
      call.abort();
      call.abort();
      // Whether or not the connection is kept, the next request must work.
      assert.equal((await exchange(bench)).complete, true);
    },
  ],
  [
    'is not counted once it is aborted',
    async (bench) => {
      bench.upstream.always(hang());
      const calls = Array.from({ length: 20 }, () => probe(bench.transport, requestTo(bench.upstream)));
      await eventually('all have arrived', () => bench.upstream.ledger.length === 20);
      for (const call of calls) call.abort();
      await allClosed(bench);
      await eventually('nothing is at work', () => bench.transport.sockets().active === 0);
      assert.equal(bench.transport.sockets().idle, 0);
    },
  ],
];

async function closesInTime(bench: TransportBench, entry: LedgerEntry, abort: () => void): Promise<void> {
  const abortedAt = performance.now();
  abort();
  await eventually('the socket closed', () => entry.closedAt !== undefined);
  const took = (entry.closedAt ?? Number.POSITIVE_INFINITY) - abortedAt;
  assert.ok(took <= bench.abortMs, `the socket closed ${took.toFixed(0)} ms after abort()`);
  assert.equal(entry.closedBy, 'client');
}
