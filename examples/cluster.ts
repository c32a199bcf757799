// Two gateway processes behind a balancer, with one Redis: a response that one has cached is served by both,
// and when one is killed under load, no request fails.
import assert from 'node:assert/strict';
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { chat, fakeUpstream } from 'nordlys-proxy/testing';
import { createBalancer } from './cluster/balancer.ts';
import { startRedis } from './cluster/redis-server.ts';

const redis = await startRedis();
if (redis === undefined) {
  process.stdout.write('skipped: redis-server is not installed here (apt-get install redis-server)\n');
  process.exit();
}

const upstream = await fakeUpstream({ script: chat('Oslo.', { delayMs: 5 }) });
const gateways = [startGateway(), startGateway()] as const;
const ports = await Promise.all(gateways.map(async (gateway) => (await once(gateway, 'message'))[0] as number));
const balancer = createBalancer(ports).listen(0, '127.0.0.1');
await once(balancer, 'listening');

try {
  const question = 'What is the capital of Norway?';
  assert.equal((await post(ports[0]!, question)).cache, 'MISS');
  // No request waits for the write to Redis, so it may finish a moment later.
  while ((await post(ports[1]!, question, 'only-if-cached')).status !== 200);
  assert.equal((await post(ports[1]!, question)).cache, 'HIT');
  assert.equal(upstream.ledger.length, 1);
  process.stdout.write('sent to both gateways: MISS at the one, HIT at the other, one upstream call\n');

  const responses = await load(200, (received) => {
    if (received === 50) gateways[0].kill('SIGKILL');
  });
  assert.equal(responses.filter(({ status }) => status !== 200).length, 0);
  assert.equal(new Set(responses.map(({ backend }) => backend)).size, 2);
  process.stdout.write('200 questions, one gateway killed after the 50th response: 200 responses\n');
} finally {
  for (const gateway of gateways) gateway.kill();
  balancer.closeAllConnections();
  balancer.close();
  await upstream.close();
  redis.stop();
}

function startGateway(): ChildProcess {
  const env = {
    ...process.env,
    REDIS_URL: redis!.url,
    UPSTREAM_URL: upstream.baseUrl,
    CACHE_SECRET: 'the same in both processes',
  };
  return fork(new URL('./cluster/gateway.ts', import.meta.url), { env });
}

interface ReceivedResponse {
  readonly status: number;
  readonly cache: string | null;
  readonly backend: string | null;
}

async function post(port: number, question: string, cacheControl = 'max-age=60'): Promise<ReceivedResponse> {
  const response = await fetch(`http://127.0.0.1:${port}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer demo-key', 'cache-control': cacheControl },
    body: JSON.stringify({ model: 'demo-model', messages: [{ role: 'user', content: question }] }),
  });
  await response.text();
  return {
    status: response.status,
    cache: response.headers.get('x-nordlys-cache'),
    backend: response.headers.get('x-backend'),
  };
}

/** Sends `count` different questions to the balancer, twenty at a time. */
async function load(count: number, onResponse: (received: number) => void): Promise<ReceivedResponse[]> {
  const responses: ReceivedResponse[] = [];
  let sent = 0;
  const { port } = balancer.address() as AddressInfo;
  const worker = async (): Promise<void> => {
    while (sent < count) {
      responses.push(await post(port, `How much is ${sent++} plus 1?`));
      onResponse(responses.length);
    }
  };
  await Promise.all(Array.from({ length: 20 }, worker));
  return responses;
}
