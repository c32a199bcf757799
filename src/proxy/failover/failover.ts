import type { PlannedCandidate, RequestContext, ResolvedRoute } from '../../request/context.js';
import type { Clock } from '../../contracts/clock.js';
import type { Transport } from '../../contracts/transport.js';
import type { GatewayError } from '../../errors/gateway-error.js';
import type { HookRunner } from '../../request/hooks.js';
import { OwnedLifeline } from '../../util/cancellation.js';
import { FALLBACK_COST, HEDGE_COST, RETRY_COST, type RetryBudget } from './retry-budget.js';
import { Call, type CallResult, type Chain, type FoundAnswer } from './attempt.js';
import { exhausted, type ChainEnd, type FailedAttempt } from './final-error.js';
import { Fault } from '../upstream-failure.js';
import { canBeHedged, firstAnswer, takesLongerThan, type Hedging, type Runner } from './hedging.js';
import { pause } from './pause.js';
import { CandidatePicker, type Pick } from './candidate-selector.js';
import type { TargetTable } from './endpoint-states.js';

/** Less time than this is not worth another attempt, in milliseconds; for requests that are short themselves, a tenth. */
const MIN_LEFT_MS = 2_000;

export interface FailoverParts {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: () => number;
  readonly hooks: HookRunner;
  readonly targets: TargetTable;
  readonly maxAttempts: number;
  readonly retryAmbiguous: boolean;
  /** `undefined`: no endpoint is asked beside another. */
  readonly hedging: Hedging | undefined;
}

/**
 * Asks one candidate after another until one gives an answer: one loop, one deadline, one budget.
 * @throws GatewayError when none does. `undefined`: nobody waits any more.
 */
export async function findAnswer(
  context: RequestContext,
  route: ResolvedRoute,
  parts: FailoverParts,
): Promise<FoundAnswer | undefined> {
  return new Failover(context, route, parts).run();
}

class Failover implements Chain {
  readonly context: RequestContext;
  readonly route: ResolvedRoute;
  readonly parts: FailoverParts;
  readonly deadline: number;
  readonly #picker: CandidatePicker;
  readonly #budget: RetryBudget;
  readonly #totalMs: number;
  readonly #failures: FailedAttempt[] = [];
  /** A provider was asked to keep its answer. */
  #stored = false;

