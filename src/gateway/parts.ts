import { adminGuard, type AdminGuard } from '../authenticate/admin.js';
import { authenticateStage } from '../authenticate/authenticate.js';
import { createCache, type Cache } from '../cache/cache.js';
import type { ChatRequest } from '../chat/types.js';
import type { Clock } from '../contracts/clock.js';
import { limitsOf } from '../limit/gateway-limits.js';
import type { Limits } from '../limit/limit.js';
import { createObservation, type Observation } from '../observe/observe.js';
import type { GatewayOptions } from '../options/types.js';
import { createProxy, type Proxy } from '../proxy/proxy.js';
import type { Stage } from '../request/context.js';
import type { RunnerParts } from '../request/run-stages.js';
import { resolveGatewayOptions } from '../resolve-options.js';
import { createRouter, type Router } from '../route/route.js';
import { Admission } from '../runtime/admission.js';
import { overloadOf } from '../runtime/overload.js';
import { createValidator, type Validator } from '../validate/validate.js';
import { createFastPath } from './fast-path.js';
import { reportingUnserved } from './unserved-models.js';

/** Everything that one gateway is made of. A new stage is one member here and one line in `chatStages`. */
export interface GatewayParts extends Observation {
  readonly clock: Clock;
  readonly runner: RunnerParts;
  readonly admission: Admission;
  readonly authenticate: Stage;
  readonly admin: AdminGuard;
  readonly validator: Validator;
  /** `undefined` where nothing is limited or accounted. */
  readonly limits: Limits | undefined;
  readonly router: Router;
  readonly cache: Cache | undefined;
  readonly proxy: Proxy;
}

/** @throws TypeError for an option that is wrong: its name, what came, and what would do. */
export function createParts(options: GatewayOptions): GatewayParts {
  const { common, admission, hasTenants } = resolveGatewayOptions(options);
  const { clock, random } = common;
  const observation = createObservation(options, common.hooks, clock);
  const { hooks, diagnostics } = observation;

  const authenticate = authenticateStage(options, clock);
  const cache = options.cache === undefined ? undefined : createCache(options.cache, { clock, hasTenants });
  const readLater = (bytes: Buffer): ChatRequest => validator.parse(bytes).request;
  const limits = limitsOf(options, { clock, hooks, diagnostics });
  // A cache hit by body bytes would not be counted against the limits, and its prompt could not be captured.
  const mayAnswerUnread = limits === undefined && !options.telemetry?.content;
  const fastPath = mayAnswerUnread ? createFastPath(cache, hooks.hooks, readLater) : undefined;
  const validator = createValidator(options, clock, fastPath);
  const router = createRouter(options, { clock, random, hooks: hooks.hooks, validator, ...limits?.forRouter });

  return {
    ...observation,
    clock,
    runner: { ...common, hooks },
    admission: new Admission(admission.limits, admission.overloadProtection ? overloadOf(clock) : undefined),
    authenticate,
    admin: adminGuard(options, authenticate),
    validator,
    limits,
    router: reportingUnserved(router, hooks, diagnostics),
    cache,
    proxy: createProxy(options, { clock, random, hooks }),
  };
}
