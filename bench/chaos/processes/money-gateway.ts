// A gateway with budgets in Redis, a journal of what it knows, and a ledger whose writes fail now and then.
import { appendFileSync, openSync, writeSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Redis } from 'ioredis';
import type { Caller, LimitStore } from 'nordlys-proxy';
import { setup, startDraining } from '../../lib/channel.ts';
import { MODEL } from '../lib/client.ts';
import { nanoIn } from '../lib/money/files.ts';
import type { JournalLine } from '../lib/money/journal.ts';
import {
  ATTEMPT_HEADER,
  budgetOf,
  GATEWAYS,
  NANO,
  PRICES,
  TOTAL_MS,
  type MoneyGatewaySetup,
} from '../lib/money/set-up.ts';
import { gatewayPackage } from '../lib/package.ts';
import { hashOf, randomOf } from '../lib/random.ts';

const { createGateway, redisLimits } = gatewayPackage;
const { name, upstreams, redisPort, ledger, journal, seed } = setup<MoneyGatewaySetup>();
const FAILING_WRITES = 0.1;
const random = randomOf(seed + hashOf(name));
const journalFile = openSync(journal, 'a');
const callers = new Map<string, Caller>();

const redis = new Redis(redisPort, '127.0.0.1', { retryStrategy: () => 50, maxRetriesPerRequest: null });
redis.on('error', () => {});

const gateway = createGateway({
  verifyKey: callerOf,
  providers: Object.fromEntries(
    upstreams.map(({ name: slug, port }) => [
      slug,
      {
        baseUrl: `http://127.0.0.1:${port}/v1`,
        models: { [MODEL]: { pricing: { prompt: 0, completion: PRICES[slug]! } } },
      },
    ]),
  ),
  timeouts: { connectMs: 1_000, headersMs: 1_000, firstChunkMs: 1_000, idleMs: 1_000, totalMs: TOTAL_MS },
  overloadProtection: false,
  // Without the number of processes, no share would be kept of budgets of so few requests.
  limits: {
    store: journalled(redisLimits(redis)),
    processes: GATEWAYS,
    rules: [{ name: 'open', by: 'caller', concurrent: 1_000 }],
  },
  hooks: {
    beforeAttempt: ({ requestId, attempt }) => {
      note({ kind: 'began', id: requestId, attempt });
      return { headers: { [ATTEMPT_HEADER]: String(attempt) } };
    },
    afterAttempt: ({ requestId, record: { attempt: number, slug, costUsd, estimated } }) => {
      const attempt = { attempt: number, slug, nano: nanoIn(costUsd), estimated: estimated === true };
      note({ kind: 'ended', id: requestId, attempt });
    },
    onSpend: (record) => note({ kind: 'spent', record }),
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

function callerOf(id: string): Caller {
  let caller = callers.get(id);
  if (caller === undefined) {
    const usd = budgetOf(id) / NANO;
    caller = { id, policy: { limits: [{ name: 'budget', by: 'caller', usd, per: 'month' }] } };
    callers.set(id, caller);
  }
  return caller;
}

/** `store`, whose confirmed settlements of budgets are written into the journal. */
function journalled(store: LimitStore): LimitStore {
  return {
    ...store,
    claim: (...args) => store.claim(...args),
    block: (...args) => store.block(...args),
    settle: async (order) => {
      const reply = await store.settle(order);
      const budget = order.holds.find(({ counter }) => counter.field.startsWith('budget:'));
      if (reply.outcome !== 'granted' || budget === undefined) return reply;
      const caller = order.group.slice('tenant/'.length);
      note({ kind: 'settled', caller, nano: budget.amount, isCharge: order.unknown === 'charge' });
      return reply;
    },
  };
}

type Entry = JournalLine extends infer Line ? (Line extends JournalLine ? Omit<Line, 'gateway'> : never) : never;

function note(entry: Entry): void {
  writeSync(journalFile, `${JSON.stringify({ gateway: name, ...entry })}\n`);
}

async function stop(): Promise<void> {
  await gateway.drain({ timeoutMs: 10_000, server });
  await gateway.close();
  redis.disconnect();
  server.closeAllConnections();
  process.disconnect();
}
