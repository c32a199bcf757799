import { describe, expect, it } from 'vitest';
import { createCache, type Cache } from '../../src/cache/cache.js';
import type { CacheStore } from '../../src/contracts/store.js';
import type { CacheOptions } from '../../src/options/cache-types.js';
import { lruStore } from '../../src/stores/lru-store.js';
import { FakeClock } from '../support/fake-clock.js';
import { settled, ticket, upstream, type TicketOptions } from './support.js';

/** A store of a host's own that cannot clear. */
class HostStore implements CacheStore {
  readonly entries = new Map<string, Uint8Array>();
  /** Responds as a server would: later. */
  isAsync = false;
  /** What becomes of writes. */
  fault: 'none' | 'throws' | 'loses' | 'hangs' = 'none';
  gets = 0;

  get(key: string): Uint8Array | undefined | Promise<Uint8Array | undefined> {
    this.gets++;
    const found = this.entries.get(key);
    return this.isAsync ? Promise.resolve(found) : found;
  }

  set(key: string, value: Uint8Array): void | Promise<void> {
    if (this.fault === 'throws') throw new Error('full');
    if (this.fault === 'hangs') return new Promise(() => undefined);
    if (this.fault === 'none') this.entries.set(key, value);
    return undefined;
  }

  delete(key: string): void {
    this.entries.delete(key);
  }
}

function cacheOver(options: CacheOptions = {}, clock = new FakeClock()) {
  const reported: unknown[] = [];
  const cache = createCache(options, {
    clock,
    hasTenants: true,
    report: (error, option) => reported.push([option, (error as Error).message]),
  });
  return { cache, clock, reported };
}

/** Sends a request as `caller`; on a miss the upstream responds, and its response is stored. */
async function post(cache: Cache, caller = 'tenant-a', calls: TicketOptions = {}): Promise<string | undefined> {
  const { context } = ticket({ caller, ...calls });
  if ((await cache.stage(context)) === 'next') upstream.whole(context);
  await settled();
  return context.cacheStatus;
}

const asyncStore = (): HostStore => Object.assign(new HostStore(), { isAsync: true });
const STORES: readonly [string, () => CacheStore | undefined][] = [
  ['its own memory', () => undefined],
  ['lruStore', () => lruStore({ now: () => new FakeClock().wallNow() })],
  ['a store that cannot clear', () => new HostStore()],
  ['a store that cannot clear and responds later', asyncStore],
];

describe.each(STORES)('purge with %s', (_name, make) => {
  it('drops one caller’s responses and keeps the others’', async () => {
    const { cache } = cacheOver({ store: make() });
    for (const caller of ['tenant-a', 'tenant-b', 'tenant-a.b']) await post(cache, caller);
    expect(await post(cache, 'tenant-a')).toBe('HIT');
    await cache.purge({ callerId: 'tenant-a' });
    expect(await post(cache, 'tenant-a')).toBe('MISS');
    expect([await post(cache, 'tenant-b'), await post(cache, 'tenant-a.b')]).toEqual(['HIT', 'HIT']);
    // Responses to requests after the purge are stored as before.
    expect(await post(cache, 'tenant-a')).toBe('HIT');
  });

  it('drops everything', async () => {
    const { cache } = cacheOver({ store: make() });
    for (const caller of ['tenant-a', 'tenant-b']) await post(cache, caller);
    await cache.purge();
    expect([await post(cache, 'tenant-a'), await post(cache, 'tenant-b')]).toEqual(['MISS', 'MISS']);
    expect([await post(cache, 'tenant-a'), await post(cache, 'tenant-b')]).toEqual(['HIT', 'HIT']);
    await cache.purge({ callerId: 'tenant-b' });
    await cache.purge();
    await cache.purge({});
    expect([await post(cache, 'tenant-a'), await post(cache, 'tenant-b')]).toEqual(['MISS', 'MISS']);
  });

  it.each(['with space', 'a:b', '__proto__', 'ü', 'x'.repeat(300), '*', '#'])(
    'supports the caller %j',
    async (caller) => {
      const { cache } = cacheOver({ store: make() });
      await post(cache, caller);
      await post(cache, 'a');
      await cache.purge({ callerId: caller });
      expect([await post(cache, caller), await post(cache, 'a')]).toEqual(['MISS', 'HIT']);
    },
  );

  it.each([{}, { callerId: 'tenant-a' }])(
    'does not store responses to requests from before purge(%j)',
    async (options) => {
      const { cache } = cacheOver({ store: make() });
      const { context } = ticket();
      await cache.stage(context);
      await cache.purge(options);
      upstream.whole(context);
      await settled();
      expect(await post(cache)).toBe('MISS');
      expect(await post(cache)).toBe('HIT');
    },
  );

  it('does not let later requests join a call that was under way', async () => {
    const { cache } = cacheOver({ store: make(), coalesce: true });
    const before = ticket();
    expect(await cache.stage(before.context)).toBe('next');
    await cache.purge();
    const after = ticket();
    expect(await cache.stage(after.context)).toBe('next');
    expect(after.context.cacheStatus).toBe('MISS');
  });

  it('purges the one cache of all callers', async () => {
    const { cache } = cacheOver({ store: make(), shared: true });
    await post(cache);
    await expect(cache.purge({ callerId: 'tenant-a' })).rejects.toThrow(/all callers share one cache/);
    expect(await post(cache)).toBe('HIT');
    await cache.purge();
    expect(await post(cache)).toBe('MISS');
  });

  it('drops on the fast path too', async () => {
    const { cache } = cacheOver({ store: make() });
    const received = Buffer.from('{"model":"small","messages":[{"role":"user","content":"hi"}]}');
    await post(cache, 'tenant-a', { received });
    expect(await cache.lookupByBody(ticket().context, received)).toBe(true);
    await cache.purge({ callerId: 'tenant-a' });
    expect(await cache.lookupByBody(ticket().context, received)).toBe(false);
  });
});

