// A gateway with budgets in Redis, and a ledger whose writes fail now and then.
import { appendFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Redis } from 'ioredis';
import { setup, startDraining } from '../../lib/channel.ts';
import { MODEL } from '../lib/client.ts';
import { BUDGET_USD, PRICES, type MoneyGatewaySetup } from '../lib/money/set-up.ts';
import { gatewayPackage } from '../lib/package.ts';
import { hashOf, randomOf } from '../lib/random.ts';

const { createGateway, redisLimits } = gatewayPackage;
const { name, upstreams, redisPort, ledger, seed } = setup<MoneyGatewaySetup>();
const FAILING_WRITES = 0.1;
const random = randomOf(seed + hashOf(name));

const redis = new Redis(redisPort, '127.0.0.1', { retryStrategy: () => 50, maxRetriesPerRequest: null });
redis.on('error', () => {});

const gateway = createGateway({
  verifyKey: (key) => ({ id: key }),
  providers: Object.fromEntries(
    upstreams.map(({ name: slug, port }) => [
      slug,
      {
        baseUrl: `http://127.0.0.1:${port}/v1`,
        models: { [MODEL]: { pricing: { prompt: 0, completion: PRICES[slug]! } } },
      },
    ]),
  ),
  timeouts: { connectMs: 1_000, headersMs: 1_000, firstChunkMs: 1_000, idleMs: 1_000, totalMs: 20_000 },
  overloadProtection: false,
  limits: {
    store: redisLimits(redis),
    rules: [
      { name: 'budget', by: 'caller', usd: BUDGET_USD, per: 'month' },
      { name: 'open', by: 'caller', concurrent: 1_000 },
    ],
  },
  spendSink: {
    maxBatch: 20,
    maxWaitMs: 50,
    write: (records) => {
      appendFileSync(ledger, records.map((record) => `${JSON.stringify({ gateway: name, record })}\n`).join(''));
      // The batch was written, but the gateway delivers it again.
      if (random() < FAILING_WRITES) throw new Error('The ledger did not say that it has the batch.');
    },
  },
});

const server = createServer((req, res) => (req.url === '/metrics' ? gateway.metrics(req, res) : gateway(req, res)));
process.once('SIGTERM', () => void stop());
process.once('disconnect', () => process.exit());
server.listen({ port: 0, host: '127.0.0.1', backlog: 4_096 }, () =>
  startDraining([(server.address() as AddressInfo).port]),
);

async function stop(): Promise<void> {
  await gateway.drain({ timeoutMs: 10_000, server });
  await gateway.close();
  redis.disconnect();
  server.closeAllConnections();
  process.disconnect();
}
