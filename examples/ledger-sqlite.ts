// What every request cost, in a ledger in node:sqlite: each record once, however often it is delivered.
import assert from 'node:assert/strict';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { DatabaseSync } from 'node:sqlite';
import { createGateway } from 'nordlys-proxy';
import { fakeUpstream } from 'nordlys-proxy/testing';

await using upstream = await fakeUpstream();

const database = new DatabaseSync(':memory:');
database.exec(`
  CREATE TABLE spend (
    request_id TEXT PRIMARY KEY,
    at TEXT NOT NULL,
    caller TEXT NOT NULL,
    model TEXT,
    nano_usd INTEGER NOT NULL,
    estimated INTEGER NOT NULL
  ) STRICT`);
// A batch that was written and not acknowledged is delivered again; the request id as key makes that harmless.
const insert = database.prepare('INSERT INTO spend VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING');

const gateway = createGateway({
  keys: ['ada-key', 'bob-key'],
  providers: {
    demo: {
      baseUrl: upstream.baseUrl,
      models: { 'demo-model': { pricing: { prompt: 0, completion: 0, request: 0.002 } } },
    },
  },
  limits: { rules: [{ name: 'day', by: 'caller', usd: 0.005, per: 'day' }] },
  spendSink: {
    write(records) {
      database.exec('BEGIN');
      try {
        for (const { requestId, at, caller = '', model = null, costUsd, estimated } of records) {
          insert.run(requestId, at, caller, model, Math.round(costUsd * 1e9), Number(estimated));
        }
        database.exec('COMMIT');
      } catch (error) {
        database.exec('ROLLBACK');
        throw error;
      }
    },
  },
});

const server = http.createServer(gateway).listen(0, '127.0.0.1');
await new Promise((resolve) => server.once('listening', resolve));
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/chat/completions`;

const post = async (key: string): Promise<number> => {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
    body: JSON.stringify({ model: 'demo-model', messages: [{ role: 'user', content: 'Hello' }] }),
  });
  await response.text();
  return response.status;
};

assert.deepEqual([await post('ada-key'), await post('ada-key'), await post('ada-key')], [200, 200, 402]);
assert.equal(await post('bob-key'), 200);
process.stdout.write('two requests of $0.002 fit a budget of $0.005, the third does not\n');

// close() writes the remaining records.
await gateway.close();
const rows = database
  .prepare('SELECT caller, count(*) AS requests, sum(nano_usd) AS spent FROM spend GROUP BY caller')
  .all();
assert.deepEqual(rows.map(({ requests, spent }) => [requests, spent]).toSorted(), [
  [1, 2_000_000],
  [2, 4_000_000],
]);
process.stdout.write('the ledger has three rows: what was refused cost nothing\n');

server.closeAllConnections();
server.close();
database.close();
