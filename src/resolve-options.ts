import type { AdmissionOptions } from './runtime/admission.js';
import type { AdminOptions } from './options/admin.js';
import type { Clock } from './contracts/clock.js';
import type { LimitOptions } from './contracts/limits.js';
import { HookRunner } from './request/hooks.js';
import { maxRequestsForFdLimit } from './runtime/file-descriptors.js';
import { systemClock } from './util/clock.js';
import type {
  AuthenticateOptions,
  CacheOptions,
  CommonOptions,
  GatewayOptions,
  ObserveOptions,
  ProxyOptions,
  RouteOptions,
  ValidateOptions,
} from './options/types.js';
import {
  knownMembers,
  optionalBoolean,
  optionalCount,
  optionalOneOf,
  optionError,
  formatValue,
} from './options/checks.js';
import type { GuardOptions } from './contracts/guard.js';
import { resolveTelemetry } from './observe/telemetry-options.js';
import type { RunnerParts } from './request/run-stages.js';

/** What every stage shares, with nothing left open. */
export interface ResolvedCommon extends RunnerParts {
  readonly clock: Clock;
  readonly random: () => number;
  readonly hooks: HookRunner;
}

export interface ResolvedAdmission {
  readonly limits: AdmissionOptions;
  /** New requests are refused while the process is at its limit. */
  readonly overloadProtection: boolean;
}

export interface ResolvedGatewayOptions {
  readonly common: ResolvedCommon;
  readonly admission: ResolvedAdmission;
  /** Callers can be told apart, so each can have a cache of its own. */
  readonly hasTenants: boolean;
}

// Each list must name every option of its type: one that is forgotten does not compile.
const COMMON = names<CommonOptions>({ hooks: 1, errorHandling: 1, clock: 1, random: 1 });
const AUTHENTICATE = names<AuthenticateOptions>({ keys: 1, verifyKey: 1, caller: 1, anonymous: 1, allowedOrigins: 1 });
const ADMIN = names<AdminOptions>({ admin: 1, adminKeys: 1 });
const VALIDATE = names<ValidateOptions>({
  bodyLimit: 1,
  bodyTimeoutMs: 1,
  unknownFields: 1,
  unknownContentParts: 1,
  unknownTools: 1,
});
const ROUTE = names<RouteOptions>({
  providers: 1,
  defaultModel: 1,
  aliases: 1,
  callerOverrides: 1,
  timeouts: 1,
  autoModels: 1,
  priceCatalog: 1,
});
const GUARD = names<GuardOptions>({ input: 1, output: 1 });
const CACHE = names<CacheOptions>({
  maxEntries: 1,
  maxBytes: 1,
  ttlMs: 1,
  shouldCache: 1,
  store: 1,
  coalesce: 1,
  shared: 1,
  usageOnHit: 1,
  ignoresBeforeAttempt: 1,
});
const PROXY = names<ProxyOptions>({
  maxAttempts: 1,
  retryNonIdempotent: 1,
  hedging: 1,
  maxInFlight: 1,
  overloadProtection: 1,
  maxInFlightPerCaller: 1,
  maxInFlightPerProvider: 1,
  transport: 1,
  errorFormat: 1,
  upstreamErrors: 1,
});

const OBSERVE = names<ObserveOptions>({ logger: 1, onDiagnostic: 1, telemetry: 1 });

const LIMIT = names<LimitOptions & Pick<GatewayOptions, 'spendSink'>>({
  rules: 1,
  store: 1,
  onStoreError: 1,
  storeTimeoutMs: 1,
  processes: 1,
  budgetStatus: 1,
  onAbort: 1,
  drainMs: 1,
  unpriced: 1,
  onAlert: 1,
  spendSink: 1,
});

const STAGES = {
  authenticate: AUTHENTICATE,
  validate: VALIDATE,
  limit: LIMIT,
  guard: GUARD,
  route: ROUTE,
  cache: CACHE,
  proxy: PROXY,
} as const;

