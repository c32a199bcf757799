import { SIG_V4, sigV4 } from '../../src/aws/sig-v4.js';
import { ANTHROPIC, anthropic } from '../../src/formats/anthropic/anthropic.js';
import { AZURE, azure } from '../../src/formats/azure/azure.js';
import { bedrock } from '../../src/formats/bedrock/bedrock.js';
import { BEDROCK, GUARDRAIL } from '../../src/formats/bedrock/options.js';
import { GEMINI, gemini } from '../../src/formats/gemini/gemini.js';
import { EVALUATE } from '../../src/router/evaluate/evaluate.js';
import { CHECKPOINT_ROUTER } from '../../src/router/router-options.js';
import { TRAIN } from '../../src/router/train/options.js';
import { CACHE, COALESCE } from '../../src/options/tables/cache.js';
import { ADMIN, AUTHENTICATE } from '../../src/options/tables/authenticate.js';
import { COMMON, HOOKS } from '../../src/options/tables/common.js';
import { CALLER_METRICS, OBSERVE, TELEMETRY } from '../../src/options/tables/observe.js';
import { HEDGING, PROXY } from '../../src/options/tables/proxy.js';
import { CALLER_OVERRIDES, ROUTE } from '../../src/options/tables/route.js';
import { TIMEOUTS } from '../../src/options/tables/timeouts.js';
import { VALIDATE } from '../../src/options/tables/validate.js';
import type { OptionGroup } from '../../src/options/group.js';
import { createGateway } from '../../src/gateway.js';
import { ERROR_HANDLER, errorHandler } from '../../src/request/error-handler.js';
import { MIDDLEWARE } from '../../src/gateway/slots.js';
import { GUARDS } from '../../src/guard/guard-options.js';
import { ACCOUNTING, LIMITS } from '../../src/limit/limit-options.js';
import { SPEND_SINK } from '../../src/limit/spend-sink.js';
import { PARTS } from '../../src/resolve-options.js';
import { PRICE_TIER, PRICING } from '../../src/route/pricing-options.js';
import { ENDPOINT } from '../../src/route/options/endpoint-options.js';
import { AUTH, PROVIDER } from '../../src/route/options/provider-options.js';
import { DRAIN } from '../../src/runtime/drain.js';
import { authenticate, cache, guard, limit, proxy, route, validate } from '../../src/stages.js';
import { STATUS_PAGE, statusPage } from '../../src/status-page/status-page.js';
import { LRU_STORE, lruStore } from '../../src/stores/lru-store.js';
import { REDIS_STORE, redisStore } from '../../src/stores/redis-store.js';

/** A group of options, as the docs show it and as the host reaches it. */
export interface PublicGroup {
  readonly heading: string;
  readonly text: string;
  readonly group: OptionGroup;
  /** The type of the options, and the file in `src` that declares it. */
  readonly type: readonly [name: string, file: string];
  /** What stands before an option's name in messages. */
  readonly at: string;
  /** Options without which the others are refused. */
  readonly base: object;
  /** Gives `options` to everything that takes them. @throws TypeError */
  readonly take: (options: object) => unknown;
}

const PROVIDERS = { p: { baseUrl: 'http://127.0.0.1:1/v1', models: ['m'] } };
const TYPES = 'options/types.ts';

function gateway(options: object) {
  const made = createGateway({ keys: ['demo-key'], providers: PROVIDERS, ...options } as never);
  void made.close();
  return made;
}

function provider(options: object) {
  gateway({ providers: { p: { ...PROVIDERS.p, ...options } } });
  route({ providers: { p: { ...PROVIDERS.p, ...options } } });
}

function everyStage(options: object): void {
  gateway(options);
  authenticate({ keys: ['demo-key'], ...options });
  validate(options);
  limit({ rules: [], ...options });
  guard(options);
  route({ providers: PROVIDERS, ...options });
  cache(options);
  proxy(options);
}

const redisClient = { get: () => null, set: () => null, del: () => null, getBuffer: () => null };

