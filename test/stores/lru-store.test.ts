import { describe, expect, it } from 'vitest';
import { lruStore, type LruStoreOptions } from '../../src/stores/lru-store.js';
import { storeContract } from '../../src/testing/store-contract.js';

describe('lruStore', () => {
  storeContract(it, (now) => lruStore({ maxEntries: 10, now }));

  const later = Date.now() + 60_000;

  it('lets go first what was not used for longest', () => {
    const store = lruStore({ maxEntries: 2 });
    store.set('a', new Uint8Array(1), later);
    store.set('b', new Uint8Array(1), later);
    store.get('a');
    store.set('c', new Uint8Array(1), later);
    expect([store.get('a'), store.get('b'), store.get('c')].map(Boolean)).toEqual([true, false, true]);
  });

  it('holds no more bytes than it may', () => {
    const store = lruStore({ maxBytes: 100 });
    for (let index = 0; index < 10; index++) store.set(`k${index}`, new Uint8Array(30), later);
    expect(store.size?.()).toEqual({ entries: 3, bytes: 90 });
  });

  it('refuses what is larger than its limit, and drops what it replaces', () => {
    const store = lruStore({ maxBytes: 100 });
    store.set('k', new Uint8Array(10), later);
    store.set('k', new Uint8Array(101), later);
    expect(store.get('k')).toBeUndefined();
  });

  it('does not count what has expired', () => {
    let now = 0;
    const store = lruStore({ now: () => now });
    store.set('k', new Uint8Array(10), 5);
    now = 5;
    expect(store.size?.()).toEqual({ entries: 0, bytes: 0 });
  });

  it('keeps a value to the last moment and not one longer, also from the beginning of time', () => {
    let now = 0;
    const store = lruStore({ now: () => now });
    store.set('k', new Uint8Array(1), 10);
    now = 9;
    expect(store.get('k')).toBeDefined();
    now = 10;
    expect(store.get('k')).toBeUndefined();
  });

  it('does not hold on to the large buffer that a value was cut from', () => {
    const store = lruStore();
    const large = Buffer.alloc(100_000);
    store.set('k', large.subarray(0, 10), later);
    expect((store.get('k') as Uint8Array).buffer.byteLength).toBe(10);
  });

  it.each([{ maxEntries: 0 }, { maxEntries: 1.5 }, { maxBytes: -1 }, { maxBytes: Number.NaN }])(
    'refuses %j',
    (options) => {
      expect(() => lruStore(options)).toThrow(
        /lruStore: max(Entries|Bytes) must be a whole number of (entries|bytes), 1 or more/,
      );
    },
  );

  it('refuses options that it does not know', () => {
    expect(() => lruStore({ maxEntris: 5 } as LruStoreOptions)).toThrow(
      /unknown option "maxEntris"\. Did you mean "maxEntries"/,
    );
    expect(() => lruStore({ max: 5 } as LruStoreOptions)).toThrow(
      /lruStore: unknown option "max"\. Known: maxEntries, /,
    );
  });
});
