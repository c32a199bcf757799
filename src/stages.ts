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
 * The stages of `createGateway` one by one, for hosts that put middleware of their own between them. Mounted in this
 * order on one path they are the gateway; what they share of a request is read with `getContext(req)`.
 * All but `authenticate` let requests for other endpoints by, where they are mounted at `/v1`.
 * `route`, `cache` and `proxy` refuse every request that has not passed those before them (500 `internal_error`, whose
 * `cause` names the missing one). Where `authenticate` is missing the process warns: the host may have authenticated.
 */

/** WHO ASKS: lets known callers pass, answers 401 to all others. */
export function authenticate(options: AuthenticateOptions & CommonOptions): Middleware {
  const common = resolveStageOptions('authenticate', options);
  return runStages([authenticateStage(options, common.clock), markAuthenticated], common);
}

/** WHAT IS ASKED: reads the body, or takes what `express.json()` left, and checks it. */
export function validate(options: ValidateOptions & CommonOptions = {}): Middleware {
  const common = resolveStageOptions('validate', options);
  return chatOnly(runStages([createValidator(options, common.clock).stage], common));
}

/**
 * WHAT MAY IT COST: holds callers to their limits. Stands between `validate` and `route`, which reserves what the request
 * may take once it knows who will answer.
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

/** On its own no stage knows when a request is over: its response has closed, and its attempts have ended. */
const finishOnClose: Stage = (context) => {
  context.client.onClosed(() => context.spend?.finishWhenIdle());
  return 'next';
};

/**
 * Checks prompts, and responses before the client gets them. Stands behind `validate` and before `route`.
 *
 * @example
 * app.use('/v1/chat/completions', authenticate({ keys }), validate(), guard({ input: [redact()] }), route({ providers }), proxy());
 */
export function guard(options: GuardOptions & CommonOptions): Middleware {
  const common = resolveStageOptions('guard', options);
  return runStages([requireStages('guard', 'validate'), createGuard(options, common)], common);
}

/** WHO WILL ANSWER: plans which endpoints are asked, in which order. Stands behind `validate`. */
export function route(options: RouteOptions & CommonOptions): Middleware {
  const common = resolveStageOptions('route', options);
  const { clock, random, hooks } = common;
  const validator = createValidator({}, clock);
  const router = createRouter(options, { clock, random, hooks: hooks.hooks, validator });
  return chatOnly(runStages([requireStages('route', 'validate'), router.stage], common));
}

/** KNOWN ALREADY? Answers from the cache, or remembers what the stages behind it answer. Stands behind `route`. */
export function cache(options: CacheOptions & CommonOptions = {}): CacheMiddleware {
  const common = resolveStageOptions('cache', options);
  const { clock, hooks } = common;
  // On its own it cannot know who authenticates: a request without a caller is then not cached.
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

/** The stage `cache`, and how its responses are purged. */
export interface CacheMiddleware extends Middleware {
  /** As `gateway.purgeCache`. */
  purge(options?: PurgeOptions): Promise<void>;
}

/** ASK AND ANSWER: asks the planned endpoints until one answers, and delivers what it says. Stands behind `route`. */
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

/** Lets requests for other endpoints by. `authenticate` must not: the host may rely on it for those. */
function chatOnly(stage: Middleware): Middleware {
  return function nordlysStage(req, res, next) {
    if (next !== undefined && isOtherEndpoint(req)) return next();
    return stage(req, res, next);
  };
}
