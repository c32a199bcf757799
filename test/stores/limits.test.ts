import { createClient } from 'redis';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { memoryLimits } from '../../src/stores/memory-limits.js';
import { redisLimits } from '../../src/stores/redis-limits.js';
import { limitStoreContract } from '../../src/testing/index.js';
import { hasRedis, startRedis, type RedisServer } from './redis-server.js';

describe('memoryLimits', () => {
  limitStoreContract(it, (now) => memoryLimits({ clock: { now, wallNow: now, setTimer: () => ({ cancel() {} }) } }));

  it('counts a slot of a sliding window in full until 60 more have passed', async () => {
    let now = 1_750_000_000_000;
    const store = memoryLimits({ clock: { now: () => now, wallNow: () => now, setTimer: () => ({ cancel() {} }) } });
    const counter = { field: 'hour', kind: 'sliding', capacity: 10, rate: 5, expiresAt: 0 } as const;
    const order = (lease: string) => ({
      group: 'g',
      lease,
      ttlMs: 60_000,
      holds: [{ counter, amount: 10, enforced: true }],
    });
    await store.reserve(order('a'));
    await store.settle({ ...order('a'), unknown: 'ignore' });
    now += 60 * 5;
    expect((await store.reserve(order('b'))).outcome).toBe('refused');
    now += 5;
    expect((await store.reserve(order('b'))).outcome).toBe('granted');
  });

  it('keeps nothing of what is spent', async () => {
    let now = 1_750_000_000_000;
    const store = memoryLimits({ clock: { now: () => now, wallNow: () => now, setTimer: () => ({ cancel() {} }) } });
    const counter = { field: 'rpm', kind: 'bucket', capacity: 10, rate: 1, expiresAt: 0 } as const;
    const holds = [{ counter, amount: 1, enforced: true }];
    for (let index = 0; index < 100; index++) await store.reserve({ group: `g${index}`, lease: '', ttlMs: 0, holds });
    now += 120_000;
    await store.reserve({ group: 'last', lease: '', ttlMs: 0, holds });
    expect((store as never as { size(): number }).size()).toBe(1);
  });

  it('settles the leases of a group whose counters were removed to make room', async () => {
    const now = (): number => 1_750_000_000_000;
    const store = memoryLimits({ clock: { now, wallNow: now, setTimer: () => ({ cancel() {} }) } });
    const counterAt = (field: string) => ({ field, kind: 'window', capacity: 10, rate: 0, expiresAt: now() }) as const;
    const order = { group: 'first', lease: 'a', holds: [{ counter: counterAt('day'), amount: 3, enforced: true }] };
    await store.reserve({ ...order, ttlMs: 60_000 });
    const many = Array.from({ length: 10_000 }, (_, index) => ({
      counter: counterAt(`day${index}`),
      amount: 1,
      enforced: true,
    }));
    for (let index = 0; index < 101; index++) {
      await store.reserve({ group: `g${index}`, lease: '', ttlMs: 0, holds: many });
    }
    expect((store as never as { size(): number }).size()).toBeLessThanOrEqual(1_000_002);
    expect((await store.read(order)).levels[0]).toMatchObject({ used: 0 });
    const settled = await store.settle({ ...order, unknown: 'ignore' });
    expect(settled).toMatchObject({ outcome: 'granted', levels: [{ used: 3 }] });
    expect((await store.settle({ ...order, unknown: 'ignore' })).outcome).toBe('unknown');
  });
});

describe.runIf(hasRedis)('redisLimits', () => {
  let server: RedisServer;
  let ioredis: Redis;
  let nodeRedis: ReturnType<typeof createClient>;

  beforeAll(async () => {
    server = await startRedis();
    ioredis = new Redis(server.port, '127.0.0.1');
    nodeRedis = createClient({ url: `redis://127.0.0.1:${server.port}` });
    await nodeRedis.connect();
  });
  afterAll(async () => {
    ioredis.disconnect();
    nodeRedis.destroy();
    await server.kill();
  });

  describe('over ioredis', () => limitStoreContract(it, () => redisLimits(ioredis), { time: 'real' }));
  describe('over redis', () => limitStoreContract(it, () => redisLimits(nodeRedis), { time: 'real' }));

  const day = { field: 'day', kind: 'window', capacity: 100, rate: 0, expiresAt: Date.now() + 3_600_000 } as const;
  const order = (group: string, lease: string, amount = 1) => ({
    group,
    lease,
    ttlMs: 1_000,
    holds: [{ counter: day, amount, enforced: true }],
  });

  it('touches declared keys of one hash tag only, each of which expires', async () => {
    const store = redisLimits(ioredis, { prefix: 'tags:' });
    await store.reserve(order('team {a}', 'l'));
    await store.claim('team {a}', 'alert', 1_000);
    await store.settle({ ...order('team {a}', 'l'), unknown: 'ignore' });
    const keys = (await ioredis.keys('tags:*')).toSorted();
    expect(keys).toEqual(['tags:{team%20%7Ba%7D}:limits', 'tags:{team%20%7Ba%7D}:limits:expiry']);
    for (const key of keys) expect(await ioredis.pttl(key)).toBeGreaterThan(3_600_000);
  });

  it('one request is one call, and one more settles it', async () => {
    const store = redisLimits(ioredis);
    await store.reserve(order('calls', 'warm'));
    const before = await callsOf(ioredis);
    await store.reserve(order('calls', 'a'));
    await store.settle({ ...order('calls', 'a'), unknown: 'ignore' });
    expect((await callsOf(ioredis)) - before).toBe(2);
  });

  it('a server that has lost the script gets it again', async () => {
    const store = redisLimits(nodeRedis);
    await store.reserve(order('flush', 'a'));
    await ioredis.script('FLUSH');
    expect((await store.reserve(order('flush', 'b'))).outcome).toBe('granted');
  });

  it('keeps nano-USD exact up to the largest budget', async () => {
    const store = redisLimits(ioredis);
    const counter = { ...day, capacity: Number.MAX_SAFE_INTEGER };
    const most = Number.MAX_SAFE_INTEGER - 3;
    await store.reserve({ ...order('big', 'a'), holds: [{ counter, amount: most, enforced: true }] });
    const { levels } = await store.reserve({ ...order('big', 'b'), holds: [{ counter, amount: 2, enforced: true }] });
    expect(levels[0]?.used).toBe(Number.MAX_SAFE_INTEGER - 1);
  });

  it('sweeps no more than a few leases at once, and all in the end', async () => {
    const store = redisLimits(ioredis);
    const leases = Array.from({ length: 40 }, (_, index) => ({ ...order('sweep', `l${index}`), ttlMs: 1_000 }));
    await Promise.all(leases.map(async (lease) => store.reserve(lease)));
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    const used = async (lease: string) => (await store.reserve(order('sweep', lease))).levels[0]?.used;
    expect(await used('a')).toBe(40 - 16 + 1);
    expect(await used('b')).toBe(40 - 32 + 2);
    expect(await used('c')).toBe(3);
  });

  it('is refused without a client', () => {
    expect(() => redisLimits({} as never)).toThrow(/redisLimits: expected a client of `redis`/);
    expect(() => redisLimits(ioredis, { perfix: 'x' } as never)).toThrow(/Did you mean "prefix"/);
  });
});

async function callsOf(client: Redis): Promise<number> {
  const stats = await client.info('commandstats');
  return Number(/cmdstat_evalsha:calls=(\d+)/.exec(stats)?.[1] ?? 0);
}
