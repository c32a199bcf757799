import type { CacheStore } from '../../contracts/store.js';
import { milliseconds as checkMilliseconds } from '../checks.js';
import { defineOptions, type RowsFor } from '../group.js';
import { custom } from '../row.js';
import { choice, count, flag, func, milliseconds, switchable, withMethods } from '../rows.js';
import type { CacheDecision, CacheTtl } from '../cache-state.js';
import type { CacheOptions, CoalesceOptions } from '../cache-types.js';

const MIB = 1024 * 1024;

export const COALESCE = defineOptions({
  path: 'cache.coalesce',
  renamed: { waitMs: 'joinTimeoutMs', maxFollowers: 'maxSubscribers' },
  rows: {
    joinTimeoutMs: milliseconds('How long a request waits for the first chunk of a call that another made.').or(5_000),
    maxSubscribers: count('requests', 'Requests that may share one upstream call.').or(1_024),
    maxBufferBytes: count(
      'bytes',
      'How much of a running stream is kept for requests that join late or read slowly.',
    ).or(8 * MIB, '`8_388_608` (8 MiB)'),
  } satisfies RowsFor<CoalesceOptions>,
});

export const CACHE = defineOptions({
  path: 'cache',
  rows: {
    maxEntries: count('entries', 'Responses that are kept in memory.').or(1_000),
    maxBytes: count('bytes', 'Size of all responses in memory together.').or(64 * MIB, '`67_108_864` (64 MiB)'),
    ttlMs: custom(
      'milliseconds, `(state) => milliseconds`',
      checkTtl,
      'How long a response may be served again; a function decides for each, and with 0 or less it is not kept.',
    ).or(300_000),
    shouldCache: func<CacheDecision>(
      '(state) => boolean',
      'Whether the cache may serve, share and keep a request. With it every request is parsed, repeats too.',
    ).defaultsTo('all that can be cached'),
    store: withMethods<CacheStore>(
      '`lruStore()`, `redisStore()`, your own',
      ['get', 'set', 'delete'],
      'Where responses are kept.',
      ': give lruStore(), redisStore() or a store of your own',
    ).defaultsTo('the memory of this process'),
    coalesce: switchable(COALESCE, 'Equal requests at the same time share one upstream call.'),
    shared: flag('One cache for all callers. Otherwise each caller has its own.').or(false),
    usageOnHit: choice(['original', 'zero'], 'The `usage` of a response from the cache.').or('original'),
    ignoresBeforeAttempt: flag(
      'Responses do not depend on what `hooks.beforeAttempt` changes. Without it, a cache together with that hook is refused.',
    ).or(false),
  } satisfies RowsFor<CacheOptions>,
});

function checkTtl(path: string, value: unknown): number | CacheTtl {
  return typeof value === 'function' ? (value as CacheTtl) : checkMilliseconds(path, value);
}
