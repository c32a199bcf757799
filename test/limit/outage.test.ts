import { queryObjects } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import type { LimitCounter, LimitLevel, LimitOrder, LimitReply, LimitStore } from '../../src/contracts/limit-store.js';
import type { LimitOptions } from '../../src/contracts/limits.js';
import type { Endpoint } from '../../src/contracts/routing.js';
import { Limits } from '../../src/limit/limit.js';
import { ShareTicket } from '../../src/limit/process-shares.js';
import { ResilientStore } from '../../src/limit/resilient-store.js';
import type { RequestContext } from '../../src/request/context.js';
import { memoryLimits } from '../../src/stores/memory-limits.js';
import { FakeClock } from '../support/fake-clock.js';

const window = (field: string): LimitCounter => ({ field, kind: 'window', capacity: 400, rate: 0, expiresAt: 9e15 });
const BUCKET: LimitCounter = { field: 'rpm', kind: 'bucket', capacity: 1e9, rate: 1e6, expiresAt: 0 };

/** A store that keeps shares and replies to `reserve` as the test sets; everything else is granted. */
function storeWith(reserve: LimitStore['reserve']): LimitStore {
  const granted = async ({ holds }: Pick<LimitOrder, 'holds'>): Promise<LimitReply> => ({
    outcome: 'granted',
    levels: holds.map(() => level({})),
  });
  return {
    keepsShares: true,
    reserve,
    adjust: granted,
    settle: granted,
    read: granted,
    claim: () => true,
    block() {},
    sync: () => ({ processes: 1, blocks: [] }),
  };
}

function level(given: Partial<LimitLevel>): LimitLevel {
  return { used: 0, settled: 0, waitMs: 0, share: 0, ...given };
}

function resilient(store: LimitStore): ResilientStore {
  const options = { onStoreError: 'local', storeTimeoutMs: 50, processes: 1 } as const;
  return new ResilientStore({ ...options, store, clock: new FakeClock(), onOutage() {} });
}

const orderOf = (counters: readonly LimitCounter[], amount: number, lease = 'lease'): LimitOrder => ({
  group: 'tenant/a',
  lease,
  ttlMs: 60_000,
  holds: counters.map((counter) => ({ counter, amount, enforced: true })),
});

it('a process keeps nothing of the requests that it grants while the store is down, if nothing is charged for them', async () => {
  const store = resilient(storeWith(() => Promise.reject(new Error('The connection is closed.'))));
  for (let request = 0; request < 500; request++) {
    const reply = await store.reserve(orderOf([BUCKET], 1, ''), { leftMs: 50 });
    expect(reply).toMatchObject({ outcome: 'granted', by: 'local' });
  }
  expect(store.debts).toBe(0);
  expect(queryObjects(ShareTicket, { format: 'count' })).toBeLessThan(50);
});

it('a refused request calls the store again only if the missing share has grown', async () => {
  const [tokens, money] = [window('tokens'), window('money')];
  let calls = 0;
  const store = resilient(
    storeWith(async ({ holds }) => {
      calls++;
      if (holds.length === 1) return { outcome: 'granted', levels: [level({ share: 100 })] };
      if (calls > 50) return { outcome: 'granted', levels: holds.map(() => level({})) };
      return { outcome: 'refused', levels: [level({}), level({ waitMs: 1_000 })] };
    }),
  );
  await store.reserve(orderOf([tokens], 1, 'first'), { leftMs: 50 });
  calls = 0;
  const reply = await store.reserve(orderOf([tokens, money], 10), { leftMs: 50 });
  expect(reply).toMatchObject({ outcome: 'refused', by: 'store' });
  expect(calls).toBe(1);
});

it('a store that replies synchronously reports the share of the process as well', async () => {
  const sent: (number | undefined)[] = [];
  const store = resilient(
    storeWith(({ holds }) => {
      sent.push(holds[0]!.share?.total);
      return { outcome: 'granted', levels: [level({ share: 100 })] };
    }),
  );
  for (const lease of ['a', 'b', 'c']) await store.reserve(orderOf([window('tokens')], 1, lease), { leftMs: 50 });
  expect(sent).toEqual([0, 100, 199]);
});

describe('a store whose replies are promises of another realm', () => {
  const foreign = runInNewContext('Promise') as PromiseConstructor;

  it('is waited for', async () => {
    const levels = [level({ used: 7, share: 100 })];
    const order = orderOf([window('tokens')], 1);
    const store = resilient({
      ...storeWith(() => foreign.resolve({ outcome: 'refused', levels })),
      settle: () => foreign.resolve({ outcome: 'granted', levels }),
    });
    expect(await store.reserve(order, { leftMs: 50 })).toEqual({ outcome: 'refused', levels, by: 'store' });
    expect(await store.settle(order, 'store')).toEqual({ outcome: 'granted', levels, by: 'store' });
  });

  it('fails if one is rejected', async () => {
    const store = resilient(storeWith(() => foreign.reject(new Error('The connection is closed.'))));
    const reply = await store.reserve(orderOf([BUCKET], 1), { leftMs: 50 });
    expect(reply).toMatchObject({ outcome: 'granted', by: 'local' });
    expect(store.faults).toBe(1);
  });
});

/** Requests of one caller that have passed the stage. */
async function enter(limits: Limits) {
  const context = {
    caller: { id: 'a' },
    request: { model: 'm', messages: [] },
    req: { headers: {} },
    res: { writableEnded: false },
    client: { onAbort() {} },
    attempts: [],
    route: {},
  } as unknown as RequestContext;
  await limits.stage(context);
  return context.spend!;
}

const endpointAt = (usd: number): Endpoint =>
  ({
    id: `e${usd}`,
    slug: `e${usd}`,
    model: 'm',
    pricing: { prompt: 0, completion: 0, request: usd, image: 0 },
    provider: { timeouts: {} },
  }) as never;

it('a reservation that could not be given back in time does not end the cheaper one that replaced it', async () => {
  const clock = new FakeClock();
  const memory = memoryLimits({ clock });
  let failures = 1;
  const store: LimitStore = {
    reserve: async (order) => memory.reserve(order),
    adjust: async (order) => memory.adjust(order),
    settle: async (order) => {
      if (failures-- > 0) throw new Error('The connection is closed.');
      return memory.settle(order);
    },
    read: async (order) => memory.read(order),
    claim: (...args) => memory.claim(...args),
    block: (...args) => memory.block(...args),
    sync: (...args) => memory.sync(...args),
  };
  const rules: LimitOptions['rules'] = [
    { name: 'day', by: 'caller', usd: 10, per: 'day' },
    { name: 'model', by: 'model', usd: 1, per: 'day' },
  ];
  const limits = new Limits({ rules, store }, { clock, hooks: { hooks: {}, watch() {} } as never });
  const spend = await enter(limits);
  const [dear, cheap] = [endpointAt(1.5), endpointAt(0.5)];
  const plan = { candidates: [dear, cheap], usesCallerCredential: () => false, promptTokens: () => 10 } as never;
  expect(await spend.begin(plan)).toMatchObject({ kind: 'reserved' });
  expect(await spend.reprice(cheap, false)).toBe(true);
  await clock.advanceAsync(1_000);
  spend.attemptEnded(cheap, { outcome: 'ok', possiblyBilled: false, costUsd: 0.5 } as never);
  spend.finish();
  await limits.close();
  const { limits: used } = await limits.usage('a');
  expect(used.map((rule) => rule.used)).toEqual([0.5]);
});