/** Every group of the package's main entry, in the order of the docs. */
export const optionGroups: readonly PublicGroup[] = [
  {
    heading: '`createGateway` and every stage',
    text: 'Beside the options of the stage itself.',
    group: COMMON,
    type: ['CommonOptions', TYPES],
    at: '',
    base: {},
    take: everyStage,
  },
  {
    heading: '`hooks`',
    text: 'What each gets and may return, and when it runs: [hooks](hooks.md).',
    group: HOOKS,
    type: ['Hooks', 'contracts/hooks.ts'],
    at: 'hooks.',
    base: {},
    take: (hooks) => everyStage({ hooks }),
  },
  {
    heading: '`authenticate`',
    text: 'Of `createGateway` and the stage `authenticate`. One of `keys` and `verifyKey` must be set.',
    group: AUTHENTICATE,
    type: ['AuthenticateOptions', 'options/authenticate-types.ts'],
    at: '',
    base: { verifyKey: () => undefined },
    take(options) {
      createGateway({ providers: PROVIDERS, ...options } as never);
      authenticate(options as never);
    },
  },
  {
    heading: 'Metrics and status',
    text: 'Of `createGateway`.',
    group: ADMIN,
    type: ['AdminOptions', 'options/admin.ts'],
    at: '',
    base: {},
    take: gateway,
  },
  {
    heading: '`validate`',
    text: 'Of `createGateway` and the stage `validate`.',
    group: VALIDATE,
    type: ['ValidateOptions', TYPES],
    at: '',
    base: {},
    take(options) {
      gateway(options);
      validate(options);
    },
  },
  {
    heading: '`route`',
    text: 'Of `createGateway` and the stage `route`.',
    group: ROUTE,
    type: ['RouteOptions', TYPES],
    at: '',
    base: { providers: PROVIDERS },
    take(options) {
      gateway(options);
      route(options as never);
    },
  },
  {
    heading: '`providers.<key>`',
    text: "One entry of `providers`. The key is the provider's slug: letters, digits, `.`, `_` and `-`.",
    group: PROVIDER,
    type: ['ProviderOptions', TYPES],
    at: 'providers.p.',
    base: PROVIDERS.p,
    take: provider,
  },
  {
    heading: '`providers.<key>.auth`',
    text: 'A header of your choice.',
    group: AUTH,
    type: ['ProviderOptions', TYPES],
    at: 'providers.p.auth.',
    base: { header: 'x-key' },
    take: (auth) => provider({ auth }),
  },
  {
    heading: '`providers.<key>.models.<name>`',
    text: 'One endpoint: a model at a provider.',
    group: ENDPOINT,
    type: ['EndpointOptions', TYPES],
    at: 'providers.p.models["m"].',
    base: {},
    take: (m) => provider({ models: { m } }),
  },
  {
    heading: '`providers.<key>.models.<name>.pricing`',
    text: '',
    group: PRICING,
    type: ['PricingOptions', TYPES],
    at: 'providers.p.models["m"].pricing.',
    base: { prompt: 1, completion: 2 },
    take: (pricing) => provider({ models: { m: { pricing } } }),
  },
  {
    heading: '`providers.<key>.models.<name>.pricing.tiers[<n>]`',
    text: 'Holds for all tokens of a request whose prompt is longer than `above`.',
    group: PRICE_TIER,
    type: ['PriceTierOptions', TYPES],
    at: 'providers.p.models["m"].pricing.tiers[0].',
    base: { above: 100 },
    take: (tier) => provider({ models: { m: { pricing: { prompt: 1, completion: 2, tiers: [tier] } } } }),
  },
  {
    heading: '`timeouts`, `providers.<key>.timeouts`',
    text: "A provider's own come before those of the top level, one by one.",
    group: TIMEOUTS,
    type: ['TimeoutOptions', TYPES],
    at: 'timeouts.',
    base: {},
    take(timeouts) {
      gateway({ timeouts });
      provider({ timeouts });
    },
  },
  {
    heading: '`callerOverrides`',
    text: '',
    group: CALLER_OVERRIDES,
    type: ['CallerOverrideOptions', TYPES],
    at: 'callerOverrides.',
    base: {},
    take: (callerOverrides) => gateway({ callerOverrides }),
  },
  {
    heading: 'Optional parts',
    text: 'Of `createGateway`.',
    group: PARTS,
    type: ['GatewayOptions', TYPES],
    at: '',
    base: {},
    take: gateway,
  },
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
    heading: '`limits`',
    text: 'Of `createGateway({ limits })` and the stage `limit`. Members of a rule: [limits](limits.md#rules).',
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
  {
    heading: '`guards`',
    text: 'Of `createGateway({ guards })` and the stage `guard`. Members of a guard: [guards](guards.md#guards-of-your-own).',
    group: GUARDS,
    type: ['GuardOptions', 'contracts/guard.ts'],
    at: 'guards.',
    base: {},
    take(options) {
      gateway({ guards: options });
      guard(options);
    },
  },
  {
    heading: '`middleware`',
    text: 'Of `createGateway`. Middleware of the host between the stages, for chat requests.',
    group: MIDDLEWARE,
    type: ['MiddlewareOptions', 'options/middleware.ts'],
    at: 'middleware.',
    base: {},
    take: (middleware) => gateway({ middleware }),
  },
  {
    heading: '`proxy`',
    text: 'Of `createGateway` and the stage `proxy`.',
    group: PROXY,
    type: ['ProxyOptions', TYPES],
    at: '',
    base: {},
    take(options) {
      gateway(options);
      proxy(options);
    },
  },
  {
    heading: '`hedging`',
    text: '',
    group: HEDGING,
    type: ['HedgingOptions', TYPES],
    at: 'hedging.',
    base: {},
    take: (hedging) => gateway({ hedging }),
  },
  {
    heading: 'Observability',
    text: 'Of `createGateway`. Counting for `gateway.metrics` is always on.',
    group: OBSERVE,
    type: ['ObserveOptions', TYPES],
    at: '',
    base: {},
    take: gateway,
  },
  {
    heading: '`telemetry`',
    text: '',
    group: TELEMETRY,
    type: ['TelemetryOptions', 'contracts/observability.ts'],
    at: 'telemetry.',
    base: {},
    take: (telemetry) => gateway({ telemetry }),
  },
  {
    heading: '`telemetry.callerMetrics`',
    text: '`true` stands for the defaults.',
    group: CALLER_METRICS,
    type: ['TelemetryOptions', 'contracts/observability.ts'],
    at: 'telemetry.callerMetrics.',
    base: {},
    take: (callerMetrics) => gateway({ telemetry: { callerMetrics } }),
  },
  {
    heading: '`gateway.drain(options)`',
    text: '',
    group: DRAIN,
    type: ['DrainOptions', 'runtime/drain.ts'],
    at: 'drain: ',
    base: {},
    take: (options) => DRAIN.parse(options),
  },
  {
    heading: '`errorHandler(options)`',
    text: '',
    group: ERROR_HANDLER,
    type: ['ErrorHandlerOptions', 'request/error-handler.ts'],
    at: 'errorHandler: ',
    base: {},
    take: errorHandler,
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
  {
    heading: '`statusPage(gateway, options)`',
    text: 'Of `nordlys-proxy/status-page`.',
    group: STATUS_PAGE,
    type: ['StatusPageOptions', 'status-page/status-page.ts'],
    at: 'statusPage: ',
    base: {},
    take: (options) => {
      const shown = createGateway({ keys: ['demo-key'], providers: PROVIDERS });
      statusPage(shown, options);
      void shown.close();
    },
  },
  ...(
    [
      ['anthropic', ANTHROPIC, 'AnthropicOptions', 'formats/anthropic/anthropic.ts', anthropic],
      ['azure', AZURE, 'AzureOptions', 'formats/azure/azure.ts', azure],
      ['bedrock', BEDROCK, 'BedrockOptions', 'formats/bedrock/options.ts', bedrock],
      [
        'gemini',
        GEMINI,
        'GeminiOptions',
        'formats/gemini/gemini.ts',
        (options) => gemini({ door: 'vertex', ...options }),
      ],
    ] satisfies [string, OptionGroup, string, string, (options: object) => unknown][]
  ).map(([name, group, type, file, take]) => ({
    heading: `\`${name}(options)\``,
    text: 'A format of `providers.<key>.format`.',
    group,
    type: [type, file] as const,
    at: `${name}().`,
    base: {},
    take,
  })),
  {
    heading: '`bedrock({ guardrail })`',
    text: '',
    group: GUARDRAIL,
    type: ['BedrockGuardrail', 'formats/bedrock/options.ts'],
    at: 'bedrock().guardrail.',
    base: { identifier: 'g', version: '1' },
    take: (guardrail) => bedrock({ guardrail: guardrail as never }),
  },
  {
    heading: '`sigV4(options)`',
    text: 'Of `nordlys-proxy/aws`.',
    group: SIG_V4,
    type: ['SigV4Options', 'aws/sig-v4.ts'],
    at: 'sigV4().',
    base: { credentials: { accessKeyId: 'A', secretAccessKey: 'S' } },
    take: (options) => sigV4(options as never),
  },
  {
    heading: '`checkpointRouter(checkpoint, options)`',
    text: 'Of `nordlys-proxy/router`.',
    group: CHECKPOINT_ROUTER,
    type: ['CheckpointRouterOptions', 'router/router-options.ts'],
    at: '',
    base: {},
    take: (options) => CHECKPOINT_ROUTER.parse(options),
  },
  {
    heading: '`train(lines, options)`',
    text: 'Of `nordlys-proxy/router`.',
    group: TRAIN,
    type: ['TrainOptions', 'router/train/options.ts'],
    at: '',
    base: {},
    take: (options) => TRAIN.parse(options),
  },
  {
    heading: '`evaluate(lines, checkpoint, options)`',
    text: 'Of `nordlys-proxy/router`.',
    group: EVALUATE,
    type: ['EvaluateOptions', 'router/evaluate/evaluate.ts'],
    at: '',
    base: {},
    take: (options) => EVALUATE.parse(options),
  },
];
