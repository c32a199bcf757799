import { isRecord } from '../util/json-object.js';
import type { Clock } from '../contracts/clock.js';
import type { LimitStore } from '../contracts/limit-store.js';
import type { LimitOptions, LimitRule, LimitSubject } from '../contracts/limits.js';
import {
  knownMembers,
  optionalCount,
  optionalList,
  optionalMilliseconds,
  optionalOneOf,
  optionError,
} from '../options/checks.js';
import { memoryLimits } from '../stores/memory-limits.js';
import { type LimitUnit, NANO, Rule } from './rules.js';
import { parsePeriod } from './windows.js';

/** `limits` with nothing left open. */
export interface ResolvedLimits {
  readonly rules: readonly Rule[];
  readonly store: LimitStore;
  /** It was made here, and is closed with the gateway. */
  readonly ownsStore: boolean;
  readonly onStoreError: 'local' | 'open' | 'closed';
  readonly storeTimeoutMs: number;
  readonly processes: number | undefined;
  readonly budgetStatus: 402 | 429;
  readonly onAbort: 'delivered' | 'reserved' | 'drain';
  readonly drainMs: number;
  readonly unpriced: number | undefined;
  readonly onAlert: LimitOptions['onAlert'];
}

const MEMBERS = [
  'rules',
  'store',
  'onStoreError',
  'storeTimeoutMs',
  'processes',
  'budgetStatus',
  'onAbort',
  'drainMs',
  'unpriced',
  'onAlert',
] as const satisfies readonly (keyof LimitOptions)[];
const RULE_MEMBERS = [
  'name',
  'by',
  'requests',
  'tokens',
  'concurrent',
  'usd',
  'per',
  'timeZone',
  'burst',
  'reserve',
  'onExceeded',
  'alertAt',
  'cached',
] as const satisfies readonly (keyof LimitRule)[];
const UNITS: readonly LimitUnit[] = ['requests', 'tokens', 'concurrent', 'usd'];
const SUBJECTS: readonly LimitSubject[] = ['caller', 'tenant', 'team', 'session', 'model'];
const STORE_METHODS = ['reserve', 'adjust', 'settle', 'read', 'claim', 'block', 'sync'] as const;
const NAME = /^[A-Za-z0-9._-]{1,64}$/;
const MAX_RULES = 64;
const MAX_STORE_MS = 50;

/** Of the options of a stage, those that are limits. */
export function limitMembers(options: object): Partial<LimitOptions> {
  return Object.fromEntries(Object.entries(options).filter(([name]) => (MEMBERS as readonly string[]).includes(name)));
}

/** @throws TypeError naming the option at fault, what came, and what would do. */
export function resolveLimits(value: unknown, clock: Clock, path = 'limits'): ResolvedLimits {
  const members = knownMembers(path, value, MEMBERS);
  const { store, onAlert } = members;
  if (store !== undefined && store !== null) checkStore(`${path}.store`, store);
  if (onAlert !== undefined && typeof onAlert !== 'function')
    throw optionError(`${path}.onAlert`, 'must be a function', onAlert);
  const storeTimeoutMs = optionalMilliseconds(`${path}.storeTimeoutMs`, members['storeTimeoutMs']) ?? MAX_STORE_MS;
  if (storeTimeoutMs > MAX_STORE_MS) {
    throw optionError(
      `${path}.storeTimeoutMs`,
      `must be ${MAX_STORE_MS} or less: requests wait for it`,
      storeTimeoutMs,
    );
  }
  return {
    rules: resolveRules(`${path}.rules`, members['rules']),
    store: (store as LimitStore | undefined) ?? memoryLimits({ clock }),
    ownsStore: store === undefined || store === null,
    onStoreError:
      optionalOneOf(`${path}.onStoreError`, members['onStoreError'], ['local', 'open', 'closed']) ?? 'local',
    storeTimeoutMs,
    processes: optionalCount(`${path}.processes`, members['processes'], 'processes'),
    budgetStatus: budgetStatus(`${path}.budgetStatus`, members['budgetStatus']),
    onAbort: optionalOneOf(`${path}.onAbort`, members['onAbort'], ['delivered', 'reserved', 'drain']) ?? 'delivered',
    drainMs: optionalMilliseconds(`${path}.drainMs`, members['drainMs']) ?? 30_000,
    unpriced: optionalUsd(`${path}.unpriced`, members['unpriced']),
    onAlert: onAlert as LimitOptions['onAlert'],
  };
}

