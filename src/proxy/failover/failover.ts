import type { PlannedCandidate, RequestContext, ResolvedRoute } from '../../request/context.js';
import type { GatewayError } from '../../errors/gateway-error.js';
import { CancelSource } from '../../util/cancellation.js';
import { FALLBACK_COST, HEDGE_COST, RETRY_COST, type RetryBudget } from './retry-budget.js';
import { Attempt, type AttemptResult, type CommittedResponse } from './attempt.js';
import type { AttemptContext, AttemptServices } from './attempt-context.js';
import { finalError, type EndReason, type FailedAttempt } from './final-error.js';
import { UpstreamFailure, FREE_OF_CHARGE } from '../upstream-failure.js';
import { callerIdOf } from './tenant-set.js';
import { canBeHedged, firstResponse, takesLongerThan, type Hedging, type RunningAttempt } from './hedging.js';
import { pause } from './pause.js';
import { CandidateSelector, type Selection } from './candidate-selector.js';

/**
 * With less time than this left, or a tenth of the request's limit if that is shorter, no further attempt is made; in
 * milliseconds.
 */
const MIN_LEFT_MS = 2_000;
/** Limit of a request for a whole response if `timeouts.totalMs` is not set, in milliseconds. */
const DEFAULT_TOTAL_MS = 600_000;

export interface FailoverParts extends AttemptServices {
  readonly random: () => number;
  readonly maxAttempts: number;
  readonly retryNonIdempotent: boolean;
  /** `undefined`: hedging is off. */
  readonly hedging: Hedging | undefined;
}

/** Makes the attempts of one request: one loop, one deadline, one retry budget. */
export class Failover implements AttemptContext {
  readonly context: RequestContext;
  readonly route: ResolvedRoute;
  readonly parts: FailoverParts;
  readonly deadline: number;
  readonly #selector: CandidateSelector;
  readonly #budget: RetryBudget;
  readonly #totalMs: number;
  readonly #failures: FailedAttempt[] = [];
  readonly #withoutStreamOptions = new Set<PlannedCandidate>();
  readonly #withoutReasoning = new Set<PlannedCandidate>();
  /**
   * Attempts whose failure the gateway corrects itself: they count neither against `maxAttempts` nor against the
   * budget.
   */
  #freeAttempts = 0;
  #lastWasFree = false;
  /** A failed attempt asked its provider to store the response (`store: true`). */
  #stored = false;
  /** Some candidate was skipped because it costs more than the caller's budget has left. */
  #overBudget = false;