  constructor(context: RequestContext, route: ResolvedRoute, parts: FailoverParts) {
    this.context = context;
    this.route = route;
    this.parts = parts;
    this.#budget = parts.targets.budgetOf(route.model);
    this.#totalMs = longestTotal(route.candidates);
    this.deadline = context.startedAt + this.#totalMs;
    this.#picker = new CandidatePicker(route.candidates, {
      clock: parts.clock,
      random: parts.random,
      targetOf: (candidate) => parts.targets.of(candidate.endpoint, this.hasOverride(candidate)),
      hasRoom: (candidate) => parts.targets.hasRoom(candidate.endpoint.provider.slug),
    });
  }

  async run(): Promise<FoundAnswer | undefined> {
    const { attempts, lifeline } = this.context;
    let spent = 0;
    while (attempts.length < this.parts.maxAttempts) {
      const pick = this.#picker.next();
      if (pick === undefined) throw this.#giveUp(this.#picker.full ? 'full' : 'tried');
      if (!this.#timeFor(pick)) throw this.tooLate();
      const cost = this.#costOf(pick);
      if (!this.#budget.take(cost)) break;
      spent += cost;
      if (pick.waitMs > 0) await pause(pick.waitMs, this.parts.clock, lifeline);
      if (lifeline.gone) {
        // Nothing was bought for it.
        this.#budget.refund(cost);
        return undefined;
      }
      if (pick.waitMs > 0 && !this.#picker.stands(pick)) {
        // Others came first, of all those that saw the same room and paused: this one looks again.
        this.#budget.refund(cost);
        spent -= cost;
        continue;
      }
      const found = await this.#ask(pick);
      if (!(found instanceof Fault)) {
        if (found !== undefined) this.#reward(found, spent);
        return found;
      }
      if (this.#isFinal(found)) break;
    }
    throw this.#giveUp('tried');
  }

  async #ask(pick: Pick): Promise<CallResult> {
    const { clock, hedging } = this.parts;
    const startedAt = clock.now();
    const result = await (hedging !== undefined && this.#mayHedge(pick)
      ? this.#hedged(pick, hedging)
      : this.#run(new Call(this, pick, this.context.lifeline)));
    this.context.upstreamMs += clock.now() - startedAt;
    return result;
  }

  async #run(call: Call): Promise<CallResult> {
    const result = await call.run();
    if (result instanceof Fault) {
      this.#picker.learn(call.candidate, result);
      this.#failures.push({ fault: result, provider: call.candidate.endpoint.provider.slug });
      this.#stored ||= call.request.store === true;
    }
    return result;
  }

  /**
   * Only beside the first call, and only where the operator pays: what a caller pays for is asked once. A probe must come
   * to its own end, or its breaker would never hear how things are.
   */
  #mayHedge({ candidate, target }: Pick): boolean {
    const first = this.context.attempts.length === 0 && target.breaker.state === 'closed';
    return first && !this.hasOverride(candidate) && canBeHedged(this.context.request!);
  }

  /** Asks `pick`, and another provider beside it when it takes long. */
  async #hedged(pick: Pick, hedging: Hedging): Promise<CallResult> {
    const first = this.#start(pick);
    const delayMs = hedging.delayFor(pick.target);
    const late = delayMs !== undefined && (await takesLongerThan(delayMs, first, this.parts.clock));
    const second = late ? this.#startBeside(first.call) : undefined;
    const result = await (second === undefined ? first.result : firstAnswer(first, second));
    const failed = result instanceof Fault || (this.#failures.length > 0 && result?.candidate !== pick.candidate);
    // One that was outrun would have taken longer still.
    if (result !== undefined && !failed) hedging.learn(pick.target, first.call.askedForMs);
    return result;
  }

  #startBeside({ candidate: first, request }: Call): Runner | undefined {
    const { context, parts } = this;
    // A process with too much to do makes no work that can be left out.
    if (context.lifeline.gone || context.strained || context.attempts.length >= parts.maxAttempts) return undefined;
    if (!canBeHedged(request)) return undefined;
    const beside = this.#picker.beside(first, (candidate) => !this.hasOverride(candidate));
    if (beside === undefined || !this.#timeFor(beside) || !this.#budget.takeSpare(HEDGE_COST)) return undefined;
    return this.#start(beside);
  }

  #start(pick: Pick): Runner {
    const lifeline = new OwnedLifeline();
    this.context.lifeline.onGone(() => lifeline.end());
    const call = new Call(this, pick, lifeline);
    return { call, lifeline, result: this.#run(call) };
  }

  /** A caller's own key or address is the caller's own business: it must not use up what others need. */
  #costOf({ candidate, again }: Pick): number {
    if (this.context.attempts.length === 0 || this.hasOverride(candidate)) return 0;
    return again ? RETRY_COST : FALLBACK_COST;
  }

  /** A request that got its answer was worth all its calls: what is lost counts, not what it took. */
  #reward({ candidate }: FoundAnswer, spent: number): void {
    if (this.context.attempts.length > 1) this.#budget.refund(spent);
    else if (!this.hasOverride(candidate)) this.#budget.earn();
  }

  /**
   * Nothing else may be tried: the upstream may have begun an answer, and the host wants none twice, or the caller
   * asked for it to be stored there, and it would be stored twice.
   */
  #isFinal(fault: Fault): boolean {
    return fault.rule.billed && (!this.parts.retryAmbiguous || this.#stored);
  }

  #timeFor(pick: Pick): boolean {
    const left = this.deadline - this.parts.clock.now() - pick.waitMs;
    return this.context.attempts.length === 0 ? left > 0 : left >= Math.min(MIN_LEFT_MS, this.#totalMs / 10);
  }

  #giveUp(end: ChainEnd): GatewayError {
    return exhausted(this.#failures, end);
  }

  tooLate(): GatewayError {
    return this.#giveUp('deadline');
  }

  /** A key or an address of the caller's own. A shorter timeout alone is still the operator's call. */
  hasOverride(candidate: PlannedCandidate): boolean {
    return this.route.overrides?.get(candidate.endpoint.provider.slug)?.apiKey !== undefined;
  }
}

function longestTotal(candidates: readonly PlannedCandidate[]): number {
  let longest = 0;
  for (const { endpoint } of candidates) longest = Math.max(longest, endpoint.provider.timeouts.totalMs);
  return longest;
}
