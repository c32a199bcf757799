import { hash } from 'node:crypto';
import type { LimitCounter, LimitLevel } from '../contracts/limit-store.js';
import type { LimitRule, LimitState, LimitSubject } from '../contracts/limits.js';
import { SLOTS } from '../stores/limit-counters.js';
import { type Period, windowAt, type Window } from './windows.js';

export type LimitUnit = 'requests' | 'tokens' | 'concurrent' | 'usd';

/** Money is counted in whole nano-USD: sums of fractions of a cent stay exact. */
export const NANO = 1_000_000_000;
/** Longer keys are hashed, because every call of the store contains them. */
const MAX_KEY = 128;
/** Sums of scaled amounts are exact up to this number. */
const MAX_EXACT = 2 ** 50;

/** Most keys of a rule whose counters are cached. */
const MAX_PLACES = 1_000;

/** The counter of a key, and its group. */
interface CountedAt {
  readonly tenant: string;
  readonly group: string;
  readonly counter: LimitCounter;
}

/** A rule with all defaults applied: what it counts, for whom, and how the store counts it. */
export class Rule {
  readonly name: string;
  readonly unit: LimitUnit;
  /** In requests, tokens or USD. */
  readonly limit: number;
  /** `limit`, as headers state it. */
  readonly limitText: string;
  /** Units of the store per request, token or USD. */
  readonly scale: number;
  readonly by: LimitSubject | undefined;
  readonly reserve: 'worst' | 'expected';
  readonly onExceeded: 'refuse' | 'warn' | { readonly models: readonly string[] };
  readonly alertAt: readonly number[];
  readonly cached: 'count' | 'free';
  readonly #keyOf: (state: LimitState) => string | undefined;
  readonly #period: Period | undefined;
  readonly #counts: Pick<LimitCounter, 'kind' | 'capacity' | 'rate'>;
  readonly #places = new Map<string, CountedAt>();
  #window: Window = { start: 0, end: 0 };
  #policy = { ms: 0, text: '' };

  constructor(rule: Omit<LimitRule, 'per'>, unit: LimitUnit, period: Period | undefined) {
    this.name = rule.name;
    this.unit = unit;
    this.limit = rule[unit]!;
    this.limitText = String(this.limit);
    this.by = typeof rule.by === 'function' ? undefined : rule.by;
    this.#keyOf = typeof rule.by === 'function' ? rule.by : KEYS[rule.by];
    this.reserve = rule.reserve ?? 'worst';
    this.onExceeded = rule.onExceeded ?? 'refuse';
    this.alertAt = [...(rule.alertAt ?? [])].sort((a, b) => a - b);
    this.cached = rule.cached ?? 'count';
    this.#period = period;
    const { scale, ...counts } = countsOf(this.unit, this.limit, period, rule.burst);
    this.scale = scale;
    this.#counts = counts;
  }

  /** Who is counted; `undefined`: the rule does not apply to this request. */
  keyOf(state: LimitState): string | undefined {
    const key = this.#keyOf(state);
    return key === undefined || key === null || key === '' ? undefined : String(key);
  }

  /** The amount does not change between reservation and settlement, unless cached responses are free. */
  get isFinal(): boolean {
    return this.unit === 'requests' && this.cached === 'count';
  }

  /** `amount` requests, tokens or USD in units of the store. */
  toStore(amount: number): number {
    return Math.min(Math.round(amount * this.scale), Number.MAX_SAFE_INTEGER);
  }

