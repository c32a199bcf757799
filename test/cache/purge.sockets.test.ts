import { Redis } from 'ioredis';
import { createClient } from 'redis';
import { describe, expect, it, onTestFinished } from 'vitest';
import { redisStore, type CacheStore, type GatewayOptions } from '../../src/index.js';
import { chat, type FakeUpstream } from '../../src/testing/index.js';
import { gatewayOver, upstreamFor } from '../path/fixtures.js';
import { hasRedis, startRedis, type RedisServer } from '../stores/redis-server.js';
import { FakeClock } from '../support/fake-clock.js';

const KEYS = { 'key-a': { id: 'tenant-a' }, 'key-b': { id: 'tenant-b' } } as const;
type Key = keyof typeof KEYS;
type Made = Awaited<ReturnType<typeof gatewayOver>>;

const verifyKey = (key: string) => (Object.hasOwn(KEYS, key) ? KEYS[key as Key] : undefined);

async function gatewayFor(cache: GatewayOptions['cache'], upstream?: FakeUpstream, clock?: FakeClock): Promise<Made> {
  return gatewayOver([upstream ?? (await upstreamFor(chat('Hello.')))], {
    keys: undefined,
    verifyKey,
    cache,
    clock,
  } as unknown as Partial<GatewayOptions>);
}

/** The `x-nordlys-cache` of a request with `key`. */
async function post({ post: send }: Made, key: Key, body: object = {}): Promise<string | null> {
  const response = await send(body, { headers: { authorization: `Bearer ${key}` } });
  await response.text();
  expect(response.status).toBe(200);
  return response.headers.get('x-nordlys-cache');
}

describe('gateway.purgeCache', () => {
  it('drops one caller’s responses, or all', async () => {
    const made = await gatewayFor({});
    for (const key of ['key-a', 'key-b'] as const) await post(made, key);
    await made.gateway.purgeCache({ callerId: 'tenant-a' });
    expect([await post(made, 'key-a'), await post(made, 'key-b')]).toEqual(['MISS', 'HIT']);
    expect([await post(made, 'key-a'), await post(made, 'key-b')]).toEqual(['HIT', 'HIT']);
    await made.gateway.purgeCache();
    expect(made.gateway.status().cache).toMatchObject({ entries: 0, bytes: 0 });
    expect([await post(made, 'key-a'), await post(made, 'key-b')]).toEqual(['MISS', 'MISS']);
  });

  it('has nothing to do without a cache', async () => {
    const made = await gatewayFor(undefined);
    await made.gateway.purgeCache();
    await made.gateway.purgeCache({ callerId: 'tenant-a' });
  });

  it('reports what ttlMs throws to onHookError, and the client has its response', async () => {
    const reported: unknown[] = [];
    const upstream = await upstreamFor(chat('Hello.'));
    const { post: send } = await gatewayOver([upstream], {
      cache: {
        ttlMs: () => {
          throw new Error('mine');
        },
      },
      hooks: { onHookError: (error, hook) => void reported.push([hook, (error as Error).message]) },
    });
    for (const _ of [1, 2]) expect((await send({})).headers.get('x-nordlys-cache')).toBe('MISS');
    await expect
      .poll(() => reported)
      .toEqual([
        ['cache.ttlMs', 'mine'],
        ['cache.ttlMs', 'mine'],
      ]);
  });
});

const CLIENTS: readonly [string, (redis: RedisServer) => Promise<CacheStore>][] = [
  [
    'redis',
    async ({ port }) => {
      const client = createClient({ socket: { host: '127.0.0.1', port, reconnectStrategy: false } });
      client.on('error', () => undefined);
      await client.connect();
      onTestFinished(() => (client.isOpen ? client.destroy() : undefined));
      return redisStore(client, { prefix: 'purge:' });
    },
  ],
  [
    'ioredis',
    async ({ port }) => {
      const client = new Redis({ host: '127.0.0.1', port, retryStrategy: () => null });
      client.on('error', () => undefined);
      onTestFinished(() => client.disconnect());
      return redisStore(client, { prefix: 'purge:' });
    },
  ],
];

describe.skipIf(!hasRedis).each(CLIENTS)(
  'purging over %s (skipped where redis-server is not installed)',
  (_, store) => {
    async function twoGateways() {
      const redis = await startRedis();
      onTestFinished(() => redis.kill());
      // Keys hold the upstream's address, so all of them use the same one.
      const upstream = await upstreamFor(chat('Hello.'));
      const clock = new FakeClock({ wallNow: Date.now() });
      const another = async (): Promise<Made> => gatewayFor({ store: await store(redis) }, upstream, clock);
      const [one, other] = [await another(), await another()];
      // Both have both callers' responses in their own memory.
      for (const key of ['key-a', 'key-b'] as const) {
        await post(one, key);
        await post(other, key);
        await expect.poll(() => post(other, key)).toBe('HIT');
      }
      for (const seed of [1, 2]) {
        await post(one, 'key-a', { seed });
        await expect.poll(() => post(other, 'key-a', { seed })).toBe('HIT');
      }
      return { redis, one, other, another, clock };
    }

    it('reaches the memory of every process within a second, and no other caller', async () => {
      const { one, other, another, clock } = await twoGateways();
      await one.gateway.purgeCache({ callerId: 'tenant-a' });
      expect([await post(one, 'key-a', { seed: 1 }), await post(one, 'key-b')]).toEqual(['MISS', 'HIT']);
      clock.advance(500);
      expect(await post(other, 'key-a')).toBe('MISS');
      expect(await post(other, 'key-b')).toBe('HIT');
      // One that starts now does not find what was purged either.
      const late = await another();
      expect([await post(late, 'key-a', { seed: 2 }), await post(late, 'key-b')]).toEqual(['MISS', 'HIT']);
      // They share what came since.
      await expect.poll(() => post(late, 'key-a')).toBe('HIT');
    });

    it('purges all callers everywhere', async () => {
      const { one, other, clock } = await twoGateways();
      await other.gateway.purgeCache();
      clock.advance(500);
      expect([await post(one, 'key-a'), await post(one, 'key-b')]).toEqual(['MISS', 'MISS']);
      // A response that one of them stored since is served by the other.
      await expect.poll(() => post(other, 'key-a')).toBe('HIT');
    });

    it('rejects if Redis is down, and still applies in this process', async () => {
      const { redis, one, other } = await twoGateways();
      await redis.kill();
      await expect(one.gateway.purgeCache({ callerId: 'tenant-a' })).rejects.toThrow(/in this process only/);
      expect([await post(one, 'key-a'), await post(one, 'key-b')]).toEqual(['MISS', 'HIT']);
      // The other one cannot know, and goes on.
      expect(await post(other, 'key-b')).toBe('HIT');
    });
  },
);