  constructor(context: RequestContext, route: ResolvedRoute, parts: FailoverParts) {
    this.context = context;
    this.route = route;
    this.parts = parts;
    this.#budget = parts.endpointStates.budgetOf(route.model);
    this.#totalMs = longestTotal(route.candidates, context.request?.stream === true);
    this.deadline = context.startedAt + this.#totalMs;
    this.#selector = new CandidateSelector(route.candidates, {
      clock: parts.clock,
      random: parts.random,
      stateOf: (candidate) => parts.endpointStates.of(candidate.endpoint, isPaidByCaller(candidate)),
      hasCapacity: (candidate) => parts.endpointStates.hasCapacity(candidate.endpoint.provider.slug),
    });
  }

  /**
   * Makes one attempt after another until one succeeds; after `reject`, continues with the next candidate.
   * `undefined`: the request was cancelled. @throws GatewayError if no attempt succeeds.
   */
  async run(): Promise<CommittedResponse | undefined> {
    const { attempts, cancelSignal } = this.context;
    let spent = 0;
    while (attempts.length - this.#freeAttempts < this.parts.maxAttempts) {
      const selection = this.#selector.next();
      if (selection === undefined) throw this.#noCandidateError();
      if (!this.#hasTimeFor(selection)) throw this.deadlineError();
      const cost = this.#costOf(selection);
      if (!this.#budget.take(cost)) break;
      spent += cost;
      if (selection.waitMs > 0) await pause(selection.waitMs, this.parts.clock, cancelSignal);
      if (cancelSignal.aborted) {
        // The client disconnected before the attempt started, so its cost is refunded.
        this.#budget.refund(cost);
        return undefined;
      }
      if (selection.waitMs > 0 && !this.#selector.stillAvailable(selection)) {
        // The provider filled up during the pause. Refund the tokens and select again.
        this.#budget.refund(cost);
        spent -= cost;
        continue;
      }
      const paid = this.context.spend?.reprice(selection.candidate.endpoint, false) ?? true;
      if (!(paid instanceof Promise ? await paid : paid)) {
        this.#budget.refund(cost);
        spent -= cost;
        this.#overBudget = true;
        this.#selector.exclude(selection.candidate);
        continue;
      }
      const result = await this.#attempt(selection);
      if (!(result instanceof UpstreamFailure)) {
        if (result !== undefined) this.#settleBudget(result, spent);
        return result;
      }
      if (this.#isFinal(result)) break;
    }
    throw this.#finalError('tried');
  }

  /**
   * A guard rejects the response of an attempt: the next `run` tries another candidate.
   * @throws GatewayError if no further attempt may be made.
   */
  reject({ candidate }: CommittedResponse, error: GatewayError): void {
    const failure = new UpstreamFailure('content_blocked', { error });
    this.#selector.recordFailure(candidate, failure);
    this.#failures.push({ failure, provider: candidate.endpoint.provider.slug });
    if (this.#isFinal(failure)) throw this.#finalError('tried');
  }

  async #attempt(selection: Selection): Promise<AttemptResult> {
    const { clock, hedging } = this.parts;
    const startedAt = clock.now();
    const result = await (hedging !== undefined && this.#mayHedge(selection)
      ? this.#hedged(selection, hedging)
      : this.#run(new Attempt(this, selection, this.context.cancelSignal)));
    this.context.upstreamMs += clock.now() - startedAt;
    return result;
  }

  async #run(attempt: Attempt): Promise<AttemptResult> {
    const result = await attempt.run();
    if (result instanceof UpstreamFailure) {
      this.#selector.recordFailure(attempt.candidate, result);
      this.#lastWasFree = FREE_OF_CHARGE.has(result.kind);
      if (this.#lastWasFree) this.#freeAttempts++;
      if (result.kind === 'added_parameter') this.#withoutStreamOptions.add(attempt.candidate);
      if (result.kind === 'returned_reasoning') this.#withoutReasoning.add(attempt.candidate);
      this.#failures.push({ failure: result, provider: attempt.candidate.endpoint.provider.slug });
      this.#stored ||= attempt.request.store === true;
    } else if (result !== undefined) {
      if (this.#provesStreamOptionsRefused(attempt)) attempt.endpointState.learnNoStreamOptions();
      if (this.#withoutReasoning.has(attempt.candidate))
        attempt.endpointState.learnNoReasoning(callerIdOf(this.context));
    }
    return result;
  }

  /** The endpoint refused the `stream_options` that the gateway had added, and responded without them. */
  #provesStreamOptionsRefused({ candidate, request }: Attempt): boolean {
    return this.#withoutStreamOptions.has(candidate) && (request.stream_options ?? undefined) === undefined;
  }

  refusedStreamOptions(candidate: PlannedCandidate): boolean {
    return this.#withoutStreamOptions.has(candidate);
  }

  refusedReasoning(candidate: PlannedCandidate): boolean {
    return this.#withoutReasoning.has(candidate);
  }

  /**
   * Only the first attempt is hedged, and only if the operator pays: a caller pays for one attempt at a time. A probe
   * is not, because a superseded probe would leave the circuit breaker without a result.
   */
  #mayHedge({ candidate, endpointState }: Selection): boolean {
    const isFirst = this.context.attempts.length === 0 && endpointState.breaker.state === 'closed';
    return isFirst && !isPaidByCaller(candidate) && canBeHedged(this.context.request!);
  }

  /** Makes an attempt, and a second one at another provider if the first takes longer than the hedging delay. */
  async #hedged(selection: Selection, hedging: Hedging): Promise<AttemptResult> {
    const primary = this.#start(selection);
    const delayMs = hedging.delayFor(selection.endpointState);
    const isSlow = delayMs !== undefined && (await takesLongerThan(delayMs, primary, this.parts.clock));
    const started = isSlow ? this.#startHedge(primary.attempt) : undefined;
    const hedge = started instanceof Promise ? await started : started;
    const result = await (hedge === undefined ? primary.result : firstResponse(primary, hedge));
    const primaryFailed =
      result instanceof UpstreamFailure || (this.#failures.length > 0 && result?.candidate !== selection.candidate);
    // A superseded attempt would have taken longer still, so its time so far counts as well.
    if (result !== undefined && !primaryFailed)
      hedging.record(selection.endpointState, primary.attempt.upstreamElapsedMs);
    return result;
  }

  /** `undefined`: no hedge is possible, or it is not worth its cost. */
  #startHedge({
    candidate: primary,
    request,
  }: Attempt): RunningAttempt | undefined | Promise<RunningAttempt | undefined> {
    const { context, parts } = this;
    // An overloaded process makes no optional attempts.
    if (context.cancelSignal.aborted || context.underPressure || context.attempts.length >= parts.maxAttempts)
      return undefined;
    if (!canBeHedged(request)) return undefined;
    const hedge = this.#selector.selectHedge(primary, (candidate) => !isPaidByCaller(candidate));
    if (hedge === undefined || !this.#hasTimeFor(hedge) || !this.#budget.takeSpare(HEDGE_COST)) return undefined;
    const paid = context.spend?.reprice(hedge.candidate.endpoint, true) ?? true;
    const startIf = (isPaid: boolean): RunningAttempt | undefined => {
      if (isPaid) return this.#start(hedge);
      this.#budget.refund(HEDGE_COST);
      return undefined;
    };
    return paid instanceof Promise ? paid.then(startIf) : startIf(paid);
  }

  #start(selection: Selection): RunningAttempt {
    const cancelSource = new CancelSource();
    this.context.cancelSignal.onAbort(() => cancelSource.abort());
    const attempt = new Attempt(this, selection, cancelSource);
    return { attempt, cancelSource, result: this.#run(attempt) };
  }

  /**
   * Tokens of the retry budget for this attempt. Attempts that a caller pays for must not use up what other callers
   * need.
   */
  #costOf({ candidate, isRetry }: Selection): number {
    const isFirst = this.context.attempts.length === this.#freeAttempts;
    if (isFirst || this.#lastWasFree || isPaidByCaller(candidate)) return 0;
    return isRetry ? RETRY_COST : FALLBACK_COST;
  }

  /** A request that succeeds gets its tokens back: only failed requests drain the budget. */
  #settleBudget({ candidate }: CommittedResponse, spent: number): void {
    if (this.context.attempts.length - this.#freeAttempts > 1) this.#budget.refund(spent);
    else if (!isPaidByCaller(candidate)) this.#budget.earn();
  }

  /**
   * Whether no further attempt may follow: the upstream may have begun to respond, and `retryNonIdempotent: false`
   * forbids a second one, or the caller wants the response stored, which would then happen twice.
   */
  #isFinal(failure: UpstreamFailure): boolean {
    return failure.rule.possiblyBilled && (!this.parts.retryNonIdempotent || this.#stored);
  }

  #hasTimeFor(selection: Selection): boolean {
    const left = this.deadline - this.parts.clock.now() - selection.waitMs;
    return this.context.attempts.length === 0 ? left > 0 : left >= Math.min(MIN_LEFT_MS, this.#totalMs / 10);
  }

  #noCandidateError(): GatewayError {
    if (this.#overBudget && this.#failures.length === 0) return this.context.spend!.refusal();
    return this.#finalError(this.#selector.skippedFullProvider ? 'full' : 'tried');
  }

  #finalError(end: EndReason): GatewayError {
    return finalError(this.#failures, end);
  }

  deadlineError(): GatewayError {
    return this.#finalError('deadline');
  }
}

/**
 * Whether the attempt uses the caller's own key: it costs the operator nothing, and is no evidence about the operator's
 * account.
 */
function isPaidByCaller({ credential }: PlannedCandidate): boolean {
  return credential === 'caller';
}

/** How long all attempts together may take, in milliseconds. A stream has a limit only if `timeouts.totalMs` is set. */
function longestTotal(candidates: readonly PlannedCandidate[], stream: boolean): number {
  let longest = 0;
  for (const { endpoint } of candidates) {
    const { totalMs } = endpoint.provider.timeouts;
    longest = Math.max(longest, totalMs ?? (stream ? Infinity : DEFAULT_TOTAL_MS));
  }
  return longest;
}
