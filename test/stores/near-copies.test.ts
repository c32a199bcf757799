import { describe, expect, it } from 'vitest';
import { redisStore, type RedisStoreOptions } from '../../src/index.js';
import { chat } from '../../src/testing/index.js';
import { gatewayOver, upstreamFor } from '../path/fixtures.js';
import { FakeClock } from '../support/fake-clock.js';
import { FakeRedis } from './fake-redis.js';

const bytes = (text: string): Buffer => Buffer.from(text);
const text = async (value: unknown): Promise<string | undefined> => {
  const found = (await value) as Uint8Array | undefined;
  return found && Buffer.from(found).toString();
};

/** Two processes over one Redis, with a value that both have in their memory. */
async function twoProcesses(options: RedisStoreOptions = {}) {
  const redis = new FakeRedis();
  const clock = new FakeClock();
  const [here, there] = [redisStore(redis, { clock, ...options }), redisStore(redis, { clock, ...options })];
  const forAMinute = (): number => clock.wallNow() + 60_000;
  await there.set('k', bytes('old'), forAMinute());
  expect(await text(here.get('k'))).toBe('old');
  return { redis, clock, here, there, forAMinute };
}

describe('a value that another process has replaced', () => {
  it.each([
    [undefined, 1_000],
    [5_000, 5_000],
  ])('is served from memory for no longer than revalidateMs (%s)', async (revalidateMs, boundMs) => {
    const { redis, clock, here, there, forAMinute } = await twoProcesses({ revalidateMs });
    await there.set('k', bytes('new'), forAMinute());
    const { calls } = redis;
    clock.advance(boundMs - 1);
    expect(here.get('k')).toEqual(new Uint8Array(bytes('old')));
    expect(redis.calls).toBe(calls);
    clock.advance(1);
    expect(await text(here.get('k'))).toBe('new');
    // From now on it is in this memory.
    expect(here.get('k')).toEqual(new Uint8Array(bytes('new')));
  });

  it('is read from Redis each time with 0', async () => {
    const { here, there, forAMinute } = await twoProcesses({ revalidateMs: 0 });
    await there.set('k', bytes('new'), forAMinute());
    expect(await text(here.get('k'))).toBe('new');
  });

  it('and deleted is deleted here as well', async () => {
    const { clock, here, there } = await twoProcesses();
    await there.delete('k');
    clock.advance(1_000);
    expect(await text(here.get('k'))).toBeUndefined();
    expect(here.size?.().entries).toBe(0);
  });

  it('by one that is too large for Redis is no longer served here', async () => {
    const { clock, here, there, forAMinute } = await twoProcesses({ maxValueBytes: 10 });
    await there.set('k', Buffer.alloc(11, 'n'), forAMinute());
    clock.advance(1_000);
    expect(await text(here.get('k'))).toBeUndefined();
    expect(await text(there.get('k'))).toBe('nnnnnnnnnnn');
  });
});

describe('a value that no process has replaced', () => {
  it('stays the same object, and Redis is read once per interval and key, however many requests need it', async () => {
    const { redis, clock, here } = await twoProcesses();
    const near = here.get('k');
    clock.advance(1_000);
    const { calls } = redis;
    const found = await Promise.all([here.get('k'), here.get('k'), here.get('k')]);
    expect(redis.calls).toBe(calls + 1);
    for (const one of found) expect(one).toBe(near);
    expect(here.get('k')).toBe(near);
    expect(redis.calls).toBe(calls + 1);
  });

  it('is served until it expires while Redis does not respond', async () => {
    const { redis, clock, here } = await twoProcesses();
    redis.mode = 'hangs';
    clock.advance(1_000);
    const found = here.get('k');
    await clock.advanceAsync(50);
    expect(await text(found)).toBe('old');
    redis.mode = 'fails';
    for (let time = 0; time < 10; time++) expect(await text(here.get('k'))).toBe('old');
    clock.advance(60_000);
    expect(await text(here.get('k'))).toBeUndefined();
  });

  it('and that Redis never got is served until it expires', async () => {
    const redis = new FakeRedis();
    const clock = new FakeClock();
    const store = redisStore(redis, { clock, maxValueBytes: 10 });
    await store.set('large', Buffer.alloc(11, 'a'), clock.wallNow() + 60_000);
    redis.mode = 'fails';
    await store.set('unsent', bytes('b'), clock.wallNow() + 60_000);
    redis.mode = 'works';
    for (const key of ['large', 'unsent']) {
      clock.advance(2_000);
      expect(await text(store.get(key))).toMatch(/^(a{11}|b)$/);
    }
  });
});

it('a value that this process stores during a read of Redis is not overwritten', async () => {
  const { clock, here, forAMinute } = await twoProcesses();
  clock.advance(1_000);
  const found = here.get('k');
  const stored = here.set('k', bytes('newest'), forAMinute());
  expect(await text(found)).toBe('newest');
  await stored;
  clock.advance(1_000);
  expect(await text(here.get('k'))).toBe('newest');
});

it('a response that no-cache has replaced in one gateway ends in the other within a second', async () => {
  const redis = new FakeRedis();
  const clock = new FakeClock();
  let responses = 0;
  const upstream = await upstreamFor(() => chat(`response ${++responses}`));
  const gateway = () =>
    gatewayOver([upstream], { clock, cache: { store: redisStore(redis, { clock, random: () => 0 }) } });
  const [one, other] = [await gateway(), await gateway()];
  const responseOf = async ({ post }: typeof one, headers = {}): Promise<string> =>
    /response \d/.exec(await (await post({}, { headers })).text())![0];

  expect(await responseOf(one)).toBe('response 1');
  expect(await responseOf(other)).toBe('response 1');
  expect(await responseOf(one, { 'cache-control': 'no-cache' })).toBe('response 2');
  expect(await responseOf(one)).toBe('response 2');
  clock.advance(1_000);
  expect(await responseOf(other)).toBe('response 2');
  expect(upstream.ledger).toHaveLength(2);
});
