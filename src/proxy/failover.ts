import type { PlannedCandidate, RequestContext, ResolvedRoute } from '../context.js';
import type { Clock } from '../contracts/clock.js';
import type { BeforeUpstreamState, Hooks, UpstreamChange } from '../contracts/hooks.js';
import type { CallOutcome } from '../contracts/routing.js';
import type { Transport } from '../contracts/transport.js';
import { GatewayError, isGatewayError } from '../errors.js';
import { hookState, type HookRunner } from '../hooks.js';
import type { UpstreamAnswer } from './answer.js';
import { Attempt } from './attempt.js';
import { AttemptLog } from './attempt-log.js';
import { FALLBACK_COST, RETRY_COST, type RetryBudget } from './budget.js';
import { exhausted, type ChainEnd, type FailedAttempt } from './exhausted.js';
import { Fault } from './faults.js';
import { buildRequest, outboundHeaders, resolveDestination, secretsOf, type Destination } from './outbound.js';
import { CandidatePicker, type Pick } from './pick.js';
import { patiently, type Patience } from '../http/patience.js';
import { pause } from './pause.js';
import type { TargetTable } from './target-table.js';
import type { Visit } from './visit.js';

/** Less time than this is not worth another attempt, in milliseconds; for requests that are short themselves, a tenth. */
const MIN_LEFT_MS = 2_000;

const NO_CHANGE: UpstreamChange = Object.freeze({});

export interface FailoverParts {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: () => number;
  readonly hooks: HookRunner;
  readonly targets: TargetTable;
  readonly maxAttempts: number;
  readonly retryAmbiguous: boolean;
}

/** An answer past its commit point, and the call that brings it. `close` must be called when it has ended. */
export interface FoundAnswer {
  readonly answer: UpstreamAnswer;
  readonly candidate: PlannedCandidate;
  readonly attempt: Attempt;
  readonly log: AttemptLog;
  close(ended: 'complete' | 'truncated' | 'cancelled'): void;
}

/** One upstream call of this request, from before it is made until its answer has ended. */
interface Call {
  readonly candidate: PlannedCandidate;
  readonly log: AttemptLog;
  readonly visit: Visit;
  readonly startedAt: number;
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

class Failover {
  readonly #context: RequestContext;
  readonly #route: ResolvedRoute;
  readonly #parts: FailoverParts;
  readonly #picker: CandidatePicker;
  readonly #budget: RetryBudget;
  readonly #totalMs: number;
  readonly #deadline: number;
  readonly #failures: FailedAttempt[] = [];
  readonly #tenant: string;

  constructor(context: RequestContext, route: ResolvedRoute, parts: FailoverParts) {
    this.#context = context;
    this.#route = route;
    this.#parts = parts;
    this.#tenant = context.caller?.id ?? '';
    this.#budget = parts.targets.budgetOf(route.model);
    this.#totalMs = longestTotal(route.candidates);
    this.#deadline = context.startedAt + this.#totalMs;
    this.#picker = new CandidatePicker(route.candidates, {
      clock: parts.clock,
      random: parts.random,
      targetOf: (candidate) => parts.targets.of(candidate.endpoint, this.#hasOverride(candidate)),
      hasRoom: (candidate) => parts.targets.hasRoom(candidate.endpoint.provider.slug),
    });
  }

