import { LRUCache } from 'lru-cache';
import type { CacheStore } from '../contracts/store.js';
import { defineOptions, type RowsFor } from '../options/group.js';
import { count, func } from '../options/rows.js';

/** Limits of a store in memory. */
export interface LruStoreOptions {
  /** Values that are kept. @defaultValue `1_000` */
  readonly maxEntries?: number | undefined;
  /** Bytes of all values together. @defaultValue `67_108_864` (64 MiB) */
  readonly maxBytes?: number | undefined;
  /** Unix time in milliseconds. @defaultValue the system's, and a monotonic clock for what has expired */
  readonly now?: (() => number) | undefined;
}

export const LRU_STORE = defineOptions({
  path: 'lruStore',
  prefix: 'lruStore: ',
  rows: {
    maxEntries: count('entries', 'Values that are kept.').or(1_000),
    maxBytes: count('bytes', 'Size of all values together.').or(64 * 1024 * 1024, '`67_108_864` (64 MiB)'),
    now: func<() => number>('() => number', 'Unix time in milliseconds.').defaultsTo("the system's clock"),
  } satisfies RowsFor<LruStoreOptions>,
});

/** lru-cache still returns an entry at its exact expiry, when it must be gone. In milliseconds. */
const AT_THE_END = 0.001;

/**
 * A store in the memory of this process. Evicts the least recently used entries above `maxEntries` and `maxBytes`.
 * @throws TypeError for an invalid option
 *
 * @example
 * createGateway({ keys, providers, cache: { store: lruStore({ maxEntries: 10_000 }) } });
 */
export function lruStore(options: LruStoreOptions = {}): CacheStore {
  const { maxEntries, maxBytes, now = Date.now } = LRU_STORE.parse(options);

  const entries = new LRUCache<string, Uint8Array>({
    max: maxEntries,
    maxSize: maxBytes,
    // lru-cache refuses a size of 0.
    sizeCalculation: (value) => Math.max(value.byteLength, 1),
    // Lifetimes are measured by a monotonic clock: a step of the system's clock must neither extend nor end them.
    // Plus 1, as lru-cache takes a start of 0 for "no time limit", and a test's clock may begin at 0.
    perf: now === Date.now ? performance : { now: () => now() + 1 },
    ttlResolution: 0,
  });

  return {
    get: (key) => entries.get(key),
    set(key, value, expiresAt) {
      const remaining = expiresAt - now();
      if (remaining > 0) entries.set(key, ownBytes(value), { ttl: Math.max(remaining - AT_THE_END, AT_THE_END) });
      else entries.delete(key);
    },
    delete(key) {
      entries.delete(key);
    },
    clear(prefix) {
      const purged = [...entries.keys()].filter((key) => key.startsWith(prefix));
      for (const key of purged) entries.delete(key);
    },
    size() {
      entries.purgeStale();
      return { entries: entries.size, bytes: entries.calculatedSize };
    },
    close() {
      entries.clear();
    },
  };
}

/** A copy of a view: it would keep a larger buffer alive that `maxBytes` does not count. */
function ownBytes(value: Uint8Array): Uint8Array {
  return value.byteLength === value.buffer.byteLength ? value : Uint8Array.from(value);
}
