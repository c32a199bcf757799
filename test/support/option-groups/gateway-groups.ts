import { MIDDLEWARE } from '../../../src/gateway/slots.js';
import { createGateway } from '../../../src/gateway.js';
import { ADMIN, AUTHENTICATE } from '../../../src/options/tables/authenticate.js';
import { COMMON, HOOKS } from '../../../src/options/tables/common.js';
import { CALLER_METRICS, OBSERVE, TELEMETRY } from '../../../src/options/tables/observe.js';
import { HEDGING, PROXY } from '../../../src/options/tables/proxy.js';
import { VALIDATE } from '../../../src/options/tables/validate.js';
import { PARTS } from '../../../src/resolve-options.js';
import { authenticate, proxy, validate } from '../../../src/stages.js';
import { everyStage, gateway, PROVIDERS, TYPES, type PublicGroup } from './public-group.js';

/** What `createGateway` and its stages take, but for routes, cache, limits and guards. */
export const gatewayGroups: readonly PublicGroup[] = [
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
    heading: 'Optional parts',
    text: 'Of `createGateway`.',
    group: PARTS,
    type: ['GatewayOptions', TYPES],
    at: '',
    base: {},
    take: gateway,
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
];
