import { LRUCache } from 'lru-cache';
import type { CacheStore } from '../contracts/store.js';
import { knownMembers, optionError } from '../options/checks.js';

/** How much the store in memory may keep. */
export interface LruStoreOptions {
  /** @defaultValue `1_000` */
  readonly maxEntries?: number | undefined;
  /** Bytes of all values together. @defaultValue `67_108_864` (64 MiB) */
  readonly maxBytes?: number | undefined;
  /** Unix time in milliseconds. @defaultValue the system's, and a monotonic clock for what has expired */
  readonly now?: (() => number) | undefined;
}

/** lru-cache still gives an entry at the very end of its time; ours has ended then. In milliseconds. */
const AT_THE_END = 0.001;

/**
 * Answers in the memory of this process: the least recently used go first, by number and by bytes.
 * @throws TypeError for an option that is wrong.
 */
export function lruStore(options: LruStoreOptions = {}): CacheStore {
  knownMembers('lruStore', options, ['maxEntries', 'maxBytes', 'now']);
  const maxEntries = positiveInteger('maxEntries', options.maxEntries ?? 1_000);
  const maxBytes = positiveInteger('maxBytes', options.maxBytes ?? 64 * 1024 * 1024);
  const now = options.now ?? Date.now;

  const entries = new LRUCache<string, Uint8Array>({
    max: maxEntries,
    maxSize: maxBytes,
    // lru-cache takes no size of 0.
    sizeCalculation: (value) => Math.max(value.byteLength, 1),
    // A step of the system's clock must not keep entries alive or kill them, so spans are measured on another one.
    // A start of 0 means "no time limit" to lru-cache, which a test's clock may well begin with.
    perf: options.now === undefined ? performance : { now: () => now() + 1 },
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

/** A view into a larger buffer would keep all of it alive, uncounted. */
function ownBytes(value: Uint8Array): Uint8Array {
  return value.byteLength === value.buffer.byteLength ? value : Uint8Array.from(value);
}

function positiveInteger(name: string, value: unknown): number {
  if (typeof value === 'number' && Number.isInteger(value) && value > 0) return value;
  throw optionError(`lruStore: ${name}`, 'must be a positive whole number', value);
}
