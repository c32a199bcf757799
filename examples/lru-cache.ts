// The cache with one option: the second time is free, for the same caller only.
import assert from 'node:assert/strict';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { createGateway } from 'nordlys-proxy';
import { fakeUpstream } from 'nordlys-proxy/testing';

await using upstream = await fakeUpstream();

const gateway = createGateway({
  keys: ['ada-key', 'bob-key'],
  providers: { demo: { baseUrl: upstream.baseUrl, models: ['demo-model'] } },
  cache: { maxEntries: 1_000, ttlMs: 300_000 },
});

const server = http.createServer(gateway).listen(0, '127.0.0.1');
await new Promise((resolve) => server.once('listening', resolve));
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/chat/completions`;

const post = async (key: string, stream = false): Promise<{ cache: string | null; type: string | null }> => {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
    body: JSON.stringify({
      model: 'demo-model',
      stream,
      messages: [{ role: 'user', content: 'What is the capital of Norway?' }],
    }),
  });
  assert.equal(response.status, 200);
  await response.text();
  return { cache: response.headers.get('x-nordlys-cache'), type: response.headers.get('content-type') };
};

assert.equal((await post('ada-key')).cache, 'MISS');
assert.equal((await post('ada-key')).cache, 'HIT');
process.stdout.write('sent twice: MISS, HIT\n');

const streamed = await post('ada-key', true);
assert.equal(streamed.cache, 'HIT');
assert.match(streamed.type ?? '', /^text\/event-stream/);
process.stdout.write('requested as a stream: the same response from the cache, as a stream\n');

assert.equal((await post('bob-key')).cache, 'MISS');
assert.equal(upstream.ledger.length, 2);
process.stdout.write('another caller: MISS. No caller gets responses of another tenant\n');

await gateway.close();
server.closeAllConnections();
server.close();
