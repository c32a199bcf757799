import type { PlannedCandidate, RequestContext, ResolvedRoute } from '../../request/context.js';
import type { GatewayError } from '../../errors/gateway-error.js';
import { CancelSource } from '../../util/cancellation.js';
import { FALLBACK_COST, HEDGE_COST, RETRY_COST, type RetryBudget } from './retry-budget.js';
import {
  Attempt,
  type AttemptResult,
  type AttemptContext,
  type CommittedResponse,
  type AttemptServices,
} from './attempt.js';
import { finalError, type EndReason, type FailedAttempt } from './final-error.js';
import { UpstreamFailure, FREE_OF_CHARGE } from '../upstream-failure.js';
import { canBeHedged, firstResponse, takesLongerThan, type Hedging, type Runner } from './hedging.js';
import { pause } from './pause.js';
import { CandidateSelector, type Selection } from './candidate-selector.js';

/** Less time than this is not worth another attempt, in milliseconds; for requests that are short themselves, a tenth. */
const MIN_LEFT_MS = 2_000;
/** For a whole response, where the operator says nothing else. */
const DEFAULT_TOTAL_MS = 600_000;

export interface FailoverParts extends AttemptServices {
  readonly random: () => number;
  readonly maxAttempts: number;
  readonly retryNonIdempotent: boolean;
  /** `undefined`: no endpoint is asked beside another. */
  readonly hedging: Hedging | undefined;
}

