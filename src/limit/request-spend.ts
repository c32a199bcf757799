import type { RequestContext } from '../request/context.js';
import type { AttemptRecord } from '../contracts/hooks.js';
import type { LimitHold, LimitLevel } from '../contracts/limit-store.js';
import type { Endpoint } from '../contracts/routing.js';
import type { SpendDecision, SpendLease, SpendPlan } from '../contracts/spend.js';
import type { GatewayError } from '../errors/gateway-error.js';
import { randomId } from '../http/random-id.js';
import { completionAt, priceAt, type AmountParts } from './amounts.js';
import type { Blockable } from './blocks.js';
import { type BoundRule, type Group, groupsOf, holdOf, onlyMoneyEnforced } from './bound-rules.js';
import type { LimitEvent, Limits } from './limit.js';
import { limitHeaders, type Standing } from './headers.js';
import { blocked, type Exceeded, refusalOf } from './refusals.js';
import type { GrantedReply } from './resilient-store.js';
import type { Rule } from './rules.js';

/** Attempts, responses and pauses of a request, and some more: a lease must outlive them. */
const LEASE_MARGIN_MS = 30_000;
const LONGEST_REQUEST_MS = 600_000;
/** Prices that are tried before a request is refused. */
const MAX_TRIES = 4;
/** Less than the tenth part of a nano-dollar is noise of floating-point numbers. */
const TOLERANCE_USD = 1e-10;

/** The part of a request that is read and written here. */
export type SpendContext = Pick<RequestContext, 'request' | 'caller' | 'cacheStatus' | 'limitHeaders'>;

/** Told of the moments of one request; absent where it is only planned. */
export interface SpendOwner {
  entered(spend: RequestSpend): void;
  left(spend: RequestSpend, used: { readonly usd: number; readonly tokens: number }): void;
  /** Ends the request, whatever it is doing. */
  abort(error: GatewayError): void;
}

/** What one request reserves, from its plan until its response has ended. */
export class RequestSpend implements SpendLease, Blockable {
  readonly subjects: readonly string[];
  readonly session: string | undefined;
  readonly tenant: string | undefined;
  readonly #limits: Limits;
  readonly #context: SpendContext;
  readonly #owner: SpendOwner | undefined;
  readonly #rules: readonly BoundRule[];
  readonly #groups: readonly Group[];
  readonly #lease: string;
  readonly #amounts: AmountParts;
  #plan: SpendPlan | undefined;
  /** What the attempts at work may cost, by endpoint. */
  readonly #open: { readonly endpoint: Endpoint; readonly usd: number; readonly tokens: number }[] = [];
  #spentUsd = 0;
  #spentTokens = 0;
  #isReserved = false;
  #isClosed = false;
  #isFinished = false;

