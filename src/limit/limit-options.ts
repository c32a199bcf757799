import { isRecord } from '../util/json-object.js';
import type { Clock } from '../contracts/clock.js';
import type { LimitStore } from '../contracts/limit-store.js';
import type { LimitOptions, LimitRule, LimitSubject } from '../contracts/limits.js';
import { isUnset, milliseconds as checkMilliseconds, oneOf, optionError, texts } from '../options/checks.js';
import { defineOptions, type Parsed, type RowsFor } from '../options/group.js';
import { custom } from '../options/row.js';
import { choice, count, deferred, func, matching, milliseconds, nested, word } from '../options/rows.js';
import type { GatewayOptions } from '../options/types.js';
import { memoryLimits } from '../stores/memory-limits.js';
import { SPEND_SINK } from './spend-sink.js';
import { type LimitUnit, NANO, Rule } from './rules.js';
import { parsePeriod } from './windows.js';

/** `limits` with all defaults applied. */
export interface ResolvedLimits {
  readonly rules: readonly Rule[];
  readonly store: LimitStore;
  /** The gateway created the store, and closes it. */
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

const UNITS: readonly LimitUnit[] = ['requests', 'tokens', 'concurrent', 'usd'];
const SUBJECTS: readonly LimitSubject[] = ['caller', 'tenant', 'team', 'session', 'model'];
const STORE_METHODS = ['reserve', 'adjust', 'settle', 'read', 'claim', 'block', 'sync'] as const;
const NAME = /^[A-Za-z0-9._-]{1,64}$/;
const MAX_RULES = 64;
const MAX_STORE_MS = 50;
/** Largest share of a limit at which an alert is of use. */
const MAX_SHARE = 10;

export const ON_EXCEEDED = defineOptions({
  path: 'limits.rules[<n>].onExceeded',
  rows: {
    models: custom('a list of models', checkFallbacks, 'Tried in their order, without this rule.').required(),
  } satisfies RowsFor<Extract<LimitRule['onExceeded'], object>>,
});

/** Members of a rule, in `limits.rules` and in `policy.limits` of a caller. */
export const RULE = defineOptions({
  path: 'limits.rules[<n>]',
  rows: {
    name: matching(
      NAME,
      '1 to 64 letters, digits, ".", "_" or "-"',
      'Unique. Appears in headers, errors and metrics.',
    ).required(),
    by: custom(
      `${SUBJECTS.map((subject) => `\`'${subject}'\``).join(', ')}, \`(state) => key\``,
      checkSubject,
      'What shares one count. A function that returns `undefined` exempts the request from the rule.',
    ).required(),
    requests: count('requests', 'Per window.'),
    tokens: count('tokens', 'Of prompts and completions, per window.'),
    concurrent: count('requests', 'In flight at the same time.'),
    usd: custom('USD', checkBudget, 'Per window.'),
    per: deferred(
      "`'minute'`, `'hour'`, `'day'`, `'week'`, `'month'`, or a rolling window such as `'30s'` or `'24h'`",
      'The window. Not with `concurrent`.',
    ),
    timeZone: word('IANA zone of a calendar window: `Europe/Zurich`.').defaultsTo("`'UTC'`"),
    burst: count('requests or tokens', 'Of a rolling window: how many may be used at once.').defaultsTo(
      'the limit itself',
    ),
    reserve: choice(
      ['worst', 'expected'],
      "What is reserved for a completion: the most that it may have, or what 95 % of the caller's responses stay below.",
    ).or('worst'),
    onExceeded: custom(
      `\`'refuse'\`, \`'warn'\`, ${ON_EXCEEDED.shape}`,
      checkOnExceeded,
      'Beyond the limit: an error, a warning in the headers, or other models.',
    ).or('refuse'),
    alertAt: custom('a list of shares', checkAlerts, 'Shares of the limit at which `onAlert` is called.').or(
      [],
      'none',
    ),
    cached: choice(['count', 'free'], 'Whether a response from the cache counts as a request.').or('count'),
  } satisfies RowsFor<LimitRule>,
});

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

