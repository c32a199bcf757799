import type { RequestContext } from '../request/context.js';
import type { LimitHold, LimitLevel } from '../contracts/limit-store.js';
import type { Endpoint } from '../contracts/routing.js';
import type { SpendPlan } from '../contracts/spend.js';
import { type AmountParts, completionAt, priceAt } from './amounts.js';
import { type BoundRule, type Group, groupsOf, holdOf } from './bound-rules.js';
import { limitHeaders, type Standing } from './headers.js';
import type { Exceeded } from './refusals.js';
import type { GrantedReply } from './grants.js';
import type { Rule } from './rules.js';

/** The part of a request that limits read and write. */
export type SpendContext = Pick<RequestContext, 'request' | 'caller' | 'cacheStatus' | 'limitHeaders'>;

/** Below a tenth of a nano-dollar a difference is a floating-point error. */
const TOLERANCE_USD = 1e-10;
/** A lease must outlive all attempts and pauses of its request. */
const LEASE_MARGIN_MS = 30_000;
const LONGEST_REQUEST_MS = 600_000;
const EMPTY: LimitLevel = { used: 0, settled: 0, waitMs: 0 };

/** The rules of one request: what they reserve at the prices of its plan, and their levels. */
export class Holdings {
  readonly rules: readonly BoundRule[];
  readonly groups: readonly Group[];
  /** Reserved and used amounts are always equal, so nothing has to be settled. */
  readonly isFinal: boolean;
  /** Some rule reserves tokens or money. */
  readonly needsEstimates: boolean;
  plan: SpendPlan | undefined;
  /** The endpoint that `holdFor` was called for last. */
  heldFor: Endpoint | undefined;
  readonly #context: SpendContext;
  readonly #amounts: AmountParts;

  constructor(rules: readonly BoundRule[], context: SpendContext, amounts: AmountParts) {
    this.rules = rules;
    this.groups = groupsOf(rules);
    this.isFinal = this.groups.length <= 1 && rules.every(({ rule }) => rule.isFinal);
    this.needsEstimates = rules.some(({ rule }) => rule.unit === 'usd' || rule.unit === 'tokens');
    this.#context = context;
    this.#amounts = amounts;
  }

  /** Sets what every rule reserves for a request to `endpoint`. */
  holdFor(endpoint: Endpoint): void {
    this.heldFor = endpoint;
    for (const bound of this.rules) {
      const { rule } = bound;
      if (rule.unit === 'usd') bound.held = this.priceAt(endpoint, rule.reserve);
      else bound.held = rule.unit === 'tokens' ? this.tokensAt(endpoint, rule.reserve) : 1;
    }
  }

  priceAt(endpoint: Endpoint, reserve: Rule['reserve']): number {
    const plan = this.plan!;
    if (plan.usesCallerCredential(endpoint)) return 0;
    return priceAt(endpoint, plan.promptTokens(endpoint.id), reserve, this.#amounts);
  }

  tokensAt(endpoint: Endpoint, reserve: Rule['reserve']): number {
    return this.plan!.promptTokens(endpoint.id) + completionAt(endpoint, reserve, this.#amounts);
  }

  /** Whether the remaining budget, plus what is reserved already if `held`, covers `endpoint`. */
  pays(endpoint: Endpoint, isReserved: boolean): boolean {
    return this.rules.every(({ rule, enforced, level, held }) => {
      if (rule.unit !== 'usd' || !enforced || level === undefined) return true;
      const usd = this.priceAt(endpoint, rule.reserve);
      return usd <= (isReserved ? held : 0) + rule.remaining(level) + TOLERANCE_USD;
    });
  }

  holdsOf({ rules }: Group): readonly LimitHold[] {
    return rules.map((bound) => holdOf(bound, bound.held));
  }

  /** Stores the levels of the rules of `group` from a reply of the store. */
  note(group: Group, reply: GrantedReply): void {
    group.by = reply.by;
    for (let at = 0; at < reply.levels.length; at++) group.rules[at]!.level = reply.levels[at];
  }

  noteAll(replies: readonly GrantedReply[]): void {
    for (let at = 0; at < replies.length; at++) this.note(this.groups[at]!, replies[at]!);
  }

  /** The rules that refuse the request at their last known levels. */
  get exceeded(): readonly Exceeded[] {
    return this.rules.flatMap(({ rule, enforced, level, held, counter }) => {
      if (!enforced || level === undefined || level.waitMs === 0) return [];
      return [{ rule, level, isKept: level.used + rule.toStore(held) <= counter.capacity }];
    });
  }

  /** All budgets, and their levels. */
  get budgets(): readonly Exceeded[] {
    const budgets = this.rules.filter(({ rule, enforced }) => rule.unit === 'usd' && enforced);
    return budgets.map(({ rule, level }) => ({ rule, level: level ?? EMPTY, isKept: false }));
  }

  /** Sets the headers of the response. Returns the rules that warn. */
  setHeaders(now: number): readonly Rule[] {
    const standings: Standing[] = [];
    const warning: Rule[] = [];
    for (const bound of this.rules) {
      if (!isKnown(bound)) continue;
      const { rule, level, enforced } = bound;
      standings.push(bound);
      if (!enforced && rule.onExceeded === 'warn' && rule.remaining(level) <= 0) warning.push(rule);
    }
    if (standings.length === 0) return warning;
    const headers = limitHeaders(standings, now);
    if (warning.length > 0) headers['x-nordlys-limit-warning'] = warning.map(({ name }) => name).join(', ');
    const { limitHeaders: earlier } = this.#context;
    this.#context.limitHeaders = earlier === undefined ? headers : { ...earlier, ...headers };
    return warning;
  }

  /** How long the lease lives without an update: longer than the request can take. */
  get ttlMs(): number {
    let longest = LONGEST_REQUEST_MS;
    for (const { provider } of this.plan?.candidates ?? [])
      longest = Math.max(longest, provider.timeouts.totalMs ?? LONGEST_REQUEST_MS);
    return longest + LEASE_MARGIN_MS;
  }
}

/** The store has reported the level of the rule. */
function isKnown(bound: BoundRule): bound is BoundRule & Standing {
  return bound.level !== undefined;
}
