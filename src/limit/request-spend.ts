import type { AttemptRecord } from '../contracts/hooks.js';
import type { LimitOrder } from '../contracts/limit-store.js';
import type { Endpoint } from '../contracts/routing.js';
import type { SpendDecision, SpendLease, SpendPlan } from '../contracts/spend.js';
import type { GatewayError } from '../errors/gateway-error.js';
import { AttemptCosts } from './attempt-costs.js';
import { type BoundRule, type Group, growthOf, holdOf, onlyMoneyEnforced } from './bound-rules.js';
import { Holdings, type SpendContext } from './holdings.js';
import { newLeaseName } from './lease-name.js';
import { blocked, type Exceeded, refusalOf } from './refusals.js';
import { isOnlyMoney, lastKnownReply, settledAll } from './replies.js';
import type { GrantedReply, WaitLimits } from './grants.js';
import type { LimitEvent, OpenSpend, SpendOwner, SpendServices, SpendSubject } from './spend-owner.js';
import type { Rule } from './rules.js';

/** Endpoints whose price is tried before a request is refused. */
const MAX_TRIES = 4;

/** What one request reserves, from its plan until the end of its response. */
export class RequestSpend implements SpendLease, OpenSpend {
  readonly subjects: () => readonly string[];
  place: number | undefined = undefined;
  readonly who: SpendSubject;
  readonly #limits: SpendServices;
  readonly #context: SpendContext;
  readonly #owner: SpendOwner | undefined;
  readonly #holdings: Holdings;
  #lease = '';
  readonly #waitLimits: WaitLimits;
  readonly #costs: AttemptCosts;
  #state: 'planned' | 'reserved' | 'finished' = 'planned';
  #isClosed = false;

