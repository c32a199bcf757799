import { isRecord } from '../util/json-object.js';
import type { Clock } from '../contracts/clock.js';
import type { LimitStore } from '../contracts/limit-store.js';
import type { LimitOptions, LimitRule, LimitSubject } from '../contracts/limits.js';
import {
  knownMembers,
  optionalCount,
  optionalList,
  optionalOneOf,
  optionError,
  milliseconds as checkMilliseconds,
} from '../options/checks.js';
import { defineOptions, type RowsFor } from '../options/group.js';
import { custom } from '../options/row.js';
import { choice, count, func, milliseconds, nested } from '../options/rows.js';
import type { GatewayOptions } from '../options/types.js';
import { memoryLimits } from '../stores/memory-limits.js';
import { SPEND_SINK } from './spend-sink.js';
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

export const LIMITS = defineOptions({
  path: 'limits',
  rows: {
    rules: custom('a list of rules', resolveRules, 'A request passes when every rule admits it.').required(),
    store: custom('`memoryLimits()`, `redisLimits()`, your own', checkStore, 'Where usage is counted.').defaultsTo(
      '`memoryLimits()`',
    ),
    onStoreError: choice(
      ['local', 'open', 'closed'],
      "While the store fails: `'local'` grants this process's share, `'open'` admits all requests, `'closed'` refuses them (503).",
    ).or('local'),
    storeTimeoutMs: custom('milliseconds, 50 at most', checkStoreTimeout, 'How long a request waits for the store.').or(
      MAX_STORE_MS,
    ),
    processes: count('processes', 'Processes that share the limits while the store fails.').defaultsTo(
      'as many as the store has last seen',
    ),
    budgetStatus: custom('`402`, `429`', checkBudgetStatus, 'Status of a request that exceeds a budget.').or(402),
    onAbort: choice(
      ['delivered', 'reserved', 'drain'],
      'What a stream costs whose client has disconnected: what was delivered, what was reserved, or what the upstream reports when its response is read to the end.',
    ).or('delivered'),
    drainMs: milliseconds("With `onAbort: 'drain'`: how long such a response is read.").or(30_000),
    unpriced: custom(
      'USD',
      checkUsd,
      'What a request to an endpoint without a price counts as under a `usd` rule. Without it such an endpoint is refused at start-up.',
    ),
    onAlert: func<NonNullable<LimitOptions['onAlert']>>(
      '(alert) => void',
      'Called once per rule, key and window for each threshold of `alertAt`.',
    ),
  } satisfies RowsFor<LimitOptions>,
});

/** Beside `limits` in `createGateway`, and among the options of the stage `limit`. */
export const ACCOUNTING = defineOptions({
  path: 'createGateway',
  prefix: '',
  rows: {
    spendSink: nested(SPEND_SINK, 'Where spend records go, in batches. Off unless given.'),
  } satisfies RowsFor<Pick<GatewayOptions, 'spendSink'>>,
});

/**
 * Other options may stand beside those of the limits.
 * @throws TypeError naming the option at fault, what came, and what would do.
 */
export function resolveLimits(options: LimitOptions, clock: Clock): ResolvedLimits {
  const { store, ...given } = LIMITS.read(options);
  return { ...given, store: store ?? memoryLimits({ clock }), ownsStore: store === undefined };
}

function checkStore(path: string, value: unknown): LimitStore {
  const missing = STORE_METHODS.find((name) => typeof Reflect.get(Object(value), name) !== 'function');
  if (missing === undefined) return value as LimitStore;
  throw optionError(path, `must be a limit store, such as redisLimits(client); it has no ${missing}()`, value);
}

function checkStoreTimeout(path: string, value: unknown): number {
  const timeoutMs = checkMilliseconds(path, value);
  if (timeoutMs <= MAX_STORE_MS) return timeoutMs;
  throw optionError(path, `must be ${MAX_STORE_MS} or less: requests wait for it`, value);
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
  const usd = checkUsd(path, value);
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

function checkBudgetStatus(path: string, value: unknown): 402 | 429 {
  if (value === 402 || value === 429) return value;
  throw optionError(path, 'must be 402 or 429', value);
}

function checkUsd(path: string, value: unknown): number {
  if (typeof value === 'number' && Number.isFinite(value) && value >= 0) return value;
  throw optionError(path, 'must be a number of USD, 0 or more', value);
}

function withoutNulls(members: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== null && value !== undefined));
}
