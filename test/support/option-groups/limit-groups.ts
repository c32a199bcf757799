import { ACCOUNTING, LIMITS, ON_EXCEEDED, resolveRules, RULE } from '../../../src/limit/limit-options.js';
import { SPEND_SINK } from '../../../src/limit/spend-sink.js';
import { MAX_PRICE, POLICY, policyOf } from '../../../src/route/caller-policy.js';
import { limit } from '../../../src/stages.js';
import { MEMORY_LIMITS, memoryLimits } from '../../../src/stores/memory-limits.js';
import { REDIS_LIMITS, redisLimits } from '../../../src/stores/redis-limits.js';
import { gateway, TYPES, type PublicGroup } from './public-group.js';

const rule = { name: 'rpm', by: 'caller', requests: 1, per: '1m' };
const redisClient = { eval: () => null, evalsha: () => null, hset: () => null, hdel: () => null };

/** Limits of callers, and records of their usage. */
export const limitGroups: readonly PublicGroup[] = [
  {
    heading: '`limits`',
    text: 'Of `createGateway({ limits })` and the stage `limit`.',
    group: LIMITS,
    type: ['LimitOptions', 'contracts/limits.ts'],
    at: 'limits.',
    base: { rules: [] },
    take(options) {
      gateway({ limits: options });
      limit(options as never);
    },
  },
  {
    heading: '`limits.rules[<n>]`',
    text: 'Exactly one of `requests`, `tokens`, `concurrent` and `usd` must be set.',
    group: RULE,
    type: ['LimitRule', 'contracts/limits.ts'],
    at: 'limits.rules[0].',
    base: rule,
    take: (given) => gateway({ limits: { rules: [given] } }),
  },
  {
    heading: '`limits.rules[<n>].onExceeded`',
    text: '',
    group: ON_EXCEEDED,
    type: ['LimitRule', 'contracts/limits.ts'],
    at: 'limits.rules[0].onExceeded.',
    base: { models: ['m'] },
    take: (onExceeded) => gateway({ limits: { rules: [{ ...rule, onExceeded }] } }),
  },
  {
    heading: '`policy` of a caller',
    text: 'A member of what `verifyKey` or `caller` returns. It is checked with the first request of the caller.',
    group: POLICY,
    type: ['CallerPolicy', 'contracts/limits.ts'],
    at: 'policy.',
    base: {},
    take(policy: { readonly limits?: unknown }) {
      policyOf({ id: 'c', policy });
      resolveRules('policy.limits', policy.limits ?? []);
    },
  },
  {
    heading: '`policy.maxPrice` of a caller',
    text: '',
    group: MAX_PRICE,
    type: ['CallerPolicy', 'contracts/limits.ts'],
    at: 'policy.maxPrice.',
    base: {},
    take: (maxPrice) => policyOf({ id: 'c', policy: { maxPrice } }),
  },
  {
    heading: '`memoryLimits(options)`',
    text: '',
    group: MEMORY_LIMITS,
    type: ['MemoryLimitsOptions', 'stores/memory-limits.ts'],
    at: 'memoryLimits: ',
    base: {},
    take: memoryLimits,
  },
  {
    heading: '`redisLimits(client, options)`',
    text: '',
    group: REDIS_LIMITS,
    type: ['RedisLimitsOptions', 'stores/redis-limits.ts'],
    at: 'redisLimits: ',
    base: {},
    take: (options) => redisLimits(redisClient as never, options),
  },
  {
    heading: 'Accounting',
    text: 'Of `createGateway` and the stage `limit`.',
    group: ACCOUNTING,
    type: ['GatewayOptions', TYPES],
    at: '',
    base: {},
    take(options) {
      gateway(options);
      limit({ rules: [], ...options });
    },
  },
  {
    heading: '`spendSink`',
    text: '',
    group: SPEND_SINK,
    type: ['SpendSinkOptions', 'contracts/limits.ts'],
    at: 'spendSink.',
    base: { write: () => undefined },
    take: (spendSink) => gateway({ spendSink }),
  },
];