/** Options beside `limits` in `createGateway`; the stage `limit` takes them among its own. */
export const ACCOUNTING = defineOptions({
  path: 'createGateway',
  prefix: '',
  rows: {
    spendSink: nested(SPEND_SINK, 'Where spend records go, in batches. Off unless given.'),
  } satisfies RowsFor<Pick<GatewayOptions, 'spendSink'>>,
});

/**
 * `options` may contain others than those of the limits.
 * @throws TypeError naming the invalid option, the received value, and what is expected.
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

/** @throws TypeError naming the invalid rule. */
export function resolveRules(path: string, value: unknown): readonly Rule[] {
  if (!Array.isArray(value)) throw optionError(path, 'must be a list of rules', value ?? undefined);
  if (value.length > MAX_RULES) throw optionError(path, `must have at most ${MAX_RULES} rules`, value.length);
  const rules = value.map((entry: unknown, index) => resolveRule(`${path}[${index}]`, entry));
  const names = new Set<string>();
  for (const [index, { name }] of rules.entries()) {
    if (names.has(name)) throw optionError(`${path}[${index}].name`, 'is used twice', name);
    names.add(name);
  }
  return rules;
}

function resolveRule(path: string, value: unknown): Rule {
  const rule = RULE.parse(value, path);
  const { per, timeZone, burst } = rule;
  const unit = unitOf(path, rule);
  if (unit === 'concurrent' && (!isUnset(per) || timeZone !== undefined)) {
    throw optionError(`${path}.per`, 'is not for concurrent, which counts requests in flight', per);
  }
  const period = unit === 'concurrent' ? undefined : parsePeriod(path, per, timeZone);
  if (burst !== undefined && (unit === 'usd' || period?.kind !== 'rolling')) {
    throw optionError(`${path}.burst`, 'is for requests and tokens of a rolling window', burst);
  }
  return new Rule(rule, unit, period);
}

function unitOf(path: string, rule: Parsed<typeof RULE.rows>): LimitUnit {
  const given = UNITS.filter((unit) => rule[unit] !== undefined);
  if (given.length === 1) return given[0]!;
  const received = given.length === 0 ? 'none of them' : given.join(' and ');
  throw new TypeError(`${path} must have exactly one of ${UNITS.join(', ')}, got ${received}.`);
}

function checkSubject(path: string, value: unknown): LimitRule['by'] {
  const subject = typeof value === 'function' ? (value as LimitRule['by']) : SUBJECTS.find((each) => each === value);
  if (subject !== undefined) return subject;
  const words = SUBJECTS.map((each) => `"${each}"`).join(', ');
  throw optionError(path, `must be one of ${words}, or a function of the request`, value ?? undefined);
}

function checkBudget(path: string, value: unknown): number {
  if (typeof value === 'number' && value > 0 && value * NANO <= Number.MAX_SAFE_INTEGER) return value;
  throw optionError(path, 'must be a number of USD above 0 and below 9 million', value);
}

function checkOnExceeded(path: string, value: unknown): NonNullable<LimitRule['onExceeded']> {
  return isRecord(value) ? ON_EXCEEDED.parse(value, path) : oneOf(path, value, ['refuse', 'warn'] as const);
}

function checkFallbacks(path: string, value: unknown): readonly string[] {
  const models = isUnset(value) ? [] : texts(path, value);
  if (models.length > 0) return models;
  throw optionError(path, 'must name at least one model', value ?? undefined);
}

function checkAlerts(path: string, value: unknown): readonly number[] {
  if (!Array.isArray(value)) throw optionError(path, 'must be a list of shares of the limit, such as [0.5, 1]', value);
  return value.map((entry: unknown, index) => {
    if (typeof entry === 'number' && entry > 0 && entry <= MAX_SHARE) return entry;
    throw optionError(
      `${path}[${index}]`,
      `must be a share of the limit above 0, at most ${MAX_SHARE}: 0.8 is 80 %`,
      entry,
    );
  });
}

function checkBudgetStatus(path: string, value: unknown): 402 | 429 {
  if (value === 402 || value === 429) return value;
  throw optionError(path, 'must be 402 or 429', value);
}

function checkUsd(path: string, value: unknown): number {
  if (typeof value === 'number' && Number.isFinite(value) && value >= 0) return value;
  throw optionError(path, 'must be a number of USD, 0 or more', value);
}