/** @throws TypeError naming the rule at fault. */
export function resolveRules(path: string, value: unknown): readonly Rule[] {
  if (!Array.isArray(value)) throw optionError(path, 'must be a list of rules', value ?? 'nothing');
  if (value.length > MAX_RULES) throw optionError(path, `must have at most ${MAX_RULES} rules`, value.length);
  const rules = value.map((entry: unknown, index) => resolveRule(`${path}[${index}]`, entry));
  const names = new Set<string>();
  for (const [index, { name }] of rules.entries()) {
    if (names.has(name)) throw optionError(`${path}[${index}].name`, 'stands twice', name);
    names.add(name);
  }
  return rules;
}

function resolveRule(path: string, value: unknown): Rule {
  const members = knownMembers(path, value, RULE_MEMBERS);
  const { name, by, per } = members;
  if (typeof name !== 'string' || !NAME.test(name)) {
    throw optionError(`${path}.name`, 'must be 1 to 64 letters, digits, ".", "_" or "-"', name ?? 'nothing');
  }
  if (typeof by !== 'function' && !SUBJECTS.includes(by as LimitSubject)) {
    const words = SUBJECTS.map((word) => `"${word}"`).join(', ');
    throw optionError(`${path}.by`, `must be one of ${words}, or a function of the request`, by ?? 'nothing');
  }
  const unit = unitOf(path, members);
  checkLimit(`${path}.${unit}`, unit, members[unit]);
  if (unit === 'concurrent' && (per ?? members['timeZone']) !== undefined) {
    throw optionError(`${path}.per`, 'is not for concurrent, which counts what is at work now', per);
  }
  const period = unit === 'concurrent' ? undefined : parsePeriod(path, per, members['timeZone']);
  const burst = optionalCount(`${path}.burst`, members['burst'], unit);
  if (burst !== undefined && (unit === 'usd' || period?.kind !== 'rolling')) {
    throw optionError(`${path}.burst`, 'is for requests and tokens of a rolling window', burst);
  }
  optionalOneOf(`${path}.reserve`, members['reserve'], ['worst', 'expected']);
  optionalOneOf(`${path}.cached`, members['cached'], ['count', 'free']);
  checkOnExceeded(`${path}.onExceeded`, members['onExceeded']);
  checkAlerts(`${path}.alertAt`, members['alertAt']);
  return new Rule(withoutNulls(members) as never as LimitRule, unit, period);
}

function unitOf(path: string, members: Readonly<Record<string, unknown>>): LimitUnit {
  const given = UNITS.filter((unit) => (members[unit] ?? undefined) !== undefined);
  if (given.length === 1) return given[0]!;
  const received = given.length === 0 ? 'none of them' : given.join(' and ');
  throw new TypeError(`${path} must have exactly one of ${UNITS.join(', ')}, got ${received}.`);
}

function checkLimit(path: string, unit: LimitUnit, value: unknown): void {
  if (unit !== 'usd') {
    optionalCount(path, value, unit === 'concurrent' ? 'requests' : unit);
    return;
  }
  const usd = optionalUsd(path, value)!;
  if (usd === 0 || usd * NANO > Number.MAX_SAFE_INTEGER) {
    throw optionError(path, 'must be a number of USD above 0 and below 9 million', usd);
  }
}

function checkOnExceeded(path: string, value: unknown): void {
  if (!isRecord(value)) {
    optionalOneOf(path, value, ['refuse', 'warn']);
    return;
  }
  const models = optionalList(`${path}.models`, knownMembers(path, value, ['models'])['models']);
  if (models === undefined || models.length === 0) {
    throw optionError(`${path}.models`, 'must name at least one model', models ?? 'nothing');
  }
}

function checkAlerts(path: string, value: unknown): void {
  if (value === undefined || value === null) return;
  const isRatio = (entry: unknown): boolean => typeof entry === 'number' && entry > 0 && entry <= 10;
  if (!Array.isArray(value) || !value.every(isRatio)) {
    throw optionError(path, 'must be a list of shares of the limit, such as [0.5, 0.8, 1]', value);
  }
}

function budgetStatus(path: string, value: unknown): 402 | 429 {
  if (value === undefined || value === null) return 402;
  if (value === 402 || value === 429) return value;
  throw optionError(path, 'must be 402 or 429', value);
}

function optionalUsd(path: string, value: unknown): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'number' && Number.isFinite(value) && value >= 0) return value;
  throw optionError(path, 'must be a number of USD, 0 or more', value);
}

function checkStore(path: string, value: unknown): void {
  const missing = STORE_METHODS.find((name) => typeof Reflect.get(Object(value), name) !== 'function');
  if (missing === undefined) return;
  throw optionError(path, `must be a limit store, such as redisLimits(client); it has no ${missing}()`, value);
}

function withoutNulls(members: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== null && value !== undefined));
}
