import type { AdmissionOptions } from './runtime/admission.js';
import type { Clock } from './contracts/clock.js';
import { HookRunner } from './request/hooks.js';
import { maxRequestsForFdLimit } from './runtime/file-descriptors.js';
import { systemClock } from './util/clock.js';
import { checkNames, defineOptions, type OptionGroup, type RowsFor } from './options/group.js';
import { choice, nested } from './options/rows.js';
import { ADMIN, AUTHENTICATE } from './options/tables/authenticate.js';
import { CACHE } from './options/tables/cache.js';
import { COMMON, HOOKS } from './options/tables/common.js';
import { OBSERVE } from './options/tables/observe.js';
import { PROXY } from './options/tables/proxy.js';
import { ROUTE } from './options/tables/route.js';
import { VALIDATE } from './options/tables/validate.js';
import type { CommonOptions, GatewayOptions, ProxyOptions } from './options/types.js';
import { MIDDLEWARE } from './gateway/slots.js';
import { GUARDS } from './guard/guard-options.js';
import { ACCOUNTING, LIMITS } from './limit/limit-options.js';
import type { RunnerParts } from './request/run-stages.js';

/** The options that all stages share, with defaults filled in. */
export interface ResolvedCommon extends RunnerParts {
  readonly clock: Clock;
  readonly random: () => number;
  readonly hooks: HookRunner;
}

export interface ResolvedAdmission {
  readonly limits: AdmissionOptions;
  /** New requests are refused while the process is overloaded. */
  readonly overloadProtection: boolean;
}

export interface ResolvedGatewayOptions {
  readonly common: ResolvedCommon;
  readonly admission: ResolvedAdmission;
  /** Callers are identified, so each can have its own cache. */
  readonly hasTenants: boolean;
  /** Handling of POST requests for endpoints that are not served. */
  readonly unservedPaths: 'respond' | 'next';
}

/** Options of stages that `createGateway` takes as an object under the name of the stage. */
export const PARTS = defineOptions({
  path: 'createGateway',
  prefix: '',
  rows: {
    cache: nested(CACHE, 'Caches responses. Off unless given; `{}` is enough.'),
    limits: nested(LIMITS, 'Limits of callers. Off unless given.'),
    guards: nested(GUARDS, 'Checks of prompts and responses. Off unless given.'),
    middleware: nested(MIDDLEWARE, "The host's own middleware between the stages.").defaultsTo('none'),
    unservedPaths: choice(
      ['respond', 'next'],
      "POST requests for endpoints that are not served: `'respond'` sends 404, `'next'` leaves them to handlers mounted later.",
    ).or('respond'),
  } satisfies RowsFor<Pick<GatewayOptions, 'cache' | 'limits' | 'guards' | 'middleware' | 'unservedPaths'>>,
});

/** The options of each stage, besides the common ones. */
const STAGES = {
  authenticate: [AUTHENTICATE],
  validate: [VALIDATE],
  limit: [LIMITS, ACCOUNTING],
  guard: [GUARDS],
  route: [ROUTE],
  cache: [CACHE],
  proxy: [PROXY],
} as const satisfies Readonly<Record<string, readonly OptionGroup[]>>;
const ALL: readonly OptionGroup[] = [COMMON, AUTHENTICATE, ADMIN, VALIDATE, ROUTE, PROXY, OBSERVE, ACCOUNTING, PARTS];

/** @throws TypeError for an unknown option, or an invalid value. */
export function resolveGatewayOptions(options: GatewayOptions): ResolvedGatewayOptions {
  checkPresent('createGateway', options);
  checkNames('createGateway', options, ALL, [CACHE, LIMITS, GUARDS, HOOKS]);
  const { unservedPaths } = PARTS.read(options);
  const { keys, caller } = AUTHENTICATE.read(options);
  return {
    common: resolveCommon(options),
    admission: resolveAdmission(options),
    unservedPaths,
    hasTenants: keys !== false || caller !== undefined,
  };
}

/** How many requests may be in flight in the gateway, or in a `proxy` stage that is mounted alone. */
export function resolveAdmission(options: ProxyOptions): ResolvedAdmission {
  const { maxInFlight, maxInFlightPerCaller, overloadProtection } = PROXY.read(options);
  return {
    limits: { maxInFlight: Math.min(maxInFlight, maxRequestsForFdLimit()), maxInFlightPerCaller },
    overloadProtection,
  };
}

/** The common options of a stage that is mounted alone. */
export function resolveStageOptions(stage: keyof typeof STAGES, options: CommonOptions): ResolvedCommon {
  checkPresent(stage, options);
  const others = [...Object.values(STAGES).flat(), ADMIN, OBSERVE, PARTS, HOOKS];
  checkNames(stage, options, [...STAGES[stage], COMMON], others);
  return resolveCommon(options);
}

function resolveCommon(options: CommonOptions): ResolvedCommon {
  const { clock = systemClock, random = Math.random, hooks, errorHandling, errorFormat } = COMMON.read(options);
  return { clock, random, hooks: new HookRunner(hooks), errorHandling, errorFormat };
}

/** JavaScript code may call `createGateway()` without options. */
function checkPresent(factory: string, options: unknown): void {
  if (options === undefined) throw new TypeError(`${factory}: options are missing. Pass an object with options.`);
}
