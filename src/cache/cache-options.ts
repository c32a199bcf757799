import type { CacheStore } from '../contracts/store.js';
import type { Clock } from '../contracts/clock.js';
import { systemClock } from '../util/clock.js';
import { knownMembers, optionalBoolean, optionalOneOf, optionError } from '../options/checks.js';
import type { CacheDecision, CacheTtl } from '../options/cache-state.js';
import type { CacheOptions, CoalesceOptions, CommonOptions } from '../options/types.js';
import { lruStore } from '../stores/lru-store.js';

/** `CacheOptions` with every question answered. */
export interface ResolvedCacheOptions {
  readonly store: CacheStore;
  /** The store was made here, so it is closed here. */
  readonly ownsStore: boolean;
  /** How long a response is kept, in milliseconds; one function decides for each. */
  readonly ttlMs: number | CacheTtl;
  readonly shouldCache: CacheDecision | undefined;
  readonly shared: boolean;
  readonly usageOnHit: 'original' | 'zero';
  /** Longer answers are not remembered, in bytes. */
  readonly maxResponseBytes: number;
  readonly coalesce: ResolvedCoalesceOptions | undefined;
}

export interface ResolvedCoalesceOptions {
  readonly joinTimeoutMs: number;
  readonly maxSubscribers: number;
  readonly maxBufferBytes: number;
}

const MIB = 1024 * 1024;
const MAX_ANSWER_BYTES = 8 * MIB;

/** `CommonOptions` stand beside the cache's own where the stage is used alone. */
const KNOWN: Readonly<Record<keyof CacheOptions | keyof CommonOptions | 'errorFormat', true>> = {
  maxEntries: true,
  maxBytes: true,
  ttlMs: true,
  shouldCache: true,
  store: true,
  coalesce: true,
  shared: true,
  usageOnHit: true,
  ignoresBeforeAttempt: true,
  hooks: true,
  errorHandling: true,
  errorFormat: true,
  clock: true,
  random: true,
};
const KNOWN_COALESCE: Readonly<Record<keyof CoalesceOptions, true>> = {
  joinTimeoutMs: true,
  maxSubscribers: true,
  maxBufferBytes: true,
};

/**
 * @param hasTenants - Somebody says who asks. Without that, all callers would share one cache.
 * @throws TypeError when an option is wrong, or when sharing was not spelt out.
 */
export function resolveCacheOptions(
  options: CacheOptions,
  hasTenants: boolean,
  clock: Clock = systemClock,
): ResolvedCacheOptions {
  knownMembers('cache', options, Object.keys(KNOWN));
  const shared = optionalBoolean('cache.shared', options.shared) ?? false;
  if (!hasTenants && !shared) {
    throw new TypeError(
      'cache: nothing says who asks, so one caller would be given the answers of another. ' +
        'Give `keys`, `verifyKey` or `caller`, or write `cache: { shared: true }` if all callers may share.',
    );
  }
  const maxBytes = whole('cache.maxBytes', options.maxBytes, 64 * MIB);
  const maxEntries = whole('cache.maxEntries', options.maxEntries, 1_000);
  return {
    store:
      storeIn(options) ??
      lruStore({ maxEntries, maxBytes, now: clock === systemClock ? undefined : () => clock.wallNow() }),
    ownsStore: (options.store ?? undefined) === undefined,
    ttlMs: typeof options.ttlMs === 'function' ? options.ttlMs : whole('cache.ttlMs', options.ttlMs, 300_000),
    shouldCache: optionalFunction('cache.shouldCache', options.shouldCache),
    shared,
    usageOnHit: optionalOneOf('cache.usageOnHit', options.usageOnHit, ['original', 'zero']) ?? 'original',
    maxResponseBytes: Math.min(maxBytes, MAX_ANSWER_BYTES),
    coalesce: resolveCoalesce(options.coalesce),
  };
}

function resolveCoalesce(coalesce: CacheOptions['coalesce']): ResolvedCoalesceOptions | undefined {
  if (coalesce === undefined || coalesce === false) return undefined;
  const options = coalesce === true ? {} : coalesce;
  knownMembers('cache.coalesce', options, Object.keys(KNOWN_COALESCE));
  return {
    joinTimeoutMs: whole('cache.coalesce.joinTimeoutMs', options.joinTimeoutMs, 5_000),
    maxSubscribers: whole('cache.coalesce.maxSubscribers', options.maxSubscribers, 1_024),
    maxBufferBytes: whole('cache.coalesce.maxBufferBytes', options.maxBufferBytes, 8 * MIB),
  };
}

function storeIn({ store }: CacheOptions): CacheStore | undefined {
  if (store === undefined || store === null) return undefined;
  const missing = (['get', 'set', 'delete'] as const).find((method) => typeof store[method] !== 'function');
  if (missing === undefined) return store;
  throw new TypeError(
    `cache.store must have the method ${missing}(): give lruStore(), redisStore() or a store of your own.`,
  );
}

function optionalFunction<F>(name: string, value: F): F | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'function') return value;
  throw optionError(name, 'must be a function', value);
}

function whole(name: string, value: unknown, fallback: number): number {
  if (value === undefined) return fallback;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value > 0) return value;
  throw optionError(name, 'must be a positive whole number', value);
}
