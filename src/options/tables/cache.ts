import type { CacheStore } from '../../contracts/store.js';
import { defineOptions, type RowsFor } from '../group.js';
import { choice, count, flag, milliseconds, switchable, withMethods } from '../rows.js';
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
    ttlMs: milliseconds('How long a response may be served again.').or(300_000),
    store: withMethods<CacheStore>(
      '`lruStore()`, `redisStore()`, your own',
      ['get', 'set', 'delete'],
      'Where responses are kept.',
      ': give lruStore(), redisStore() or a store of your own',
    ).defaultsTo('the memory of this process'),
    coalesce: switchable(COALESCE, 'Equal requests at the same time share one upstream call.'),
    shared: flag('One cache for all callers. Otherwise each caller has its own.').or(false),
    usageOnHit: choice(['original', 'zero'], 'The `usage` of a response from the cache.').or('original'),
  } satisfies RowsFor<CacheOptions>,
});
