import { describe, expect, it } from 'vitest';
import type { RedisClient } from '../../src/stores/redis-client.js';
import { redisStore } from '../../src/stores/redis-store.js';
import { storeContract } from '../../src/testing/store-contract.js';
import { FakeClock } from '../support/fake-clock.js';
import { FakeRedis } from './fake-redis.js';

const VALUE = Buffer.from('a response');
const text = async (value: unknown): Promise<string | undefined> => {
  const bytes = (await value) as Uint8Array | undefined;
  return bytes && Buffer.from(bytes).toString();
};

describe('redisStore', () => {
  storeContract(it, (now) => {
    const clock = { ...new FakeClock(), now, wallNow: now, setTimer: () => ({ cancel: () => undefined }) };
    return redisStore(new FakeRedis(), { clock });
  });

  it('returns to one process what another has stored', async () => {
    const redis = new FakeRedis();
    await redisStore(redis).set('k', VALUE, Date.now() + 60_000);
    expect(await text(redisStore(redis).get('k'))).toBe('a response');
  });

  it('reads Redis once and then its own memory, synchronously', async () => {
    const redis = new FakeRedis();
    await redisStore(redis).set('k', VALUE, Date.now() + 60_000);
    const store = redisStore(redis);
    await store.get('k');
    const calls = redis.calls;
    expect(store.get('k')).toBeInstanceOf(Uint8Array);
    expect(redis.calls).toBe(calls);
  });

  it('puts its prefix before every key', async () => {
    const redis = new FakeRedis();
    await redisStore(redis, { prefix: 'app:' }).set('k', VALUE, Date.now() + 60_000);
    expect([...redis.values.keys()]).toEqual(['app:k']);
  });

  it('lets values expire a little earlier, each by another share, and none later', async () => {
    const redis = new FakeRedis();
    const clock = new FakeClock();
    const ttls: number[] = [];
    for (const random of [0, 0.5, 0.999]) {
      await redisStore(redis, { clock, random: () => random }).set('k', VALUE, clock.wallNow() + 100_000);
      ttls.push(redis.values.get('nordlys:k')!.ttlMs);
    }
    expect(ttls).toEqual([100_000, 95_000, 90_010]);
  });

  it('ignores a value that Redis has kept too long', async () => {
    const redis = new FakeRedis();
    const clock = new FakeClock();
    const store = redisStore(redis, { clock, l1: false });
    await store.set('k', VALUE, clock.wallNow() + 1_000);
    clock.advance(1_000);
    expect(await store.get('k')).toBeUndefined();
  });

  describe('a value in Redis that is not ours', () => {
    const secret = 'a secret of some length';
    const poisons: Record<string, (redis: FakeRedis) => Buffer> = {
      'is another party’s text': () => Buffer.from('{"choices":[]}'),
      'is empty': () => Buffer.alloc(0),
      'was changed': (redis) => {
        const changed = Buffer.from(redis.values.get('nordlys:k')!.value);
        changed[changed.length - 1]! ^= 1;
        return changed;
      },
      'was moved from another key': (redis) => redis.values.get('nordlys:other')!.value,
    };
    it.each(Object.entries(poisons))('is a miss when it %s', async (_, poison) => {
      const redis = new FakeRedis();
      const store = redisStore(redis, { secret, l1: false });
      await store.set('k', VALUE, Date.now() + 60_000);
      await store.set('other', VALUE, Date.now() + 60_000);
      redis.values.set('nordlys:k', { value: poison(redis), ttlMs: 1 });
      expect(await store.get('k')).toBeUndefined();
      expect(store.statistics().badSeals).toBe(1);
    });

    it('is a miss when it was sealed with another secret', async () => {
      const redis = new FakeRedis();
      await redisStore(redis, { secret: 'another party’s secret' }).set('k', VALUE, Date.now() + 60_000);
      expect(await redisStore(redis, { secret }).get('k')).toBeUndefined();
    });
  });

  describe('a Redis that is not well', () => {
    it.each(['fails', 'hangs'] as const)('costs 50 ms at most and no error, when it %s', async (mode) => {
      const redis = new FakeRedis();
      const clock = new FakeClock();
      const store = redisStore(redis, { clock });
      redis.mode = mode;
      const found = store.get('k');
      const written = store.set('k2', VALUE, clock.wallNow() + 60_000);
      await clock.advanceAsync(200);
      expect(await found).toBeUndefined();
      expect(await written).toBeUndefined();
      expect(store.statistics().faults).toBe(2);
    });

    it('is not called after five faults, while the memory continues', async () => {
      const redis = new FakeRedis();
      const clock = new FakeClock();
      const store = redisStore(redis, { clock });
      redis.mode = 'fails';
      for (let turn = 0; turn < 5; turn++) await store.get(`k${turn}`);
      const { calls } = redis;
      await store.set('near', VALUE, clock.wallNow() + 60_000);
      expect(store.get('near')).toBeInstanceOf(Uint8Array);
      expect(store.get('far')).toBeUndefined();
      expect(redis.calls).toBe(calls);
      expect(store.statistics().skipped).toBe(2);

      redis.mode = 'works';
      clock.advance(5_000);
      await store.set('again', VALUE, clock.wallNow() + 60_000);
      expect(redis.values.has('nordlys:again')).toBe(true);
    });

    it('is sent no more than 100 writes at once', async () => {
      const redis = new FakeRedis();
      const store = redisStore(redis, { clock: new FakeClock() });
      redis.mode = 'hangs';
      for (let turn = 0; turn < 150; turn++) void store.set(`k${turn}`, VALUE, Number.MAX_SAFE_INTEGER);
      await new Promise((resolve) => setImmediate(resolve));
      expect(redis.calls).toBe(100);
      expect(store.statistics().dropped).toBe(50);
    });
  });

  it('keeps what is too large for Redis in its own memory only', async () => {
    const redis = new FakeRedis();
    const store = redisStore(redis, { maxValueBytes: 10 });
    await store.set('k', Buffer.alloc(11), Date.now() + 60_000);
    expect(redis.calls).toBe(0);
    expect(store.get('k')).toBeInstanceOf(Uint8Array);
    expect(store.statistics().tooLarge).toBe(1);
  });

  it('keeps the client open: it is the host’s', async () => {
    const redis = new FakeRedis();
    const store = redisStore(redis);
    await store.set('k', VALUE, Date.now() + 60_000);
    await store.close?.();
    expect(await text(store.get('k'))).toBe('a response');
  });

  it.each([
    { secret: 'short' },
    { jitter: -1 },
    { jitter: 0.6 },
    { jitter: Number.NaN },
    { maxValueBytes: 0 },
    { revalidateMs: -1 },
    { revalidateMs: Number.NaN },
    { revalidateMs: '1s' as never },
    { prefx: 'a' },
  ])('refuses %j', (options) => {
    expect(() => redisStore(new FakeRedis(), options)).toThrow(/^redisStore: /);
  });

  it.each([{}, null, { get: () => undefined }])('refuses a client like %j', (client) => {
    expect(() => redisStore(client as RedisClient)).toThrow(/`redis` \(version 5 or newer\) or `ioredis`/);
  });
});
