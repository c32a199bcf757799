import type { ChatRequest } from '../chat/types.js';
import type { RequestContext, Stage } from '../request/context.js';
import type { Caller } from '../contracts/caller.js';
import type { Clock } from '../contracts/clock.js';
import type {
  CallerPolicy,
  CallerUsage,
  LimitBlock,
  LimitOptions,
  LimitRule,
  LimitState,
  SpendSinkOptions,
  UsageReport,
} from '../contracts/limits.js';
import type { Endpoint } from '../contracts/routing.js';
import type { SpendLease } from '../contracts/spend.js';
import type { HookRunner } from '../request/hooks.js';
import { CancelSource } from '../util/cancellation.js';
import { optionError } from '../options/checks.js';
import { Accounts } from './accounts.js';
import { Alerts } from './alerts.js';
import { Blocks, parseBlock } from './blocks.js';
import { type BoundRule, boundTo } from './bound-rules.js';
import { checkEndpoints, type ServedNames } from './check-endpoints.js';
import { CompletionEstimate } from './completion-estimate.js';
import { resolveLimits, resolveRules, type ResolvedLimits } from './limit-options.js';
import { blocked } from './refusals.js';
import { RequestSpend } from './request-spend.js';
import type { LimitEvent, OpenSpend, SpendOwner, SpendServices } from './spend-owner.js';
import { ResilientStore } from './resilient-store.js';
import { type Rule, tenantOf } from './rules.js';
import { spendRecord } from './spend-record.js';
import { SpendSink } from './spend-sink.js';
import { ANONYMOUS, stateOf, subjectsOf } from './subjects.js';
import { UsageWatch } from './usage-watch.js';

export interface LimitsParts {
  readonly clock: Clock;
  readonly hooks: HookRunner;
  readonly spendSink?: SpendSinkOptions | undefined;
  /** The store did not reply in time. Called once per outage. */
  readonly onOutage?: (() => void) | undefined;
}

/** Counters of all limits since the start. */
export interface LimitStatistics {
  readonly events: ReadonlyMap<string, ReadonlyMap<LimitEvent, number>>;
  /** Attempts that were not made because the budget did not cover them. */
  readonly budgetExclusions: number;
  readonly storeFaults: number;
  /** Settlements that wait for the store, and those that were dropped. */
  readonly debts: number;
  readonly lost: number;
  /** Spend records that were dropped. */
  readonly droppedRecords: number;
}

/**
 * Limits, budgets and accounts of one gateway.
 *
 * Twelve private fields, one for each service that the requests of a gateway share: the class creates, connects and
 * closes them, and contains no algorithm of its own.
 */
export class Limits implements SpendServices {
  readonly options: ResolvedLimits;
  readonly store: ResilientStore;
  readonly #clock: Clock;
  readonly #hooks: HookRunner;
  readonly #blocks: Blocks;
  readonly #alerts: Alerts;
  readonly #accounts = new Accounts();
  readonly #estimates = new CompletionEstimate();
  readonly #sink: SpendSink | undefined;
  readonly #policyRules = new WeakMap<readonly LimitRule[], readonly Rule[]>();
  readonly #settling = new Set<Promise<unknown>>();
  readonly #events = new Map<string, Map<LimitEvent, number>>();
  #budgetExclusions = 0;
  #watch: UsageWatch | undefined;

  /** @throws TypeError naming the invalid option. `options` is `undefined` where only accounts are kept. */
  constructor(options: LimitOptions = { rules: [] }, { clock, hooks, spendSink, onOutage }: LimitsParts) {
    this.options = resolveLimits(options, clock);
    this.#clock = clock;
    this.#hooks = hooks;
    this.store = new ResilientStore({ ...this.options, clock, onOutage: onOutage ?? nothing });
    this.#blocks = new Blocks(this.store, clock);
    this.#alerts = new Alerts(this.store, this.options.onAlert);
    this.#sink = spendSink === undefined ? undefined : new SpendSink(spendSink, clock);
  }