/** The attempts of one request: one loop, one deadline, one budget. */
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
  /** Calls that the gateway's own mistake caused: they count neither as attempts nor against the budget. */
  #free = 0;
  #lastWasFree = false;
  /** A provider was asked to keep its answer. */
  #stored = false;
  /** Some candidate was not asked, as the caller's budget does not pay for it. */
  #tooDear = false;

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
      hasRoom: (candidate) => parts.endpointStates.hasRoom(candidate.endpoint.provider.slug),
    });
  }

  /**
   * Asks one candidate after another until one gives an answer. Called again after `reject`, it goes on behind that one.
   * @throws GatewayError when none does. `undefined`: nobody waits any more.
   */
  async run(): Promise<CommittedResponse | undefined> {
    const { attempts, cancelSignal } = this.context;
    let spent = 0;
    while (attempts.length - this.#free < this.parts.maxAttempts) {
      const selection = this.#selector.next();
      if (selection === undefined) throw this.#nobodyLeft();
      if (!this.#timeFor(selection)) throw this.tooLate();
      const cost = this.#costOf(selection);
      if (!this.#budget.take(cost)) break;
      spent += cost;
      if (selection.waitMs > 0) await pause(selection.waitMs, this.parts.clock, cancelSignal);
      if (cancelSignal.aborted) {
        // Nothing was bought for it.
        this.#budget.refund(cost);
        return undefined;
      }
      if (selection.waitMs > 0 && !this.#selector.stillAvailable(selection)) {
        // Others came first, of all those that saw the same room and paused: this one looks again.
        this.#budget.refund(cost);
        spent -= cost;
        continue;
      }
      const paid = this.context.spend?.reprice(selection.candidate.endpoint, false) ?? true;
      if (!(paid instanceof Promise ? await paid : paid)) {
        this.#budget.refund(cost);
        spent -= cost;
        this.#tooDear = true;
        this.#selector.exclude(selection.candidate);
        continue;
      }
      const found = await this.#ask(selection);
      if (!(found instanceof UpstreamFailure)) {
        if (found !== undefined) this.#reward(found, spent);
        return found;
      }
      if (this.#isFinal(found)) break;
    }
    throw this.#giveUp('tried');
  }

  /** A guard wants another candidate's response than `found`. */
  reject({ candidate }: CommittedResponse, error: GatewayError): void {
    const failure = new UpstreamFailure('content_blocked', { error });
    this.#selector.recordFailure(candidate, failure);
    this.#failures.push({ failure, provider: candidate.endpoint.provider.slug });
    if (this.#isFinal(failure)) throw this.#giveUp('tried');
  }

  async #ask(selection: Selection): Promise<AttemptResult> {
    const { clock, hedging } = this.parts;
    const startedAt = clock.now();
    const result = await (hedging !== undefined && this.#mayHedge(selection)
      ? this.#hedged(selection, hedging)
      : this.#run(new Attempt(this, selection, this.context.cancelSignal)));
    this.context.upstreamMs += clock.now() - startedAt;
    return result;
  }

  async #run(call: Attempt): Promise<AttemptResult> {
    const result = await call.run();
    if (result instanceof UpstreamFailure) {
      this.#selector.recordFailure(call.candidate, result);
      this.#lastWasFree = FREE_OF_CHARGE.has(result.kind);
      if (this.#lastWasFree) this.#free++;
      if (result.kind === 'added_parameter') this.#withoutStreamOptions.add(call.candidate);
      this.#failures.push({ failure: result, provider: call.candidate.endpoint.provider.slug });
      this.#stored ||= call.request.store === true;
    } else if (result !== undefined && this.#learnsOfStreamOptions(call)) {
      call.endpointState.learnNoStreamOptions();
    }
    return result;
  }

  /** The endpoint refused what the gateway had added, and answered without it. */
  #learnsOfStreamOptions({ candidate, request }: Attempt): boolean {
    return this.#withoutStreamOptions.has(candidate) && (request.stream_options ?? undefined) === undefined;
  }

  refusedStreamOptions(candidate: PlannedCandidate): boolean {
    return this.#withoutStreamOptions.has(candidate);
  }

  /**
   * Only beside the first call, and only where the operator pays: what a caller pays for is asked once. A probe must come
   * to its own end, or its breaker would never hear how things are.
   */
  #mayHedge({ candidate, endpointState }: Selection): boolean {
    const first = this.context.attempts.length === 0 && endpointState.breaker.state === 'closed';
    return first && !isPaidByCaller(candidate) && canBeHedged(this.context.request!);
  }

  /** Asks `pick`, and another provider beside it when it takes long. */
  async #hedged(selection: Selection, hedging: Hedging): Promise<AttemptResult> {
    const first = this.#start(selection);
    const delayMs = hedging.delayFor(selection.endpointState);
    const late = delayMs !== undefined && (await takesLongerThan(delayMs, first, this.parts.clock));
    const hedge = late ? this.#startHedge(first.call) : undefined;
    const second = hedge instanceof Promise ? await hedge : hedge;
    const result = await (second === undefined ? first.result : firstResponse(first, second));
    const failed =
      result instanceof UpstreamFailure || (this.#failures.length > 0 && result?.candidate !== selection.candidate);
    // One that was superseded would have taken longer still.
    if (result !== undefined && !failed) hedging.record(selection.endpointState, first.call.upstreamElapsedMs);
    return result;
  }

  #startHedge({ candidate: first, request }: Attempt): Runner | undefined | Promise<Runner | undefined> {
    const { context, parts } = this;
    // A process with too much to do makes no work that can be left out.
    if (context.cancelSignal.aborted || context.underPressure || context.attempts.length >= parts.maxAttempts)
      return undefined;
    if (!canBeHedged(request)) return undefined;
    const hedge = this.#selector.selectHedge(first, (candidate) => !isPaidByCaller(candidate));
    if (hedge === undefined || !this.#timeFor(hedge) || !this.#budget.takeSpare(HEDGE_COST)) return undefined;
    const paid = context.spend?.reprice(hedge.candidate.endpoint, true) ?? true;
    const startIf = (isPaid: boolean): Runner | undefined => {
      if (isPaid) return this.#start(hedge);
      this.#budget.refund(HEDGE_COST);
      return undefined;
    };
    return paid instanceof Promise ? paid.then(startIf) : startIf(paid);
  }

  #start(selection: Selection): Runner {
    const cancelSignal = new CancelSource();
    this.context.cancelSignal.onAbort(() => cancelSignal.abort());
    const call = new Attempt(this, selection, cancelSignal);
    return { call, cancelSignal, result: this.#run(call) };
  }

  /** A caller's own key or address is the caller's own business: it must not use up what others need. */
  #costOf({ candidate, isRetry }: Selection): number {
    const isFirst = this.context.attempts.length === this.#free;
    if (isFirst || this.#lastWasFree || isPaidByCaller(candidate)) return 0;
    return isRetry ? RETRY_COST : FALLBACK_COST;
  }

  /** A request that got its answer was worth all its calls: what is lost counts, not what it took. */
  #reward({ candidate }: CommittedResponse, spent: number): void {
    if (this.context.attempts.length - this.#free > 1) this.#budget.refund(spent);
    else if (!isPaidByCaller(candidate)) this.#budget.earn();
  }

  /**
   * Nothing else may be tried: the upstream may have begun an answer, and the host wants none twice, or the caller
   * asked for it to be stored there, and it would be stored twice.
   */
  #isFinal(failure: UpstreamFailure): boolean {
    return failure.rule.possiblyBilled && (!this.parts.retryNonIdempotent || this.#stored);
  }

  #timeFor(selection: Selection): boolean {
    const left = this.deadline - this.parts.clock.now() - selection.waitMs;
    return this.context.attempts.length === 0 ? left > 0 : left >= Math.min(MIN_LEFT_MS, this.#totalMs / 10);
  }

  #nobodyLeft(): GatewayError {
    if (this.#tooDear && this.#failures.length === 0) return this.context.spend!.refusal();
    return this.#giveUp(this.#selector.full ? 'full' : 'tried');
  }

  #giveUp(end: EndReason): GatewayError {
    return finalError(this.#failures, end);
  }

  tooLate(): GatewayError {
    return this.#giveUp('deadline');
  }
}

/** What happens with a caller's own key says nothing of the endpoint as others see it, and costs the operator nothing. */
function isPaidByCaller({ credential }: PlannedCandidate): boolean {
  return credential === 'caller';
}

/** How long all attempts together may take. A stream has a limit of its own only where the operator set one. */
function longestTotal(candidates: readonly PlannedCandidate[], stream: boolean): number {
  let longest = 0;
  for (const { endpoint } of candidates) {
    const { totalMs } = endpoint.provider.timeouts;
    longest = Math.max(longest, totalMs ?? (stream ? Infinity : DEFAULT_TOTAL_MS));
  }
  return longest;
}