  /** The counter of `key` at `now` (Unix time in milliseconds). */
  counterAt(key: string, now: number): LimitCounter {
    const name = `${this.name}:${fieldOf(key)}`;
    if (this.#period?.kind !== 'calendar') return { field: name, expiresAt: 0, ...this.#counts };
    const { start, end } = this.windowAt(now);
    return { field: `${name}:${start.toString(36)}`, expiresAt: end, ...this.#counts };
  }

  /** The counter of `key` of `tenant` at `now`. Cached for its window, because most callers send several requests. */
  placeOf(key: string, tenant: string, now: number): CountedAt {
    const known = this.#places.get(key);
    if (
      known !== undefined &&
      known.tenant === tenant &&
      (known.counter.expiresAt === 0 || now < known.counter.expiresAt)
    ) {
      return known;
    }
    if (this.#places.size >= MAX_PLACES) this.#places.clear();
    const place = { tenant, group: groupOf(this, key, tenant), counter: this.counterAt(key, now) };
    this.#places.set(key, place);
    return place;
  }

  /** The calendar window that contains `now`, computed once. */
  windowAt(now: number): Window {
    const period = this.#period;
    if (period?.kind === 'calendar' && (now < this.#window.start || now >= this.#window.end)) {
      this.#window = windowAt(period.unit, period.zone, now);
    }
    return this.#window;
  }

  /** Unix time in milliseconds at which a calendar window ends. */
  resetsAt(now: number): number | undefined {
    return this.#period?.kind === 'calendar' ? this.windowAt(now).end : undefined;
  }

  /** Milliseconds of a window; `undefined` where there is none. */
  windowMs(now: number): number | undefined {
    if (this.#period === undefined) return undefined;
    if (this.#period.kind === 'rolling') return this.#period.ms;
    const { start, end } = this.windowAt(now);
    return end - start;
  }

  /** The unit of the headers: the draft has whole numbers only, so money is reported in cents. */
  get headerScale(): number {
    return this.unit === 'usd' ? 100 : 1;
  }

  /** The rule as `RateLimit-Policy` states it; `undefined` without a window. */
  policyAt(now: number): string | undefined {
    const ms = this.windowMs(now);
    if (ms === undefined) return undefined;
    if (ms !== this.#policy.ms) {
      const unit = this.unit === 'requests' ? '' : `;qu="${this.unit === 'usd' ? 'usd-cents' : this.unit}"`;
      const quota = Math.floor(this.limit * this.headerScale);
      this.#policy = { ms, text: `"${this.name}";q=${quota}${unit};w=${Math.ceil(ms / 1_000)}` };
    }
    return this.#policy.text;
  }

  /** The largest amount that can be used at once, in requests, tokens or USD. */
  get capacity(): number {
    return this.#counts.capacity / this.scale;
  }

  /** The remaining amount at this level, in requests, tokens or USD. */
  remaining({ used }: LimitLevel): number {
    return Math.max(0, (this.#counts.capacity - used) / this.scale);
  }

  /** Milliseconds until `level` is back at zero. */
  resetMs({ used }: LimitLevel, now: number): number {
    if (this.#counts.kind === 'bucket') return Math.ceil(used / this.#counts.rate);
    if (this.#counts.kind === 'sliding') return used > 0 ? this.#counts.rate * SLOTS : 0;
    return Math.max(0, (this.resetsAt(now) ?? now) - now);
  }
}

type Counts = Pick<LimitCounter, 'kind' | 'capacity' | 'rate'> & { readonly scale: number };

function countsOf(unit: LimitUnit, limit: number, period: Period | undefined, burst: number | undefined): Counts {
  if (period === undefined) return { kind: 'held', capacity: limit, rate: 0, scale: 1 };
  if (unit === 'usd') {
    const capacity = Math.round(limit * NANO);
    if (period.kind === 'calendar') return { kind: 'window', capacity, rate: 0, scale: NANO };
    return { kind: 'sliding', capacity, rate: Math.ceil(period.ms / SLOTS), scale: NANO };
  }
  if (period.kind === 'calendar') return { kind: 'window', capacity: limit, rate: 0, scale: 1 };
  return bucketOf(limit, period.ms, burst ?? limit);
}

/** `limit` per `ms`, in units so small that a whole number of them drains each millisecond. */
function bucketOf(limit: number, ms: number, burst: number): Counts {
  const common = greatestCommonDivisor(limit, ms);
  const scale = ms / common;
  if (burst * scale <= MAX_EXACT) return { kind: 'bucket', capacity: burst * scale, rate: limit / common, scale };
  return { kind: 'bucket', capacity: (burst * ms) / limit, rate: 1, scale: ms / limit };
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

const KEYS: { readonly [Subject in LimitSubject]: (state: LimitState) => string | undefined } = {
  caller: ({ caller }) => caller.id,
  tenant: ({ caller }) => tenantOf(caller),
  team: ({ caller }) => textMember(caller['team']),
  // Two callers may use the same session name.
  session: ({ caller, session }) => (session === undefined ? undefined : `${caller.id}/${session}`),
  model: ({ model }) => model,
};

/** The tenant of a caller, which is the group of its counters. */
export function tenantOf(caller: LimitState['caller']): string {
  return textMember(caller['tenant']) ?? textMember(caller['team']) ?? caller.id;
}

/**
 * The group of a counter. All counters of a tenant are in one group, so that one call of the store serves a request; a counter
 * that tenants share has a group of its own.
 */
export function groupOf(rule: Rule, key: string, tenant: string): string {
  const isTenants = rule.by === 'caller' || rule.by === 'session' || (rule.by !== 'model' && key === tenant);
  return isTenants ? `tenant/${tenant}` : `rule/${rule.name}/${key}`;
}

function textMember(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function fieldOf(key: string): string {
  const field = encodeURIComponent(key);
  return field.length <= MAX_KEY ? field : hash('sha256', key);
}