  /** Unix time in milliseconds. */
  get now(): number {
    return this.#clock.wallNow();
  }

  /** The stage after `validate`: finds the rules of the request. Its amount is reserved when `route` knows the price. */
  readonly stage: Stage = (context) => {
    const ready = this.#blocks.ready();
    if (ready === undefined) return this.#open(context, 0);
    const startedAt = this.#clock.now();
    return ready.then(() => this.#open(context, this.#clock.now() - startedAt));
  };

  /** The decision of the limits of `caller` on a plan, from the levels that this process knows. */
  previewFor(caller: Caller, request: ChatRequest): SpendLease {
    const state = stateOf(caller, { request });
    const context = { request, caller, cacheStatus: undefined, limitHeaders: undefined };
    return new RequestSpend(this, context, this.#bind(caller, state), {
      subjects: () => [],
      session: undefined,
      tenant: undefined,
      waitedMs: 0,
    });
  }

  /** Limits, as a router reads them. */
  get forRouter(): { readonly checkEndpoints: Limits['checkEndpoints']; readonly previewFor: Limits['previewFor'] } {
    return { checkEndpoints: this.checkEndpoints, previewFor: (caller, request) => this.previewFor(caller, request) };
  }

  /** @throws TypeError as the function of this name does. */
  readonly checkEndpoints = (endpoints: readonly Endpoint[], names: ServedNames): void =>
    checkEndpoints(this.options, endpoints, names);

  /** Refuses a subject until a given time, and ends its open requests. @throws TypeError for an invalid block. */
  async block(block: LimitBlock): Promise<void> {
    const { subject, untilMs } = parseBlock(block, this.options.rules);
    await this.#blocks.block(subject, untilMs);
  }

