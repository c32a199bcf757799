import { adminGuard, type AdminGuard } from '../authenticate/admin.js';
import { authenticateStage } from '../authenticate/authenticate.js';
import { createCache, type Cache } from '../cache/cache.js';
import type { ChatRequest } from '../chat/types.js';
import type { Clock } from '../contracts/clock.js';
import { createGuard } from '../guard/guard.js';
import { textRedactor } from '../guard/redact-text.js';
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
import { createSlots, type Slots } from './slots.js';
import { reportUnserved } from './unserved-models.js';

/** The parts of one gateway. A new stage is one member here and one line in `chatStages`. */
export interface GatewayParts extends Observation {
  readonly clock: Clock;
  readonly runner: RunnerParts;
  readonly admission: Admission;
  readonly authenticate: Stage;
  readonly admin: AdminGuard;
  readonly validator: Validator;
  /** Handling of POST requests for endpoints that are not served. */
  readonly unservedPaths: 'respond' | 'next';
  /** `undefined` without guards. */
  readonly guard: Stage | undefined;
  /** `undefined`: no limits and no accounting. */
  readonly limits: Limits | undefined;
  readonly router: Router;
  readonly cache: Cache | undefined;
  readonly proxy: Proxy;
  /** The host's own middleware between the stages. */
  readonly slots: Slots;
}

/** @throws TypeError for an invalid option, with its name, the value received and the values allowed. */
export function createParts(options: GatewayOptions): GatewayParts {
  const { common, admission, hasTenants, unservedPaths } = resolveGatewayOptions(options);
  const { clock, random } = common;
  const guards = options.guards ?? undefined;
  const redact = guards && textRedactor(guards);
  const observation = createObservation(options, { hooks: common.hooks, clock, redact });
  const { hooks, diagnostics } = observation;

  const authenticate = authenticateStage(options, clock);
  const cacheOptions = options.cache ?? undefined;
  const cache =
    cacheOptions === undefined
      ? undefined
      : createCache(cacheOptions, { clock, hasTenants, hooks: common.hooks.hooks, report: hooks.report });
  const parseLater = (bytes: Buffer): ChatRequest => validator.parse(bytes).request;
  const slots = createSlots(options.middleware, { clock, totalMs: () => router.totalMs() });
  const limits = limitsOf(options, { clock, hooks, diagnostics });
  // The fast path responds before validate, limit and route: it must not bypass the host's middleware or the
  // limits, and a prompt that was not parsed cannot be captured.
  const guard = guards && createGuard(guards, { clock, hooks });
  const hasFastPath =
    guard === undefined &&
    !options.telemetry?.content &&
    limits === undefined &&
    slots.afterValidate.length === 0 &&
    slots.afterRoute.length === 0;
  const fastPath = hasFastPath ? createFastPath(cache, hooks.hooks, parseLater) : undefined;
  const validator = createValidator(options, clock, fastPath);
  const router = createRouter(options, { clock, random, hooks: hooks.hooks, validator, ...limits?.forRouter });
  reportUnserved(router, hooks, diagnostics);

  return {
    ...observation,
    clock,
    runner: { ...common, hooks },
    admission: new Admission(admission.limits, admission.overloadProtection ? overloadOf(clock) : undefined),
    authenticate,
    admin: adminGuard(options, authenticate),
    validator,
    unservedPaths,
    guard,
    limits,
    router,
    cache,
    proxy: createProxy(options, { clock, random, hooks }),
    slots,
  };
}
