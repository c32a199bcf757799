// Keys in a database of your own: hashed at rest, revoked within seconds, two valid while one is rotated, limits per key.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { DatabaseSync } from 'node:sqlite';
import { type Caller, type CallerPolicy, createGateway } from 'nordlys-proxy';
import { fakeUpstream } from 'nordlys-proxy/testing';

await using upstream = await fakeUpstream();

const database = new DatabaseSync(':memory:');
database.exec(`
  CREATE TABLE customer (id TEXT PRIMARY KEY, policy TEXT NOT NULL) STRICT;
  CREATE TABLE api_key (sha256 TEXT PRIMARY KEY, customer TEXT NOT NULL, expires_at INTEGER) STRICT`);

// A key has 256 random bits: a plain hash of it cannot be guessed, and is looked up by an index.
const digest = (key: string): string => createHash('sha256').update(key).digest('hex');

function issueKey(customer: string): string {
  const key = `sk-${randomBytes(32).toString('base64url')}`;
  database.prepare('INSERT INTO api_key VALUES (?, ?, NULL)').run(digest(key), customer);
  return key;
}

/** The old key stays valid for a while beside the new one. */
function rotateKey(key: string, timeoutMs: number): string {
  const sha256 = digest(key);
  const row = database.prepare('SELECT customer FROM api_key WHERE sha256 = ?').get(sha256);
  database.prepare('UPDATE api_key SET expires_at = ? WHERE sha256 = ?').run(Date.now() + timeoutMs, sha256);
  return issueKey(String(row?.['customer']));
}

function revokeKey(key: string): void {
  database.prepare('DELETE FROM api_key WHERE sha256 = ?').run(digest(key));
  known.delete(digest(key));
}

/** Cache of recent lookups: a revoked key is refused after two seconds in every process, and at once in this one. */
const FRESH_MS = 2_000;
const known = new Map<string, { readonly caller: Caller | undefined; readonly until: number }>();

function lookUp(key: string): Caller | undefined {
  const sha256 = digest(key);
  const now = Date.now();
  const found = known.get(sha256);
  if (found !== undefined && found.until > now) return found.caller;
  const row = database
    .prepare(
      'SELECT customer, policy, expires_at FROM api_key JOIN customer ON customer.id = customer WHERE sha256 = ?',
    )
    .get(sha256);
  const isValid = row !== undefined && (row['expires_at'] === null || Number(row['expires_at']) > now);
  const policy = isValid ? (JSON.parse(String(row['policy'])) as CallerPolicy) : undefined;
  const caller = isValid ? { id: String(row['customer']), policy } : undefined;
  if (known.size >= 10_000) known.clear();
  known.set(sha256, { caller, until: now + FRESH_MS });
  return caller;
}

const gateway = createGateway({
  verifyKey: lookUp,
  providers: {
    demo: {
      baseUrl: upstream.baseUrl,
      models: {
        small: { pricing: { prompt: 0.1, completion: 0.4 } },
        large: { pricing: { prompt: 3, completion: 15 } },
      },
    },
  },
  limits: { rules: [] },
});

const server = http.createServer(gateway).listen(0, '127.0.0.1');
await new Promise((resolve) => server.once('listening', resolve));
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/chat/completions`;

const post = async (key: string, model = 'small'): Promise<number> => {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
    body: JSON.stringify({ model, messages: [{ role: 'user', content: 'Hello' }] }),
  });
  await response.text();
  return response.status;
};

const policy: CallerPolicy = { models: ['small'], limits: [{ name: 'plan', by: 'caller', requests: 4, per: 'month' }] };
database.prepare('INSERT INTO customer VALUES (?, ?)').run('acme', JSON.stringify(policy));
const first = issueKey('acme');
assert.deepEqual([await post(first), await post(first, 'large'), await post('sk-guessed')], [200, 403, 401]);
process.stdout.write('a key of its own: its models only\n');

const second = rotateKey(first, 60_000);
assert.deepEqual([await post(first), await post(second)], [200, 200]);
revokeKey(first);
assert.deepEqual([await post(first), await post(second)], [401, 200]);
process.stdout.write('rotated: both were valid for a while, the old one is not any more\n');

assert.equal(await post(second), 429);
process.stdout.write('four requests a month, counted over both keys\n');

await gateway.close();
server.closeAllConnections();
server.close();
database.close();