  /** What a caller has used through this process, and of its rules. */
  async usage(caller: Caller | string): Promise<CallerUsage> {
    const known = typeof caller === 'string' ? (this.#accounts.callerOf(caller) ?? { id: caller }) : caller;
    const bound = this.#bind(known, stateOf(known, {}));
    return this.#accounts.usage(known, bound, this.store, this.now);
  }

  /** From now on records which counters requests use, so that a status page can show the highest. */
  watchUsage(): () => Promise<UsageReport> {
    const watch = (this.#watch ??= new UsageWatch());
    return async () => ({
      callers: this.#accounts.highest(MAX_REPORTED_CALLERS),
      rules: await watch.report(this.store, this.now),
    });
  }

  statistics(): LimitStatistics {
    return {
      events: this.#events,
      budgetExclusions: this.#budgetExclusions,
      storeFaults: this.store.faults,
      debts: this.store.debts,
      lost: this.store.lost,
      droppedRecords: this.#sink?.dropped ?? 0,
    };
  }

  /** Waits for open settlements, and writes the remaining spend records. */
  async close(): Promise<void> {
    this.#blocks.close();
    await Promise.allSettled(this.#settling);
    await this.store.close();
    await this.#sink?.flush();
    if (this.options.ownsStore) await this.options.store.close?.();
  }

  // --- events of requests --------------------------------------------------------------------------------------------

  #ownerOf(context: RequestContext): SpendOwner {
    let endReading: (() => void) | undefined;
    return {
      onOpened: (spend) => {
        this.#blocks.add(spend);
        if (this.options.onAbort === 'drain') endReading ??= this.#readOn(spend, context);
      },
      onClosed: (spend, used) => this.#onClosed(spend, context, used),
      abort(error) {
        if (context.res.writableEnded) return;
        context.sink.fail(error);
        context.client.abort();
        endReading?.();
      },
    };
  }

  #onClosed(spend: OpenSpend, context: RequestContext, used: { readonly usd: number; readonly tokens: number }): void {
    this.#blocks.remove(spend);
    this.#watch?.note(spend.rules);
    // The request was refused, so it used nothing.
    if (context.route === undefined) return;
    const caller = context.caller ?? ANONYMOUS;
    this.#accounts.add(caller, used);
    const completion = context.attempts.length > 0 ? context.outcome?.usage?.completion_tokens : undefined;
    const model = context.served?.model;
    if (completion !== undefined && model !== undefined && spend.needsEstimates)
      this.#estimates.learn(caller.id, model, completion);
    const { onSpend } = this.#hooks.hooks;
    if (onSpend === undefined && this.#sink === undefined) return;
    const record = spendRecord(context, spend.who, this.now);
    this.#hooks.watch('onSpend', () => record);
    this.#sink?.add(record);
  }

  settling(settlement: unknown): void {
    if (!(settlement instanceof Promise)) return;
    const settled: Promise<unknown> = settlement.catch(nothing).finally(() => this.#settling.delete(settled));
    this.#settling.add(settled);
  }

  watchAlerts(rules: readonly BoundRule[]): void {
    if (this.#alerts.isOn) this.#alerts.watch(rules, this.now);
  }

  count(rule: Rule, event: LimitEvent): void {
    let events = this.#events.get(rule.name);
    // Rules of caller policies may have any name, so their number is bounded.
    if (events === undefined && this.#events.size >= MAX_COUNTED_RULES) return;
    if (events === undefined) this.#events.set(rule.name, (events = new Map()));
    events.set(event, (events.get(event) ?? 0) + 1);
  }

  countBudgetExclusion(): void {
    this.#budgetExclusions++;
  }

  expectedCompletion(context: Pick<RequestContext, 'caller'>, model: string): number {
    return this.#estimates.tokensFor(context.caller?.id ?? ANONYMOUS.id, model);
  }

  // --- the rules of a request ----------------------------------------------------------------------------------------

  #open(context: RequestContext, waitedMs: number): 'next' {
    const caller = context.caller ?? ANONYMOUS;
    const state = stateOf(caller, context);
    const rules = this.#bind(caller, state);
    const subjects = (): readonly string[] => subjectsOf(state, rules);
    const block = this.#blocks.find(subjects);
    if (block !== undefined) throw blocked(block.subject.split(' ', 1)[0]!, block.untilMs);
    const { session } = state;
    context.spend = new RequestSpend(
      this,
      context,
      rules,
      { subjects, session, tenant: tenantOf(caller), waitedMs },
      this.#ownerOf(context),
    );
    return 'next';
  }

  #bind(caller: Caller, state: LimitState): readonly BoundRule[] {
    const now = this.now;
    const tenant = tenantOf(caller);
    const bound: BoundRule[] = [];
    for (const rule of this.options.rules) {
      const key = rule.keyOf(state);
      if (key !== undefined) bound.push(boundTo(rule, key, tenant, now));
    }
    for (const rule of this.#rulesOfPolicy(caller)) {
      bound.push(boundTo(rule, `policy/${caller.id}`, tenant, now));
    }
    return bound;
  }

  /** @throws TypeError for an invalid policy: a misspelt limit must not be ignored. */
  #rulesOfPolicy(caller: Caller): readonly Rule[] {
    const limits = (caller['policy'] as CallerPolicy | undefined)?.limits;
    if (limits === undefined || limits === null) return [];
    if (!Array.isArray(limits)) throw optionError('policy.limits', 'must be a list of rules', limits);
    let rules = this.#policyRules.get(limits);
    if (rules === undefined) this.#policyRules.set(limits, (rules = resolveRules('policy.limits', limits)));
    return rules;
  }

  /** Lets an upstream finish a response after its client disconnected, so that its usage is known. */
  #readOn(spend: OpenSpend, context: RequestContext): () => void {
    const cancelSignal = new CancelSource();
    context.client.onAbort(() => {
      if (spend.hasOpenAttempts) this.#clock.setTimer(() => cancelSignal.abort(), this.options.drainMs);
      else cancelSignal.abort();
    });
    context.cancelSignal = cancelSignal;
    return () => cancelSignal.abort();
  }
}

const MAX_COUNTED_RULES = 256;
const MAX_REPORTED_CALLERS = 8;

function nothing(): void {}
