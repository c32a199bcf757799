import { Admission } from './runtime/admission.js';
import { authenticateStage } from './authenticate/authenticate.js';
import { createCache } from './cache/cache.js';
import { warnIfUnauthenticated, requireStages, markAuthenticated } from './request/require-stages.js';
import type { Middleware } from './http/middleware.js';
import { isOtherEndpoint } from './http/request-path.js';
import type { AuthenticateOptions } from './options/authenticate-types.js';
import type { CacheOptions } from './options/cache-types.js';
import type { CommonOptions, ProxyOptions, RouteOptions, ValidateOptions } from './options/types.js';
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

/** WHO WILL ANSWER: plans which endpoints are asked, in which order. Stands behind `validate`. */
export function route(options: RouteOptions & CommonOptions): Middleware {
  const common = resolveStageOptions('route', options);
  const { clock, random, hooks } = common;
  const validator = createValidator({}, clock);
  const router = createRouter(options, { clock, random, hooks: hooks.hooks, validator });
  return chatOnly(runStages([requireStages('route', 'validate'), router.stage], common));
}

/** KNOWN ALREADY? Answers from the cache, or remembers what the stages behind it answer. Stands behind `route`. */
export function cache(options: CacheOptions & CommonOptions = {}): Middleware {
  const common = resolveStageOptions('cache', options);
  // On its own it cannot know who authenticates: a request without a caller is then not cached.
  const { stage } = createCache(options, { clock: common.clock, hasTenants: true });
  return chatOnly(
    runStages([requireStages('cache', 'validate', 'route'), warnIfUnauthenticated('cache'), stage], common),
  );
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
