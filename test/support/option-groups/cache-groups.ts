import { CACHE, COALESCE } from '../../../src/options/tables/cache.js';
import { cache } from '../../../src/stages.js';
import { LRU_STORE, lruStore } from '../../../src/stores/lru-store.js';
import { REDIS_STORE, redisStore } from '../../../src/stores/redis-store.js';
import { gateway, type PublicGroup } from './public-group.js';

const redisClient = { get: () => null, set: () => null, del: () => null, getBuffer: () => null };

export const cacheGroups: readonly PublicGroup[] = [
  {
    heading: '`cache`',
    text: 'Of `createGateway({ cache })` and the stage `cache`.',
    group: CACHE,
    type: ['CacheOptions', 'options/cache-types.ts'],
    at: 'cache.',
    base: {},
    take(options) {
      gateway({ cache: options });
      cache(options);
    },
  },
  {
    heading: '`cache.coalesce`',
    text: '',
    group: COALESCE,
    type: ['CoalesceOptions', 'options/cache-types.ts'],
    at: 'cache.coalesce.',
    base: {},
    take: (coalesce) => gateway({ cache: { coalesce } }),
  },
  {
    heading: '`lruStore(options)`',
    text: '',
    group: LRU_STORE,
    type: ['LruStoreOptions', 'stores/lru-store.ts'],
    at: 'lruStore: ',
    base: {},
    take: lruStore,
  },
  {
    heading: '`redisStore(client, options)`',
    text: '',
    group: REDIS_STORE,
    type: ['RedisStoreOptions', 'stores/redis-store.ts'],
    at: 'redisStore: ',
    base: {},
    take: (options) => redisStore(redisClient as never, options),
  },
];