  constructor(
    limits: SpendServices,
    context: SpendContext,
    rules: readonly BoundRule[],
    who: SpendSubject,
    owner?: SpendOwner,
  ) {
    this.#limits = limits;
    this.#context = context;
    this.#owner = owner;
    this.#waitLimits = { leftMs: limits.options.storeTimeoutMs - who.waitedMs };
    this.#costs = new AttemptCosts(limits.options);
    this.subjects = who.subjects;
    this.who = who;
    this.#holdings = new Holdings(rules, context, {
      request: context.request!,
      expected: (model) => limits.expectedCompletion(context, model),
      unpricedUsd: limits.options.unpriced ?? Infinity,
    });
  }

  // --- before the call -----------------------------------------------------------------------------------------------

  begin(plan: SpendPlan): SpendDecision | Promise<SpendDecision> {
    this.#holdings.plan = plan;
    if (plan.candidates.length === 0 || this.#holdings.rules.length === 0) {
      this.#owner?.onOpened(this);
      return { kind: 'reserved', tooDear: [] };
    }
    return this.#tryFrom(plan.candidates, 0);
  }

  preview(plan: SpendPlan): SpendDecision | Promise<SpendDecision> {
    return settledAll(this.#read(plan), (replies) => this.#foresee(replies));
  }

  previewNow(plan: SpendPlan): SpendDecision {
    const replies = this.#read(plan).map((reply, index) =>
      reply instanceof Promise
        ? lastKnownReply(this.#limits.store, this.#orderOf(this.#holdings.groups[index]!))
        : reply,
    );
    return this.#foresee(replies);
  }

  refusal(): GatewayError {
    return this.#refuse(this.#holdings.budgets);
  }

  #tryFrom(candidates: readonly Endpoint[], tries: number): SpendDecision | Promise<SpendDecision> {
    this.#holdings.holdFor(candidates[0]!);
    // Each try has a lease of its own: what gives the one before back may reach the store after this one.
    this.#lease = this.#holdings.isFinal ? '' : newLeaseName();
    const replies = this.#holdings.groups.map((group) =>
      this.#limits.store.reserve(this.#orderOf(group), this.#waitLimits),
    );
    return settledAll(replies, (all) => {
      this.#holdings.noteAll(all);
      if (all.every(({ outcome }) => outcome === 'granted')) return this.#reserved();
      this.#giveBack(all);
      return this.#instead(candidates, tries);
    });
  }

  #reserved(): SpendDecision {
    this.#state = 'reserved';
    this.#setHeaders();
    this.#owner?.onOpened(this);
    const { rules, plan } = this.#holdings;
    this.#limits.watchAlerts(rules);
    return { kind: 'reserved', tooDear: plan!.candidates.filter((endpoint) => !this.#holdings.pays(endpoint, true)) };
  }

  /** A cheaper endpoint, other models, or an error. */
  #instead(candidates: readonly Endpoint[], tries: number): SpendDecision | Promise<SpendDecision> {
    const { exceeded } = this.#holdings;
    const models = this.#otherModels(exceeded);
    if (models !== undefined) return models;
    const price = this.#holdings.priceAt(candidates[0]!, 'worst');
    const cheaper = candidates.filter(
      (endpoint) => this.#holdings.priceAt(endpoint, 'worst') < price && this.#holdings.pays(endpoint, false),
    );
    if (isOnlyMoney(exceeded) && cheaper.length > 0 && tries < MAX_TRIES) return this.#tryFrom(cheaper, tries + 1);
    throw this.#refuse(exceeded);
  }

  /** An exceeded rule that names fallback models is not enforced for them. */
  #otherModels(exceeded: readonly Exceeded[]): SpendDecision | undefined {
    for (const bound of this.#holdings.rules) {
      const { onExceeded } = bound.rule;
      if (typeof onExceeded !== 'object' || !exceeded.some(({ rule }) => rule === bound.rule)) continue;
      bound.enforced = false;
      this.#count(bound.rule, 'fallback');
      this.#context.limitHeaders = { ...this.#context.limitHeaders, 'x-nordlys-limit-fallback': bound.rule.name };
      return { kind: 'models', models: onExceeded.models };
    }
    return undefined;
  }

  // --- previews of a plan ----------------------------------------------------------------------------------------------

  #read(plan: SpendPlan): readonly (GrantedReply | Promise<GrantedReply>)[] {
    this.#holdings.plan = plan;
    if (plan.candidates.length === 0) return [];
    this.#holdings.holdFor(plan.candidates[0]!);
    return this.#holdings.groups.map((group) => this.#limits.store.read(this.#orderOf(group)));
  }

  #foresee(replies: readonly GrantedReply[]): SpendDecision {
    this.#holdings.noteAll(replies);
    const { exceeded, plan } = this.#holdings;
    const { candidates } = plan!;
    const tooDear = candidates.filter((endpoint) => !this.#holdings.pays(endpoint, false));
    if (exceeded.length === 0 || (isOnlyMoney(exceeded) && tooDear.length < candidates.length)) {
      return { kind: 'reserved', tooDear };
    }
    const models = this.#otherModels(exceeded);
    if (models !== undefined) return models;
    throw this.#refuse(exceeded);
  }

  // --- between two attempts ------------------------------------------------------------------------------------------

  reprice(endpoint: Endpoint, beside: boolean): boolean | Promise<boolean> {
    const { rules } = this.#holdings;
    const raised = this.#isCovered(endpoint) ? [] : rules;
    const before = raised.map(({ held }) => held);
    const growing = raised.filter((bound) => this.#raise(bound, endpoint, beside));
    if (growing.length === 0) {
      this.#costs.began(endpoint);
      return true;
    }
    return settledAll(this.#adjust(growing, before), (replies) => {
      if (replies.every(({ outcome }) => outcome !== 'refused')) {
        this.#costs.began(endpoint);
        return true;
      }
      for (const [index, bound] of rules.entries()) bound.held = before[index]!;
      this.#limits.countBudgetExclusion();
      return false;
    });
  }

  /** Nothing depends on the endpoint of the next attempt, or it is the first one and its amount is what was reserved. */
  #isCovered(endpoint: Endpoint): boolean {
    if (this.#state !== 'reserved' || !this.needsEstimates) return true;
    return this.#holdings.heldFor === endpoint && !this.#costs.hasBegun;
  }

  attemptEnded(endpoint: Endpoint, record: AttemptRecord, correct?: (costUsd: number) => void): void {
    const isOwn = this.#holdings.plan?.usesCallerCredential(endpoint) === true;
    const charged = this.#costs.ended(endpoint, record, isOwn, (each) => this.#holdings.priceAt(each, 'worst'));
    if (charged !== undefined) correct?.(charged);
    if (this.#isClosed) this.finishWhenIdle();
  }

  /** True if the reservation of `bound` has to grow. */
  #raise(bound: BoundRule, endpoint: Endpoint, beside: boolean): boolean {
    const { unit, reserve } = bound.rule;
    if (unit !== 'usd' && unit !== 'tokens') return false;
    const amountAt = (each: Endpoint, most: Rule['reserve']): number =>
      unit === 'usd' ? this.#holdings.priceAt(each, most) : this.#holdings.tokensAt(each, most);
    const needed = this.#costs.neededFor(unit, amountAt(endpoint, reserve), beside, (each) => amountAt(each, 'worst'));
    if (needed <= bound.held) return false;
    bound.held = needed;
    return true;
  }

  #adjust(raised: readonly BoundRule[], before: readonly number[]): readonly (GrantedReply | Promise<GrantedReply>)[] {
    const { groups, rules } = this.#holdings;
    return groups
      .map((group) => ({ ...group, rules: group.rules.filter((bound) => raised.includes(bound)) }))
      .filter((group) => group.rules.length > 0)
      .map((group) => {
        const growth = group.rules.map((bound) => growthOf(bound, before[rules.indexOf(bound)]!));
        const order = { ...this.#orderOf(group), holds: onlyMoneyEnforced(group) };
        return this.#limits.store.adjust(order, growth, group.by ?? 'store', this.#waitLimits);
      });
  }

  // --- afterwards ----------------------------------------------------------------------------------------------------

  finish(): void {
    if (this.#state === 'finished') return;
    const wasReserved = this.#state === 'reserved';
    this.#state = 'finished';
    this.#owner?.onClosed(this, this.#costs);
    if (!wasReserved || this.#lease === '') return;
    for (const group of this.#holdings.groups) {
      const holds = group.rules.map((bound) => holdOf(bound, this.#usedOf(bound)));
      const reply = this.#limits.store.settle({ group: group.name, lease: this.#lease, holds }, group.by ?? 'store');
      if (reply instanceof Promise) this.#limits.settling(reply.then((settled) => this.#settled(group, settled)));
      else this.#settled(group, reply);
    }
  }

  #settled(group: Group, reply: GrantedReply): void {
    this.#holdings.note(group, reply);
    this.#limits.watchAlerts(group.rules);
  }

  finishWhenIdle(): void {
    this.#isClosed = true;
    if (this.#costs.open === 0) this.finish();
  }

  abort(untilMs: number, subject: string): void {
    this.#owner?.abort(blocked(subject.split(' ', 1)[0]!, untilMs));
  }

  get rules(): readonly BoundRule[] {
    return this.#holdings.rules;
  }

  get needsEstimates(): boolean {
    return this.#holdings.needsEstimates;
  }

  /** Some attempt is in flight. */
  get hasOpenAttempts(): boolean {
    return this.#costs.open > 0;
  }

  #usedOf({ rule }: BoundRule): number {
    switch (rule.unit) {
      case 'requests':
        return rule.cached === 'free' && this.#context.cacheStatus === 'HIT' ? 0 : 1;
      case 'concurrent':
        return 0;
      case 'tokens':
        return this.#costs.tokens;
      case 'usd':
        return this.#costs.usd;
    }
  }

  // --- replies -------------------------------------------------------------------------------------------------------

  #orderOf(group: Group): LimitOrder {
    const holds = this.#holdings.holdsOf(group);
    return { group: group.name, lease: this.#lease, ttlMs: this.#holdings.ttlMs, holds };
  }

  #giveBack(replies: readonly GrantedReply[]): void {
    for (const [index, { outcome, by }] of replies.entries()) {
      if (outcome !== 'granted') continue;
      const group = this.#holdings.groups[index]!;
      const holds = group.rules.map((bound) => holdOf(bound, 0));
      this.#limits.settling(this.#limits.store.settle({ group: group.name, lease: this.#lease, holds }, by));
    }
  }

  #refuse(exceeded: readonly Exceeded[]): GatewayError {
    this.#setHeaders();
    for (const { rule } of exceeded) this.#count(rule, 'refused');
    return refusalOf(exceeded, this.#limits.now, this.#limits.options.budgetStatus);
  }

  #setHeaders(): void {
    for (const rule of this.#holdings.setHeaders(this.#limits.now)) this.#count(rule, 'warned');
  }

  #count(rule: Rule, event: LimitEvent): void {
    if (this.#owner !== undefined) this.#limits.count(rule, event);
  }
}