/** @throws TypeError for an option that nobody knows, or a value that is wrong. */
export function resolveGatewayOptions(options: GatewayOptions): ResolvedGatewayOptions {
  const known = [
    ...COMMON,
    ...AUTHENTICATE,
    ...ADMIN,
    ...VALIDATE,
    ...ROUTE,
    ...PROXY,
    ...OBSERVE,
    'cache',
    'guards',
    'limits',
    'spendSink',
    'unservedPaths',
    'middleware',
  ];
  asked('createGateway', options);
  knownMembers('createGateway', options, known);
  if ((options.cache ?? undefined) !== undefined) knownMembers('cache', options.cache, CACHE);
  if ((options.guards ?? undefined) !== undefined) knownMembers('guards', options.guards, GUARD);
  checkObserveOptions(options);
  return {
    common: resolveCommon(options, options.errorFormat),
    admission: resolveAdmission(options),
    hasTenants: options.keys !== false || options.caller !== undefined,
  };
}

/** How many requests may be at work: in the gateway, or in a `proxy` that is mounted by itself. */
export function resolveAdmission(options: ProxyOptions): ResolvedAdmission {
  const { maxInFlight, maxInFlightPerCaller, overloadProtection } = options;
  return {
    limits: {
      maxInFlight: Math.min(optionalCount('maxInFlight', maxInFlight, 'requests') ?? 5_000, maxRequestsForFdLimit()),
      maxInFlightPerCaller: optionalCount('maxInFlightPerCaller', maxInFlightPerCaller, 'requests') ?? Infinity,
    },
    overloadProtection: optionalBoolean('overloadProtection', overloadProtection) ?? false,
  };
}

/** The options that a stage on its own has in common with all others. */
export function resolveStageOptions(
  stage: keyof typeof STAGES,
  options: CommonOptions & Pick<ProxyOptions, 'errorFormat'>,
): ResolvedCommon {
  asked(stage, options);
  knownMembers(stage, options, [...COMMON, ...STAGES[stage], 'errorFormat']);
  return resolveCommon(options, options.errorFormat);
}

function resolveCommon(options: CommonOptions, errorFormat: ProxyOptions['errorFormat']): ResolvedCommon {
  return {
    clock: options.clock ?? systemClock,
    random: options.random ?? Math.random,
    hooks: new HookRunner(options.hooks),
    errorHandling: optionalOneOf('errorHandling', options.errorHandling, ['respond', 'next']) ?? 'respond',
    errorFormat: optionalOneOf('errorFormat', errorFormat, ['openai', 'openrouter']) ?? 'openai',
  };
}

/** JavaScript may call `createGateway()`, and is told what goes between the parentheses. */
function asked(factory: string, options: unknown): void {
  if (options === undefined) throw new TypeError(`${factory}: options are missing. Give it an object of options.`);
}

function checkObserveOptions({ logger, onDiagnostic, telemetry }: ObserveOptions): void {
  if (logger !== undefined) withMethods('logger', logger, ['debug', 'info', 'warn', 'error']);
  if (onDiagnostic !== undefined && typeof onDiagnostic !== 'function') {
    throw optionError('onDiagnostic', 'must be a function', onDiagnostic);
  }
  if (telemetry === undefined) return;
  resolveTelemetry(telemetry);
}

function withMethods(path: string, value: unknown, methods: readonly string[]): void {
  const missing = methods.find((name) => typeof Reflect.get(Object(value), name) !== 'function');
  if (missing === undefined) return;
  throw new TypeError(
    `${path} must have the methods ${methods.join(', ')}, got ${formatValue(value)} without ${missing}.`,
  );
}

type KeysOf<Options> = Options extends unknown ? keyof Options : never;

function names<Options>(known: Record<KeysOf<Options>, 1>): readonly string[] {
  return Object.keys(known);
}