describe('purge of a store that two caches share', () => {
  async function twoCaches(store = new HostStore()) {
    const clock = new FakeClock();
    const [one, other] = [cacheOver({ store }, clock).cache, cacheOver({ store }, clock).cache];
    await post(one);
    expect(await post(other)).toBe('HIT');
    return { clock, one, other, store };
  }

  it.each([
    ['a caller', { callerId: 'tenant-a' }],
    ['all', {}],
  ])('reaches the other one within a second, for %s', async (_whom, options) => {
    const { clock, one, other } = await twoCaches();
    await one.purge(options);
    clock.advance(500);
    expect(await post(other)).toBe('MISS');
    // Both share again.
    expect(await post(one)).toBe('HIT');
  });

  it('is known to a process that starts later', async () => {
    const { one, store, clock } = await twoCaches(asyncStore());
    await one.purge({ callerId: 'tenant-a' });
    const late = cacheOver({ store }, clock).cache;
    // Both send before the first generation was read.
    expect(await Promise.all([post(late, 'tenant-a', { request: { seed: 1 } }), post(late)])).toEqual(['MISS', 'MISS']);
  });

  it('is not undone by an earlier request of the other one', async () => {
    const { one, other, clock } = await twoCaches();
    const { context } = ticket({ request: { seed: 7 } });
    await other.stage(context);
    await one.purge();
    clock.advance(1_000);
    await post(other);
    upstream.whole(context);
    await settled();
    expect(await post(one, 'tenant-a', { request: { seed: 7 } })).toBe('MISS');
  });

  it('stays in force when the store loses the mark', async () => {
    const { one, other, store, clock } = await twoCaches();
    await one.purge();
    for (const key of store.entries.keys()) if (key.startsWith('!')) store.entries.delete(key);
    clock.advance(600);
    // Whichever generation is next, what was purged does not come back.
    expect(await post(one)).toBe('MISS');
    clock.advance(600);
    await post(one);
    const late = cacheOver({ store }, clock).cache;
    clock.advance(600);
    await post(other);
    expect(await post(late)).toBe('HIT');
  });

  it('reads the generation twice a second, not with every request', async () => {
    const { one, store, clock } = await twoCaches();
    await post(one);
    store.gets = 0;
    for (let turn = 0; turn < 10; turn++) await post(one);
    expect(store.gets).toBe(10);
    clock.advance(500);
    await post(one);
    expect(store.gets).toBe(13);
  });

  it.each(['throws', 'loses'] as const)('rejects where the store %s, and holds here', async (fault) => {
    const { one, other, store, clock } = await twoCaches();
    store.fault = fault;
    await expect(one.purge({ callerId: 'tenant-a' })).rejects.toThrow(/in this process only/);
    expect(await post(one)).toBe('MISS');
    store.fault = 'none';
    clock.advance(500);
    // The next request takes the purge to the store.
    await post(one);
    clock.advance(500);
    expect(await post(other)).toBe('HIT');
    expect([...store.entries.keys()].filter((key) => key.startsWith('!generation:tenant-a'))).toHaveLength(1);
  });

  it('does not wait for a store that hangs', async () => {
    const { one, store, clock } = await twoCaches();
    store.fault = 'hangs';
    const purging = one.purge();
    const rejected = expect(purging).rejects.toThrow(/in this process only/);
    await clock.advanceAsync(250);
    await rejected;
  });

  it('rejects with what clear() throws', async () => {
    const store = Object.assign(new HostStore(), { clear: () => Promise.reject(new Error('no route')) });
    await expect(cacheOver({ store }).cache.purge()).rejects.toThrow('no route');
  });
});

