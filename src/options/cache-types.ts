import type { CacheStore } from '../contracts/store.js';
import type { CacheDecision, CacheTtl } from './cache-state.js';

/** What the cache keeps, for how long, and where. */
export interface CacheOptions {
  /** Responses that are kept in memory. @defaultValue `1_000` */
  readonly maxEntries?: number | undefined;
  /** Bytes of all answers together. @defaultValue `67_108_864` (64 MiB) */
  readonly maxBytes?: number | undefined;
  /**
   * How long a response may be served again, in milliseconds, or a function that says so for each: 0 or less does not
   * keep it. It is called after the client has got the response; one that throws keeps nothing and is reported to
   * `hooks.onHookError`.
   * @defaultValue `300_000` (five minutes)
   */
  readonly ttlMs?: number | CacheTtl | undefined;
  /**
   * Which requests the cache may serve, share and keep: it passes over (`x-nordlys-cache: BYPASS`) those for which this
   * returns `false`. What it throws becomes the response, as with every hook that decides. With it every request is
   * parsed, repeats too.
   * @defaultValue all that can be cached
   */
  readonly shouldCache?: CacheDecision | undefined;
  /** Where answers live, instead of this process's memory. */
  readonly store?: CacheStore | undefined;
  /** Equal requests at the same time share one upstream call. @defaultValue `false` */
  readonly coalesce?: boolean | CoalesceOptions | undefined;
  /** One cache for all callers. Without it every caller has its own. @defaultValue `false` */
  readonly shared?: boolean | undefined;
  /** What `usage` says on a hit: as first counted, or zero. @defaultValue `'original'` */
  readonly usageOnHit?: 'original' | 'zero' | undefined;
  /**
   * Responses do not depend on what the hook `beforeAttempt` changes, which is not part of the cache key. Without it a
   * cache together with that hook is refused at start-up.
   * @defaultValue `false`
   */
  readonly ignoresBeforeAttempt?: boolean | undefined;
}

/** How requests share an upstream call that is under way. */
export interface CoalesceOptions {
  /** How long a request waits for the first sign of an answer that another one asked for. @defaultValue `5_000` */
  readonly joinTimeoutMs?: number | undefined;
  /** Requests that may wait for one answer; more go their own way. @defaultValue `1_024` */
  readonly maxSubscribers?: number | undefined;
  /** Bytes of a running stream that are kept for those who join late or read slowly. @defaultValue `8_388_608` (8 MiB) */
  readonly maxBufferBytes?: number | undefined;
}