  constructor(
    limits: Limits,
    context: SpendContext,
    rules: readonly BoundRule[],
    who: {
      readonly subjects: readonly string[];
      readonly session: string | undefined;
      readonly tenant: string | undefined;
    },
    owner?: SpendOwner,
  ) {
    this.#owner = owner;
    this.#limits = limits;
    this.#context = context;
    this.#rules = rules;
    this.subjects = who.subjects;
    this.session = who.session;
    this.tenant = who.tenant;
    this.#groups = groupsOf(rules);
    this.#amounts = {
      request: context.request!,
      expected: (model) => limits.expectedCompletion(context, model),
      unpricedUsd: limits.options.unpriced ?? Infinity,
    };
    const isFinal = this.#groups.length <= 1 && rules.every(({ rule }) => rule.isFinal);
    this.#lease = isFinal ? '' : randomId();
  }

  // --- before the call -----------------------------------------------------------------------------------------------

  begin(plan: SpendPlan): SpendDecision | Promise<SpendDecision> {
    this.#plan = plan;
    if (plan.candidates.length === 0 || this.#rules.length === 0) {
      this.#owner?.entered(this);
      return { kind: 'reserved', tooDear: [] };
    }
    return this.#tryFrom(plan.candidates, 0);
  }

  preview(plan: SpendPlan): SpendDecision | Promise<SpendDecision> {
    return settledAll(this.#read(plan), (all) => this.#foresee(all));
  }

  previewNow(plan: SpendPlan): SpendDecision {
    const replies = this.#read(plan).map((reply, index) =>
      reply instanceof Promise ? this.#knownReply(this.#groups[index]!) : reply,
    );
    return this.#foresee(replies);
  }

  #read(plan: SpendPlan): readonly (GrantedReply | Promise<GrantedReply>)[] {
    this.#plan = plan;
    const first = plan.candidates[0];
    if (first === undefined) return [];
    this.#hold(first);
    return this.#groups.map((group) => this.#limits.store.read({ group: group.name, holds: this.#holdsOf(group) }));
  }

  #knownReply(group: Group): GrantedReply {
    const levels = this.#holdsOf(group).map(({ counter, amount }) => {
      const level = this.#limits.store.known(group.name, counter.field) ?? EMPTY;
      return { ...level, waitMs: level.used + amount <= counter.capacity ? 0 : undefined };
    });
    return { outcome: 'granted', levels, by: 'none' };
  }

  #foresee(replies: readonly GrantedReply[]): SpendDecision {
    for (const [index, reply] of replies.entries()) this.#note(this.#groups[index]!, reply);
    const exceeded = this.#exceeded();
    const candidates = this.#plan!.candidates;
    const tooDear = candidates.filter((endpoint) => !this.#pays(endpoint, false));
    const isOnlyMoney = exceeded.every(({ rule }) => rule.unit === 'usd');
    if (exceeded.length === 0 || (isOnlyMoney && tooDear.length < candidates.length))
      return { kind: 'reserved', tooDear };
    return this.#otherModels(exceeded) ?? raise(this.#refuse(exceeded));
  }

  optionError(): GatewayError {
    const exceeded = this.#rules.filter(({ rule, enforced }) => rule.unit === 'usd' && enforced);
    return this.#refuse(exceeded.map(({ rule, level }) => ({ rule, level: level ?? EMPTY })));
  }

  #tryFrom(candidates: readonly Endpoint[], tries: number): SpendDecision | Promise<SpendDecision> {
    const first = candidates[0]!;
    this.#hold(first);
    const replies = this.#groups.map((group) =>
      this.#limits.store.reserve({
        group: group.name,
        lease: this.#lease,
        ttlMs: this.#ttlMs,
        holds: this.#holdsOf(group),
      }),
    );
    return settledAll(replies, (all) => {
      for (const [index, reply] of all.entries()) this.#note(this.#groups[index]!, reply);
      if (all.every(({ outcome }) => outcome === 'granted')) return this.#reserved();
      this.#giveBack(all);
      return this.#instead(candidates, tries);
    });
  }

  #reserved(): SpendDecision {
    this.#isReserved = true;
    this.#tellClient();
    this.#owner?.entered(this);
    this.#limits.watchAlerts(this.#rules);
    const tooDear = this.#plan!.candidates.filter((endpoint) => !this.#pays(endpoint, true));
    return { kind: 'reserved', tooDear };
  }

  /** Whether what is left, and what is `held` for this request already, pays for `endpoint`. */
  #pays(endpoint: Endpoint, isReserved: boolean): boolean {
    return this.#rules.every(({ rule, enforced, level, held }) => {
      if (rule.unit !== 'usd' || !enforced || level === undefined) return true;
      const usd = this.#priceAt(endpoint, rule.reserve);
      return usd <= (isReserved ? held : 0) + rule.remaining(level) + TOLERANCE_USD;
    });
  }

  /** A cheaper endpoint, other models, or an error. */
  #instead(candidates: readonly Endpoint[], tries: number): SpendDecision | Promise<SpendDecision> {
    const exceeded = this.#exceeded();
    const models = this.#otherModels(exceeded);
    if (models !== undefined) return models;
    const isOnlyMoney = exceeded.every(({ rule }) => rule.unit === 'usd');
    const price = this.#priceAt(candidates[0]!, 'worst');
    const cheaper = candidates.filter(
      (endpoint) => this.#priceAt(endpoint, 'worst') < price && this.#pays(endpoint, false),
    );
    if (isOnlyMoney && cheaper.length > 0 && tries < MAX_TRIES) return this.#tryFrom(cheaper, tries + 1);
    throw this.#refuse(exceeded);
  }

  /** Where a rule that is exceeded names other models, it does not hold for them. */
  #otherModels(exceeded: readonly Exceeded[]): SpendDecision | undefined {
    for (const bound of this.#rules) {
      const { onExceeded } = bound.rule;
      if (typeof onExceeded !== 'object' || !exceeded.some(({ rule }) => rule === bound.rule)) continue;
      bound.enforced = false;
      this.#count(bound.rule, 'fallback');
      this.#context.limitHeaders = { ...this.#context.limitHeaders, 'x-nordlys-limit-fallback': bound.rule.name };
      return { kind: 'models', models: onExceeded.models };
    }
    return undefined;
  }

  // --- between two attempts ------------------------------------------------------------------------------------------

  reprice(endpoint: Endpoint, beside: boolean): boolean | Promise<boolean> {
    const usd = this.#priceAt(endpoint, 'worst');
    const tokens = this.#tokensAt(endpoint, 'worst');
    const enter = (isGranted: boolean): boolean => {
      if (isGranted) this.#open.push({ endpoint, usd, tokens });
      return isGranted;
    };
    if (!this.#isReserved || this.#isFinished) return enter(true);
    const changed = this.#rules.filter((bound) => this.#raise(bound, endpoint, beside));
    if (changed.length === 0) return enter(true);
    const groups = this.#groups.filter((group) => group.rules.some((bound) => changed.includes(bound)));
    const replies = groups.map((group) => {
      const holds = this.#holdsOf(group).filter((_, index) => changed.includes(group.rules[index]!));
      // What a further attempt takes of tokens is counted; only money stops it.
      const order = {
        group: group.name,
        lease: this.#lease,
        ttlMs: this.#ttlMs,
        holds: onlyMoneyEnforced(holds, group, changed),
      };
      return this.#limits.store.adjust(order, group.by ?? 'store');
    });
    return settledAll(replies, (all) => {
      const isGranted = all.every(({ outcome }) => outcome !== 'refused');
      if (!isGranted) this.#limits.countBudgetExclusion();
      return enter(isGranted);
    });
  }

  attemptEnded(endpoint: Endpoint, record: AttemptRecord): void {
    const { possiblyBilled, outcome, costUsd } = record;
    const at = this.#open.findIndex((open) => open.endpoint === endpoint);
    const [reserved] = at < 0 ? [] : this.#open.splice(at, 1);
    if (possiblyBilled || outcome === 'ok' || costUsd !== undefined) this.#charge(endpoint, record, reserved?.usd ?? 0);
    if (this.#isClosed && !this.isAtWork) this.finish();
  }

  #charge(endpoint: Endpoint, { costUsd, tokens, outcome }: AttemptRecord, reservedUsd: number): void {
    const own = this.#plan?.usesCallerCredential(endpoint) === true;
    let usd = own ? 0 : (costUsd ?? this.#limits.options.unpriced ?? 0);
    if (outcome === 'cancelled' && this.#limits.options.onAbort === 'reserved') usd = Math.max(usd, reservedUsd);
    this.#spentUsd += usd;
    this.#spentTokens += tokens ?? 0;
  }

  /** True where the reservation of `bound` had to grow. */
  #raise(bound: BoundRule, endpoint: Endpoint, beside: boolean): boolean {
    const { rule } = bound;
    if (rule.unit !== 'usd' && rule.unit !== 'tokens') return false;
    const isMoney = rule.unit === 'usd';
    let needed = isMoney ? this.#spentUsd : this.#spentTokens;
    if (beside) for (const open of this.#open) needed += isMoney ? open.usd : open.tokens;
    needed += isMoney ? this.#priceAt(endpoint, rule.reserve) : this.#tokensAt(endpoint, rule.reserve);
    if (needed <= bound.held) return false;
    bound.held = needed;
    return true;
  }

  // --- afterwards ----------------------------------------------------------------------------------------------------

  /** The response has ended, and all attempts with it. Takes effect once. */
  finish(): void {
    if (this.#isFinished) return;
    this.#isFinished = true;
    this.#owner?.left(this, { usd: this.#spentUsd, tokens: this.#spentTokens });
    if (!this.#isReserved || this.#lease === '') return;
    for (const group of this.#groups) {
      const holds = group.rules.map((bound) => holdOf(bound, this.#usedOf(bound)));
      const reply = this.#limits.store.settle({ group: group.name, lease: this.#lease, holds }, group.by ?? 'store');
      this.#limits.settling(
        settledAll([reply], ([settled]) => {
          this.#note(group, settled!);
          this.#limits.watchAlerts(group.rules);
        }),
      );
    }
  }

  abort(untilMs: number, subject: string): void {
    this.#owner?.abort(blocked(subject.split(' ', 1)[0]!, untilMs));
  }

  /** Some attempt is under way. */
  get isAtWork(): boolean {
    return this.#open.length > 0;
  }

  /** For stages that stand alone: the response has closed, and an attempt may still be ending. */
  finishWhenIdle(): void {
    this.#isClosed = true;
    if (!this.isAtWork) this.finish();
  }

  #usedOf({ rule }: BoundRule): number {
    switch (rule.unit) {
      case 'requests':
        return rule.cached === 'free' && this.#context.cacheStatus === 'HIT' ? 0 : 1;
      case 'concurrent':
        return 0;
      case 'tokens':
        return this.#spentTokens;
      case 'usd':
        return this.#spentUsd;
    }
  }

  // --- amounts -------------------------------------------------------------------------------------------------------

  #hold(endpoint: Endpoint): void {
    for (const bound of this.#rules) {
      const { rule } = bound;
      if (rule.unit === 'usd') bound.held = this.#priceAt(endpoint, rule.reserve);
      else bound.held = rule.unit === 'tokens' ? this.#tokensAt(endpoint, rule.reserve) : 1;
    }
  }

  #priceAt(endpoint: Endpoint, reserve: Rule['reserve']): number {
    const plan = this.#plan!;
    if (plan.usesCallerCredential(endpoint)) return 0;
    return priceAt(endpoint, plan.promptTokens(endpoint.id), reserve, this.#amounts);
  }

  #tokensAt(endpoint: Endpoint, reserve: Rule['reserve']): number {
    return this.#plan!.promptTokens(endpoint.id) + completionAt(endpoint, reserve, this.#amounts);
  }

  get #ttlMs(): number {
    const totals = this.#plan!.candidates.map(({ provider }) => provider.timeouts.totalMs);
    return Math.max(LONGEST_REQUEST_MS, ...totals) + LEASE_MARGIN_MS;
  }

  // --- replies -------------------------------------------------------------------------------------------------------

  #holdsOf({ rules }: Group): readonly LimitHold[] {
    return rules.map((bound) => holdOf(bound, bound.held));
  }

  #note(group: Group, reply: GrantedReply): void {
    group.by = reply.by;
    for (const [index, level] of reply.levels.entries()) group.rules[index]!.level = level;
  }

  #exceeded(): readonly Exceeded[] {
    return this.#rules.flatMap(({ rule, enforced, level }) =>
      enforced && level !== undefined && level.waitMs !== 0 ? [{ rule, level }] : [],
    );
  }

  #giveBack(replies: readonly GrantedReply[]): void {
    for (const [index, { outcome, by }] of replies.entries()) {
      if (outcome !== 'granted') continue;
      const group = this.#groups[index]!;
      const holds = this.#holdsOf(group).map((hold) => ({ ...hold, amount: 0 }));
      this.#limits.settling(this.#limits.store.settle({ group: group.name, lease: this.#lease, holds }, by));
    }
  }

  #refuse(exceeded: readonly Exceeded[]): GatewayError {
    this.#tellClient();
    for (const { rule } of exceeded) this.#count(rule, 'refused');
    return refusalOf(exceeded, this.#limits.now, this.#limits.options.budgetStatus);
  }

  #count(rule: Rule, event: LimitEvent): void {
    if (this.#owner !== undefined) this.#limits.count(rule, event);
  }

  #tellClient(): void {
    const standings: Standing[] = [];
    const warned: string[] = [];
    for (const { rule, level, enforced } of this.#rules) {
      if (level === undefined) continue;
      standings.push({ rule, level });
      if (!enforced && rule.onExceeded === 'warn' && rule.remaining(level) <= 0) {
        warned.push(rule.name);
        this.#count(rule, 'warned');
      }
    }
    if (standings.length === 0) return;
    const headers = limitHeaders(standings, this.#limits.now);
    if (warned.length > 0) headers['x-nordlys-limit-warning'] = warned.join(', ');
    this.#context.limitHeaders = { ...this.#context.limitHeaders, ...headers };
  }
}

const EMPTY: LimitLevel = { used: 0, settled: 0, waitMs: 0 };

function raise(error: Error): never {
  throw error;
}

/** Goes on at once where no reply has to be waited for. */
function settledAll<T>(
  replies: readonly (GrantedReply | Promise<GrantedReply>)[],
  then: (replies: readonly GrantedReply[]) => T | Promise<T>,
): T | Promise<T> {
  if (replies.some((reply) => reply instanceof Promise)) return Promise.all(replies).then(then);
  return then(replies as readonly GrantedReply[]);
}