describe('what purge is given', () => {
  it.each([
    [{ callerId: undefined }, /callerId must be a non-empty string/],
    [{ callerId: '' }, /callerId must be a non-empty string/],
    [{ callerId: 7 }, /callerId/],
    [{ caller: 'a' }, /purge: unknown option "caller"/],
    [{ tenant: 'a' }, /purge: unknown option "tenant"/],
    ['tenant-a', /purge must be an object/],
  ])('refuses %j, and purges nothing', async (options, message) => {
    const { cache } = cacheOver();
    await post(cache);
    await expect(cache.purge(options as object)).rejects.toThrow(message);
    expect(await post(cache)).toBe('HIT');
  });
});

describe('shouldCache', () => {
  it('excludes what it returns false for: not served, not shared, not stored', async () => {
    const calls: unknown[] = [];
    const { cache } = cacheOver({
      coalesce: true,
      shouldCache: ({ request, caller, model, slug, requestId }) => {
        calls.push([caller?.id, model, slug, requestId]);
        return request['temperature'] === 0;
      },
    });
    const hot = { request: { temperature: 1 } };
    expect([await post(cache, 'a', hot), await post(cache, 'a', hot)]).toEqual(['BYPASS', 'BYPASS']);
    const cold = { request: { temperature: 0 } };
    expect([await post(cache, 'a', cold), await post(cache, 'a', cold)]).toEqual(['MISS', 'HIT']);
    expect(calls[0]).toEqual(['a', 'small', 'alpha', 'req_1']);
    expect(cache.statistics()).toMatchObject({ bypasses: 2, stores: 1, coalesced: 0 });
  });

  it('is called for repeated requests as well', async () => {
    const received = Buffer.from('{"model":"small","messages":[{"role":"user","content":"hi"}]}');
    const { cache } = cacheOver({ shouldCache: () => true });
    await post(cache, 'tenant-a', { received });
    expect(await cache.lookupByBody(ticket().context, received)).toBe(false);
  });

  it('refuses the request if it throws, or returns nothing', async () => {
    const throwing = cacheOver({
      shouldCache: () => {
        throw new RangeError('mine');
      },
    });
    await expect(post(throwing.cache)).rejects.toThrow('mine');
    const later = cacheOver({ shouldCache: (async () => false) as unknown as () => boolean });
    await expect(post(later.cache)).rejects.toThrow(/shouldCache must return true or false/);
  });
});

describe('ttlMs as a function', () => {
  it('receives the response and decides how long it is stored', async () => {
    const received: unknown[] = [];
    const { cache, clock } = cacheOver({
      ttlMs: ({ request, response, caller, model, slug }) => {
        received.push([response.choices[0]?.message?.content, caller?.id, model, slug]);
        return Number(request['seed']);
      },
    });
    const short = { request: { seed: 1_000 } };
    const long = { request: { seed: 60_000 } };
    await post(cache, 'a', short);
    await post(cache, 'a', long);
    clock.advance(999);
    expect([await post(cache, 'a', short), await post(cache, 'a', long)]).toEqual(['HIT', 'HIT']);
    clock.advance(2);
    expect([await post(cache, 'a', short), await post(cache, 'a', long)]).toEqual(['MISS', 'HIT']);
    expect(received[0]).toEqual(['Hello', 'a', 'small', 'alpha']);
  });

  it.each([0, -1, Number.NEGATIVE_INFINITY])('does not store a response with ttl %s', async (ms) => {
    const { cache, reported } = cacheOver({ ttlMs: () => ms });
    expect([await post(cache), await post(cache)]).toEqual(['MISS', 'MISS']);
    expect([cache.statistics().stores, reported]).toEqual([0, []]);
  });

  it.each([Number.POSITIVE_INFINITY, Number.MAX_SAFE_INTEGER])(
    'stores a response with ttl %s for 100 days',
    async (ms) => {
      const { cache, clock } = cacheOver({ ttlMs: () => ms });
      await post(cache);
      clock.advance(99 * 24 * 3_600_000);
      expect(await post(cache)).toBe('HIT');
      clock.advance(24 * 3_600_000);
      expect(await post(cache)).toBe('MISS');
    },
  );

  it.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw new Error('mine');
      },
    ],
    ['returns NaN', () => Number.NaN],
    ['returns nothing', () => undefined],
    ['returns a promise', () => Promise.resolve(1_000)],
  ])('keeps nothing and reports it when it %s', async (_what, ttlMs) => {
    const { cache, reported } = cacheOver({ ttlMs: ttlMs as () => number });
    expect([await post(cache), await post(cache)]).toEqual(['MISS', 'MISS']);
    expect(reported[0]).toEqual(['cache.ttlMs', expect.stringMatching(/mine|must return a number of milliseconds/)]);
  });

  it.each([
    [{ ttlMs: '1000' }, /cache\.ttlMs must be/],
    [{ shouldCache: true }, /cache\.shouldCache must be a function/],
  ])('refuses %j at start-up', (options, message) => {
    expect(() => cacheOver(options as unknown as CacheOptions)).toThrow(message);
  });
});
