import type { CacheStore } from '../contracts/store.js';
import { delay, type ContractTest } from './contract-test.js';
import type { StoreTime } from './store-case.js';
import { storeExpiryCases } from './store-expiry-cases.js';
import { bigValueCase, storeValueCases } from './store-value-cases.js';

/** What the suite must know of a store. */
export interface StoreContractOptions {
  /**
   * `injected`: the store measures expiry with the `now` it is given, so the suite needs no waiting.
   * `real`: it has a clock of its own (a server), and the suite waits for it.
   * @defaultValue `'injected'`
   */
  readonly time?: 'injected' | 'real' | undefined;
  /** With `real` time: the shortest lifetime that the store supports, in milliseconds. @defaultValue `100` */
  readonly shortestTtlMs?: number | undefined;
  /** Largest value that the store must keep, in bytes. @defaultValue `65_536` */
  readonly largestValue?: number | undefined;
}

/** Creates an empty store. `now` returns Unix time in milliseconds, as the suite sets it. */
export type MakeStore = (now: () => number) => CacheStore | Promise<CacheStore>;

/**
 * Declares the tests that every cache store must pass. A store may evict entries at any time, so the suite keeps few
 * entries where it expects them back: capacity for ten of a few bytes, or for one of `largestValue`, is enough.
 *
 * @example
 * storeContract(test, (now) => lruStore({ maxEntries: 10, now }));
 */
export function storeContract(test: ContractTest, makeStore: MakeStore, options: StoreContractOptions = {}): void {
  const bigValue = bigValueCase(options.largestValue ?? 65_536);
  for (const [name, run] of [...storeValueCases, bigValue, ...storeExpiryCases]) {
    test(`a store ${name}`, async () => {
      const time = options.time === 'real' ? realTime(options.shortestTtlMs ?? 100) : injectedTime();
      const store = await makeStore(time.now);
      try {
        await run(store, time);
      } finally {
        await store.close?.();
      }
    });
  }
}

function injectedTime(): StoreTime {
  let now = 1_750_000_000_000;
  return {
    now: () => now,
    shortTtl: 1_000,
    async pass(ms) {
      now += ms;
    },
  };
}

function realTime(shortTtl: number): StoreTime {
  return { now: () => Date.now(), shortTtl, pass: delay };
}
