import type { CacheStore } from '../contracts/store.js';
import type { Clock } from '../contracts/clock.js';
import { systemClock } from '../util/clock.js';
import { checkNames } from '../options/group.js';
import { CACHE } from '../options/tables/cache.js';
import { COMMON } from '../options/tables/common.js';
import type { CacheDecision, CacheTtl } from '../options/cache-state.js';
import type { CacheOptions } from '../options/cache-types.js';
import { lruStore } from '../stores/lru-store.js';

/** `CacheOptions`, checked and with defaults. */
export interface ResolvedCacheOptions {
  readonly store: CacheStore;
  /** The store was created here, so it is closed here. */
  readonly ownsStore: boolean;
  /** How long a response is kept, in milliseconds; one function decides for each. */
  readonly ttlMs: number | CacheTtl;
  readonly shouldCache: CacheDecision | undefined;
  readonly shared: boolean;
  readonly usageOnHit: 'original' | 'zero';
  /** Larger responses are not stored, in bytes. */
  readonly maxResponseBytes: number;
  readonly coalesce: ResolvedCoalesceOptions | undefined;
  /** Responses do not depend on what `hooks.beforeAttempt` changes. */
  readonly ignoresBeforeAttempt: boolean;
}

export interface ResolvedCoalesceOptions {
  readonly joinTimeoutMs: number;
  readonly maxSubscribers: number;
  readonly maxBufferBytes: number;
}

const MAX_RESPONSE_BYTES = 8 * 1024 * 1024;

/**
 * @param hasTenants - requests have callers; otherwise all of them would share one cache
 * @throws TypeError for an invalid option, and where `shared` would have to be set
 */
export function resolveCacheOptions(
  options: CacheOptions,
  hasTenants: boolean,
  clock: Clock = systemClock,
): ResolvedCacheOptions {
  // The stage by itself also takes the options that all stages have in common.
  checkNames('cache', options, [CACHE, COMMON]);
  const { store, maxEntries, maxBytes, ttlMs, shouldCache, coalesce, shared, usageOnHit, ignoresBeforeAttempt } =
    CACHE.read(options);
  if (!hasTenants && !shared) {
    throw new TypeError(
      'cache: requests have no caller id, so one caller would get responses to the requests of another. ' +
        'Give `keys`, `verifyKey` or `caller`, or write `cache: { shared: true }` if all callers may share.',
    );
  }
  return {
    store: store ?? lruStore({ maxEntries, maxBytes, now: clock === systemClock ? undefined : () => clock.wallNow() }),
    ownsStore: store === undefined,
    ttlMs,
    shouldCache,
    ignoresBeforeAttempt,
    shared,
    usageOnHit,
    maxResponseBytes: Math.min(maxBytes, MAX_RESPONSE_BYTES),
    coalesce,
  };
}