  async run(): Promise<FoundAnswer | undefined> {
    const { lifeline } = this.#context;
    let spent = 0;
    for (let number = 1; number <= this.#parts.maxAttempts; number++) {
      const pick = this.#picker.next();
      if (pick === undefined) throw this.#giveUp(this.#picker.full ? 'full' : 'tried');
      if (!this.#timeFor(pick, number)) throw this.#giveUp('deadline');
      const cost = this.#costOf(pick, number);
      if (!this.#budget.take(cost)) break;
      spent += cost;
      if (pick.waitMs > 0) await pause(pick.waitMs, this.#parts.clock, lifeline);
      if (lifeline.gone) {
        // Nothing was bought for it.
        this.#budget.refund(cost);
        return undefined;
      }
      if (pick.waitMs > 0 && !this.#picker.stands(pick)) {
        // Others came first, of all those that saw the same room and paused: this one looks again.
        this.#budget.refund(cost);
        spent -= cost;
        number--;
        continue;
      }
      const found = await this.#try(pick, number);
      if (found === undefined || !(found instanceof Fault)) {
        if (found !== undefined) this.#reward(pick, number, spent);
        return found;
      }
      if (this.#isFinal(found)) break;
    }
    throw this.#giveUp('tried');
  }

  async #try(pick: Pick, number: number): Promise<FoundAnswer | Fault | undefined> {
    const { candidate, target } = pick;
    const { clock, targets } = this.#parts;
    const log = new AttemptLog(number, candidate.endpoint);
    this.#context.attempts.push(log);
    const call: Call = {
      candidate,
      log,
      visit: targets.begin(candidate.endpoint.provider.slug, target),
      startedAt: clock.now(),
    };
    this.#parts.hooks.attemptBegan(this.#context, candidate.endpoint, log);
    const attempt = await this.#prepare(candidate, number).catch((error: unknown) => {
      call.visit.abandon();
      this.#end(call, 'hook');
      throw hookError(error);
    });
    if (attempt === undefined) return this.#cancelled(call);
    if (attempt instanceof Fault) return this.#failed(call, attempt);

    const stopWatching = this.#context.lifeline.onGone(() => attempt.cancel());
    const result = await attempt.run();
    this.#context.upstreamMs += this.#since(call.startedAt);
    if (result.kind !== 'answer') stopWatching();
    if (result.kind === 'fault') return this.#failed(call, result.fault);
    if (result.kind === 'cancelled') return this.#cancelled(call);
    log.status = 200;
    log.firstTokenMs = attempt.firstTokenMs;
    const close = (ended: 'complete' | 'truncated' | 'cancelled'): void => {
      stopWatching();
      this.#closed(call, ended);
    };
    return { answer: result.answer, candidate, attempt, log, close };
  }

  /** `undefined`: the client left while the host's own code was asked. */
  async #prepare(candidate: PlannedCandidate, number: number): Promise<Attempt | Fault | undefined> {
    const { endpoint } = candidate;
    const override = this.#route.overrides?.get(endpoint.provider.slug);
    const { timeouts } = endpoint.provider;
    let destination: Destination | undefined;
    try {
      destination = await resolveDestination(endpoint.provider, override, this.#patience(timeouts.connectMs));
    } catch (cause) {
      return new Fault('credential', { cause });
    }
    if (destination === undefined) return undefined;
    const headers = outboundHeaders(this.#context, endpoint);
    const hook = this.#parts.hooks.hooks.beforeUpstream;
    const change = hook === undefined ? NO_CHANGE : await this.#askHook(hook, candidate, number, headers);
    if (change === undefined) return undefined;
    const request = this.#context.request!;
    return new Attempt({
      transport: this.#parts.transport,
      clock: this.#parts.clock,
      request: buildRequest(this.#context, candidate, destination, headers, change),
      timeouts,
      deadline:
        override?.timeoutMs === undefined
          ? this.#deadline
          : Math.min(this.#deadline, this.#parts.clock.now() + override.timeoutMs),
      wanted: { stream: request.stream === true, usage: request.stream_options?.include_usage === true },
      errors: {
        format: endpoint.provider.format,
        callersKey: destination.callersKey,
        secrets: secretsOf(endpoint.provider, destination),
      },
    });
  }

  async #askHook(
    hook: NonNullable<Hooks['beforeUpstream']>,
    candidate: PlannedCandidate,
    attempt: number,
    headers: Record<string, string>,
  ): Promise<UpstreamChange | undefined> {
    const { provider, model, slug, upstreamModel } = candidate.endpoint;
    const state: BeforeUpstreamState = {
      ...hookState(this.#context),
      request: this.#context.request!,
      candidate: { provider: provider.slug, model, slug, upstreamModel },
      attempt,
      headers: { ...headers },
    };
    const asked = await patiently(async () => hook(state), this.#patience(Infinity));
    if (asked.kind === 'late') throw this.#giveUp('deadline');
    return asked.kind === 'gone' ? undefined : (asked.value ?? NO_CHANGE);
  }

  #patience(limitMs: number): Patience {
    const { clock } = this.#parts;
    return { clock, lifeline: this.#context.lifeline, limitMs: Math.min(limitMs, this.#deadline - clock.now()) };
  }

  #failed(call: Call, fault: Fault): Fault {
    const { candidate, log, visit, startedAt } = call;
    visit.fail(fault, this.#tenant);
    this.#record(candidate, {
      ok: false,
      countable: fault.rule.breaker,
      firstTokenMs: undefined,
      durationMs: this.#since(startedAt),
      completionTokens: undefined,
    });
    this.#picker.learn(candidate, fault);
    this.#failures.push({ fault, provider: candidate.endpoint.provider.slug });
    log.status = fault.status;
    log.possiblyBilled = fault.rule.billed;
    this.#end(call, fault.kind);
    return fault;
  }

  #cancelled(call: Call): undefined {
    call.visit.abandon();
    this.#end(call, 'cancelled');
  }

  #closed(call: Call, ended: 'complete' | 'truncated' | 'cancelled'): void {
    const { candidate, log, visit, startedAt } = call;
    if (ended === 'complete') visit.succeed(this.#tenant);
    else if (ended === 'truncated') visit.fail(new Fault('truncated'), this.#tenant);
    else visit.abandon();
    const usage = this.#context.outcome?.usage;
    if (ended !== 'cancelled') {
      this.#record(candidate, {
        ok: ended === 'complete',
        countable: true,
        firstTokenMs: log.firstTokenMs,
        durationMs: this.#since(startedAt),
        completionTokens: usage?.completion_tokens,
      });
    }
    if (ended === 'complete') this.#route.onServed?.(candidate.endpoint, usage);
    log.possiblyBilled = ended !== 'complete';
    this.#end(call, ended === 'complete' ? 'ok' : ended);
  }

  /** A caller's own key or address says nothing of the endpoint as others see it. */
  #record(candidate: PlannedCandidate, outcome: CallOutcome): void {
    if (!this.#hasOverride(candidate)) this.#route.record?.(candidate.endpoint, outcome);
  }

  #end({ candidate, log, startedAt }: Call, outcome: string): void {
    log.outcome = outcome;
    log.durationMs = this.#since(startedAt);
    this.#parts.hooks.attemptEnded(this.#context, candidate.endpoint, log);
  }

