// The ledger in Postgres, a batch in one statement. PGlite replaces the server here; `pg` takes the same queries.
import assert from 'node:assert/strict';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { PGlite } from '@electric-sql/pglite';
import { createGateway } from 'nordlys-proxy';
import { fakeUpstream } from 'nordlys-proxy/testing';

await using upstream = await fakeUpstream();

const database = new PGlite();
await database.exec(`
  CREATE TABLE spend (
    request_id text PRIMARY KEY,
    at timestamptz NOT NULL,
    caller text,
    model text,
    nano_usd bigint NOT NULL,
    record jsonb NOT NULL
  )`);

let isDown = true;
const gateway = createGateway({
  keys: ['ada-key'],
  providers: {
    demo: {
      baseUrl: upstream.baseUrl,
      models: { 'demo-model': { pricing: { prompt: 0, completion: 0, request: 0.002 } } },
    },
  },
  spendSink: {
    maxBatch: 2,
    // A batch whose write rejects is written again, after a growing pause.
    async write(records) {
      if (isDown) throw new Error('the database is down');
      await database.query(
        `INSERT INTO spend
         SELECT r->>'requestId', (r->>'at')::timestamptz, r->>'caller', r->>'model', round((r->>'costUsd')::numeric * 1e9), r
         FROM jsonb_array_elements($1::jsonb) AS r
         ON CONFLICT DO NOTHING`,
        [JSON.stringify(records)],
      );
    },
  },
});

const server = http.createServer(gateway).listen(0, '127.0.0.1');
await new Promise((resolve) => server.once('listening', resolve));
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/chat/completions`;

const post = async (): Promise<void> => {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer ada-key' },
    body: JSON.stringify({ model: 'demo-model', messages: [{ role: 'user', content: 'Hello' }] }),
  });
  assert.equal(response.status, 200);
  await response.text();
};

for (let times = 0; times < 3; times++) await post();
isDown = false;
await gateway.close();

const { rows } = await database.query<{ requests: number; spent: number }>(
  'SELECT count(*)::int AS requests, sum(nano_usd)::int AS spent FROM spend',
);
assert.deepEqual(rows, [{ requests: 3, spent: 6_000_000 }]);
process.stdout.write('the database was down for three requests, and has them all: 3 rows, $0.006\n');

server.closeAllConnections();
server.close();
await database.close();
