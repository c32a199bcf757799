import { Admission } from './runtime/admission.js';
import { authenticateStage } from './authenticate/authenticate.js';
import { createCache } from './cache/cache.js';
import type { Stage } from './request/context.js';
import type { LimitOptions } from './contracts/limits.js';
import type { PurgeOptions } from './cache/purge-options.js';
import type { GuardOptions } from './contracts/guard.js';
import { createGuard } from './guard/guard.js';
import { warnIfUnauthenticated, requireStages, markAuthenticated } from './request/require-stages.js';
import type { Middleware } from './http/middleware.js';
import { isOtherEndpoint } from './http/request-path.js';
import type { AuthenticateOptions } from './options/authenticate-types.js';
import type { CacheOptions } from './options/cache-types.js';
import type { CommonOptions, GatewayOptions, ProxyOptions, RouteOptions, ValidateOptions } from './options/types.js';
import { Limits } from './limit/limit.js';
import { overloadOf } from './runtime/overload.js';
import { createProxy } from './proxy/proxy.js';
import { resolveAdmission, resolveStageOptions } from './resolve-options.js';
import { createRouter } from './route/route.js';
import { runStages } from './request/run-stages.js';
import { createValidator } from './validate/validate.js';

/**
 * The stages of `createGateway` one by one, for hosts that mount their own middleware between them. Mounted in this
 * order on one path they are the gateway; `getContext(req)` returns the state that they share. Mounted at `/v1`, all
 * but `authenticate` pass on requests for other endpoints. `route`, `cache` and `proxy` refuse requests that have not
 * passed the stages before them (500 `internal_error`, whose `cause` names the missing one). A missing `authenticate`
 * is only a process warning, because the host may authenticate.
 */

/**
 * Stage that identifies the caller by its API key; requests without a valid key get 401.
 *
 * @example
 * app.use('/v1/chat/completions', authenticate({ verifyKey: (key) => owners.get(sha256(key)) }), validate(), route({ providers }), proxy());
 */
export function authenticate(options: AuthenticateOptions & CommonOptions): Middleware {
  const common = resolveStageOptions('authenticate', options);
  return runStages([authenticateStage(options, common.clock), markAuthenticated], common);
}

/**
 * Stage that reads the body, or uses the result of `express.json()`, and validates the request.
 *
 * @example
 * app.use('/v1/chat/completions', authenticate({ keys }), validate({ bodyLimit: 1_048_576 }), route({ providers }), proxy());
 */
export function validate(options: ValidateOptions & CommonOptions = {}): Middleware {
  const common = resolveStageOptions('validate', options);
  return chatOnly(runStages([createValidator(options, common.clock).stage], common));
}

/**
 * Stage that enforces limits and budgets of callers. Mount it between `validate` and `route`, which reserves the
 * amounts once the candidates are known.
 *
 * @example
 * limit({ rules: [{ name: 'rpm', by: 'caller', requests: 600, per: '1m' }] })
 */
export function limit(options: LimitOptions & CommonOptions & Pick<GatewayOptions, 'spendSink'>): Middleware {
  const common = resolveStageOptions('limit', options);
  const { clock, hooks } = common;
  const limits = new Limits(options, { clock, hooks, spendSink: options.spendSink ?? undefined });
  return runStages(
    [requireStages('limit', 'validate'), warnIfUnauthenticated('limit'), limits.stage, finishOnClose],
    common,
  );
}

/** A `limit` stage that is mounted alone settles when the response has closed and all attempts have ended. */
const finishOnClose: Stage = (context) => {
  context.client.onClosed(() => context.spend?.finishWhenIdle());
  return 'next';
};

/**
 * Stage that checks prompts, and responses before the client gets them. Mount it between `validate` and `route`.
 *
 * @example
 * app.use('/v1/chat/completions', authenticate({ keys }), validate(), guard({ input: [redact()] }), route({ providers }), proxy());
 */
export function guard(options: GuardOptions & CommonOptions): Middleware {
  const common = resolveStageOptions('guard', options);
  return runStages([requireStages('guard', 'validate'), createGuard(options, common)], common);
}

/**
 * Stage that plans which endpoints are tried, in which order. Mount it after `validate`.
 *
 * @example
 * route({ providers: { openai: { baseUrl: 'https://api.openai.com/v1', apiKey, models: ['gpt-5-mini'] } } })
 */
export function route(options: RouteOptions & CommonOptions): Middleware {
  const common = resolveStageOptions('route', options);
  const { clock, random, hooks } = common;
  const validator = createValidator({}, clock);
  const router = createRouter(options, { clock, random, hooks: hooks.hooks, validator });
  return chatOnly(runStages([requireStages('route', 'validate'), router.stage], common));
}

/**
 * Stage that responds from the cache, or stores the response of the stages after it. Mount it after `route`.
 *
 * @example
 * const responses = cache({ maxEntries: 1_000, ttlMs: 300_000 });
 * app.use('/v1/chat/completions', authenticate({ keys }), validate(), route({ providers }), responses, proxy());
 */
export function cache(options: CacheOptions & CommonOptions = {}): CacheMiddleware {
  const common = resolveStageOptions('cache', options);
  const { clock, hooks } = common;
  // A stage that is mounted alone cannot see the options of `authenticate`. Requests without a caller are not cached.
  const { stage, purge } = createCache(options, {
    clock,
    hasTenants: true,
    hooks: hooks.hooks,
    report: hooks.report,
  });
  const middleware = chatOnly(
    runStages([requireStages('cache', 'validate', 'route'), warnIfUnauthenticated('cache'), stage], common),
  );
  return Object.assign(middleware, { purge });
}

/** The `cache` stage, with a method to purge it. */
export interface CacheMiddleware extends Middleware {
  /** As `gateway.purgeCache`. */
  purge(options?: PurgeOptions): Promise<void>;
}

/**
 * Stage that tries the planned endpoints until one responds, and sends its response. Mount it after `route`.
 *
 * @example
 * proxy({ maxAttempts: 3, transport: undiciTransport() })
 */
export function proxy(options: ProxyOptions & CommonOptions = {}): Middleware {
  const common = resolveStageOptions('proxy', options);
  const { limits, overloadProtection } = resolveAdmission(options);
  const admission = new Admission(limits, overloadProtection ? overloadOf(common.clock) : undefined);
  const { stage } = createProxy(options, common);
  return chatOnly(
    runStages(
      [requireStages('proxy', 'validate', 'route'), warnIfUnauthenticated('proxy'), admission.admitCaller, stage],
      {
        ...common,
        admission,
      },
    ),
  );
}

/** Passes on requests for other endpoints. `authenticate` does not, because the host may rely on it for them. */
function chatOnly(stage: Middleware): Middleware {
  return function nordlysStage(req, res, next) {
    if (next !== undefined && isOtherEndpoint(req)) return next();
    return stage(req, res, next);
  };
}