  /** A caller's own key or address is the caller's own business: it must not use up what others need. */
  #costOf({ candidate, again }: Pick, number: number): number {
    if (number === 1 || this.#hasOverride(candidate)) return 0;
    return again ? RETRY_COST : FALLBACK_COST;
  }

  /** A request that got its answer was worth all its calls: what is lost counts, not what it took. */
  #reward({ candidate }: Pick, number: number, spent: number): void {
    if (number > 1) this.#budget.refund(spent);
    else if (!this.#hasOverride(candidate)) this.#budget.earn();
  }

  /**
   * Nothing else may be tried: the upstream may have begun an answer, and the host wants none twice, or the caller
   * asked for it to be stored there, and it would be stored twice.
   */
  #isFinal(fault: Fault): boolean {
    return fault.rule.billed && (!this.#parts.retryAmbiguous || this.#context.request?.store === true);
  }

  #timeFor(pick: Pick, number: number): boolean {
    const left = this.#deadline - this.#parts.clock.now() - pick.waitMs;
    return number === 1 ? left > 0 : left >= Math.min(MIN_LEFT_MS, this.#totalMs / 10);
  }

  #giveUp(end: ChainEnd): GatewayError {
    return exhausted(this.#failures, end);
  }

  /** A key or an address of the caller's own. A shorter timeout alone is still the operator's call. */
  #hasOverride(candidate: PlannedCandidate): boolean {
    return this.#route.overrides?.get(candidate.endpoint.provider.slug)?.apiKey !== undefined;
  }

  #since(moment: number): number {
    return this.#parts.clock.now() - moment;
  }
}

function longestTotal(candidates: readonly PlannedCandidate[]): number {
  let longest = 0;
  for (const { endpoint } of candidates) longest = Math.max(longest, endpoint.provider.timeouts.totalMs);
  return longest;
}

/** A hook that refuses ends the request; anything else it throws is the host's bug, and ends it as well. */
function hookError(error: unknown): GatewayError {
  if (isGatewayError(error)) return error;
  return new GatewayError('internal_error', 'A hook of the gateway failed.', { cause: error });
}
