import type { CacheStore } from '../contracts/store.js';
import type { CacheDecision, CacheTtl } from './cache-state.js';

/** Options of the cache. */
export interface CacheOptions {
  /** Responses that are kept in memory. @defaultValue `1_000` */
  readonly maxEntries?: number | undefined;
  /** Bytes of all stored responses together. @defaultValue `67_108_864` (64 MiB) */
  readonly maxBytes?: number | undefined;
  /**
   * How long a response may be served, in milliseconds, or a function that decides for each response; 0 or less: it is
   * not stored. The function is called after the response was sent. If it throws, the response is not stored and the
   * error is passed to `hooks.onHookError`.
   * @defaultValue `300_000` (five minutes)
   */
  readonly ttlMs?: number | CacheTtl | undefined;
  /**
   * Which requests the cache may serve, share and store. Those for which it returns `false` bypass the cache
   * (`x-nordlys-cache: BYPASS`). What it throws becomes the response. With it, every request is parsed, also those whose
   * bytes the cache knows.
   * @defaultValue all that can be cached
   */
  readonly shouldCache?: CacheDecision | undefined;
  /** Where responses are stored. @defaultValue the memory of this process */
  readonly store?: CacheStore | undefined;
  /** Equal requests in flight at the same time share one upstream call. @defaultValue `false` */
  readonly coalesce?: boolean | CoalesceOptions | undefined;
  /** One cache for all callers. Otherwise each caller has its own. @defaultValue `false` */
  readonly shared?: boolean | undefined;
  /** `usage` of cache hits: that of the stored response, or zero. @defaultValue `'original'` */
  readonly usageOnHit?: 'original' | 'zero' | undefined;
  /**
   * Responses do not depend on what the hook `beforeAttempt` changes, which is not part of the cache key. Unless this is
   * set, a cache together with that hook is refused at start-up.
   * @defaultValue `false`
   */
  readonly ignoresBeforeAttempt?: boolean | undefined;
}

/** How requests share an upstream call in flight. */
export interface CoalesceOptions {
  /** How long a request waits for the first byte of a shared response before it makes its own call. @defaultValue `5_000` */
  readonly joinTimeoutMs?: number | undefined;
  /** Requests that may share one call; further ones make their own. @defaultValue `1_024` */
  readonly maxSubscribers?: number | undefined;
  /** Bytes of a running stream that are buffered for requests that join late or read slowly. @defaultValue `8_388_608` (8 MiB) */
  readonly maxBufferBytes?: number | undefined;
}
