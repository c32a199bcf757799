import assert from 'node:assert/strict';
import { completion } from './chat-responses.js';
import { eventually } from './contract-test.js';
import { close, stale } from './interruptions.js';
import { allClosed, exchange, probe, readBody, requestTo, type TransportCase } from './transport-probe.js';

/** @internal Which requests share a connection. */
export const transportPoolCases: readonly TransportCase[] = [
  [
    'keeps a connection for the next request',
    async (bench) => {
      for (let turn = 0; turn < 5; turn++) await exchange(bench);
      assert.equal(bench.upstream.accepted, 1);
      assert.deepEqual(
        bench.upstream.ledger.map((entry) => entry.reusedConnection),
        [false, true, true, true, true],
      );
    },
  ],
  [
    'reports at once that a kept connection is connected',
    async (bench) => {
      await exchange(bench);
      const call = probe(bench.transport, requestTo(bench.upstream));
      await readBody(await call.head());
      assert.deepEqual(call.events, ['connected', 'head']);
    },
  ],
  [
    'keeps no connection after a response with `connection: close`',
    async (bench) => {
      bench.upstream.enqueue(completion('Last.', { headers: { connection: 'close' } }));
      await exchange(bench);
      await exchange(bench);
      assert.equal(bench.upstream.accepted, 2);
    },
  ],
  [
    'opens a connection of its own for a fresh request',
    async (bench) => {
      await exchange(bench);
      await exchange(bench, { fresh: true });
      assert.equal(bench.upstream.accepted, 2);
      assert.equal(bench.upstream.ledger[1]?.reusedConnection, false);
    },
  ],
  [
    'shares no connection between pools',
    async (bench) => {
      await exchange(bench, { pool: 'one' });
      await exchange(bench, { pool: 'two' });
      await exchange(bench, { pool: 'one' });
      await exchange(bench, { pool: 'two' });
      assert.deepEqual(
        bench.upstream.ledger.map((entry) => entry.connection),
        [1, 2, 1, 2],
      );
    },
  ],
  [
    'reports a stale kept connection',
    async (bench) => {
      bench.upstream.enqueue(stale(completion('Once.')));
      await exchange(bench);
      const failure = await probe(bench.transport, requestTo(bench.upstream)).failure();
      assert.equal(failure.reusedSocket, true);
      assert.equal(failure.connected, true);
      assert.equal(bench.upstream.ledger.length, 1, 'the request is not sent again behind the back of the caller');
    },
  ],
  [
    'does not blame the pool when a new connection breaks',
    async (bench) => {
      await exchange(bench);
      bench.upstream.enqueue(close());
      const failure = await probe(bench.transport, requestTo(bench.upstream, { fresh: true })).failure();
      assert.equal(failure.reusedSocket, false);
    },
  ],
  [
    'counts the connections at work and at rest',
    async (bench) => {
      assert.deepEqual(bench.transport.sockets(), { active: 0, idle: 0 });
      const head = await probe(bench.transport, requestTo(bench.upstream)).head();
      assert.equal(bench.transport.sockets().active, 1);
      await readBody(head);
      await eventually('the connection rests', () => bench.transport.sockets().idle === 1);
      assert.equal(bench.transport.sockets().active, 0);
    },
  ],
  [
    'lets go of everything when it is closed',
    async (bench) => {
      await exchange(bench);
      bench.transport.close();
      await allClosed(bench);
      await eventually('nothing is counted', () => bench.transport.sockets().idle === 0);
    },
  ],
  [
    'leaves nothing behind on a connection that served many',
    async (bench) => {
      const listeners: number[] = [];
      for (let turn = 0; turn < 30; turn++) {
        const head = await probe(bench.transport, requestTo(bench.upstream)).head();
        listeners.push(listenersOfSocket(head.message));
        await readBody(head);
        await eventually('the connection rests', () => bench.transport.sockets().active === 0);
      }
      assert.equal(bench.upstream.accepted, 1);
      assert.equal(listeners.at(-1), listeners[1], 'listeners on the socket, second request and thirtieth');
    },
  ],
];

interface Emitter {
  eventNames(): (string | symbol)[];
  listenerCount(name: string | symbol): number;
}

/** Listeners on the socket of a message, where it has one (as in `node:http`); 0 elsewhere. */
function listenersOfSocket(message: object): number {
  const socket = (message as { readonly socket?: Emitter | null }).socket;
  if (socket === undefined || socket === null) return 0;
  return socket.eventNames().reduce((count, name) => count + socket.listenerCount(name), 0);
}
