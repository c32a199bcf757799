import type { PlannedCandidate, RequestContext, ResolvedRoute } from '../context.js';
import type { Clock } from '../contracts/clock.js';
import type { BeforeUpstreamState, UpstreamChange } from '../contracts/hooks.js';
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
import { buildRequest, outboundHeaders, resolveDestination, type Destination } from './outbound.js';
import { CandidatePicker, type Pick } from './pick.js';
import { pause } from './pause.js';
import type { TargetTable } from './target-table.js';

/** Less time than this is not worth an attempt, in milliseconds. */
const MIN_LEFT_MS = 2_000;

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
  readonly #deadline: number;
  readonly #failures: FailedAttempt[] = [];
  readonly #tenant: string;

  constructor(context: RequestContext, route: ResolvedRoute, parts: FailoverParts) {
    this.#context = context;
    this.#route = route;
    this.#parts = parts;
    this.#tenant = context.caller?.id ?? '';
    this.#budget = parts.targets.budgetOf(route.model);
    this.#deadline = context.startedAt + longestTotal(route.candidates);
    this.#picker = new CandidatePicker(route.candidates, {
      clock: parts.clock,
      random: parts.random,
      targetOf: (candidate) => parts.targets.of(candidate.endpoint, this.#hasOverride(candidate)),
      hasRoom: (candidate) => parts.targets.hasRoom(candidate.endpoint.provider.slug),
    });
  }

  async run(): Promise<FoundAnswer | undefined> {
    const { lifeline } = this.#context;
    for (let number = 1; number <= this.#parts.maxAttempts; number++) {
      const pick = this.#picker.next();
      if (pick === undefined) throw this.#giveUp(this.#picker.full ? 'full' : 'tried');
      if (!this.#timeFor(pick, number)) throw this.#giveUp('deadline');
      const cost = number === 1 ? 0 : pick.again ? RETRY_COST : FALLBACK_COST;
      if (!this.#budget.take(cost)) break;
      if (pick.waitMs > 0) await pause(pick.waitMs, this.#parts.clock, lifeline);
      if (lifeline.gone) return undefined;
      const found = await this.#try(pick, number);
      if (found === undefined || !(found instanceof Fault)) {
        if (found !== undefined) this.#reward(cost);
        return found;
      }
      if (this.#isFinal(found)) break;
    }
    throw this.#giveUp('tried');
  }

  async #try(pick: Pick, number: number): Promise<FoundAnswer | Fault | undefined> {
    const { candidate, target } = pick;
    const { targets } = this.#parts;
    const log = new AttemptLog(number, candidate.endpoint);
    this.#context.attempts.push(log);
    const startedAt = this.#parts.clock.now();
    targets.begin(candidate.endpoint.provider.slug, target);

    const attempt = await this.#prepare(candidate, number).catch((error: unknown) =>
      asFaultOrThrow(error, () => {
        targets.abandon(candidate.endpoint.provider.slug, target);
        this.#end(log, startedAt, 'hook');
      }),
    );
    if (attempt instanceof Fault) return this.#failed(pick, attempt, log, startedAt);

    const stopWatching = this.#context.lifeline.onGone(() => attempt.cancel());
    const result = await attempt.run();
    if (result.kind === 'answer') {
      this.#context.upstreamMs += this.#parts.clock.now() - startedAt;
      log.status = 200;
      log.firstTokenMs = attempt.firstTokenMs;
      return {
        answer: result.answer,
        candidate,
        attempt,
        log,
        close: (ended) => {
          stopWatching();
          this.#closed(pick, ended, log, startedAt);
        },
      };
    }
    stopWatching();
    this.#context.upstreamMs += this.#parts.clock.now() - startedAt;
    if (result.kind === 'fault') return this.#failed(pick, result.fault, log, startedAt);
    targets.abandon(candidate.endpoint.provider.slug, target);
    this.#end(log, startedAt, 'cancelled');
    return undefined;
  }

  async #prepare(candidate: PlannedCandidate, number: number): Promise<Attempt | Fault> {
    const { endpoint } = candidate;
    const override = this.#route.overrides?.get(endpoint.provider.slug);
    let destination: Destination;
    try {
      destination = await resolveDestination(endpoint.provider, override);
    } catch (cause) {
      return new Fault('credential', { cause });
    }
    const headers = outboundHeaders(this.#context, endpoint);
    const change = await this.#askHook(candidate, number, headers);
    const upstreamRequest = buildRequest(this.#context, candidate, destination, headers, change);
    const request = this.#context.request!;
    return new Attempt({
      transport: this.#parts.transport,
      clock: this.#parts.clock,
      request: upstreamRequest,
      timeouts: endpoint.provider.timeouts,
      deadline:
        override?.timeoutMs === undefined
          ? this.#deadline
          : Math.min(this.#deadline, this.#parts.clock.now() + override.timeoutMs),
      wanted: { stream: request.stream === true, usage: request.stream_options?.include_usage === true },
      errors: {
        format: endpoint.provider.format,
        callersKey: destination.callersKey,
        secret: destination.credential?.secret,
      },
    });
  }

  async #askHook(
    candidate: PlannedCandidate,
    attempt: number,
    headers: Record<string, string>,
  ): Promise<UpstreamChange | undefined> {
    const hook = this.#parts.hooks.hooks.beforeUpstream;
    if (hook === undefined) return undefined;
    const { provider, model, slug, upstreamModel } = candidate.endpoint;
    const state: BeforeUpstreamState = {
      ...hookState(this.#context),
      request: this.#context.request!,
      candidate: { provider: provider.slug, model, slug, upstreamModel },
      attempt,
      headers: { ...headers },
    };
    return (await hook(state)) ?? undefined;
  }

  #failed({ candidate, target }: Pick, fault: Fault, log: AttemptLog, startedAt: number): Fault {
    const { targets } = this.#parts;
    targets.fail(candidate.endpoint.provider.slug, target, fault, this.#tenant);
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
    this.#end(log, startedAt, fault.kind);
    return fault;
  }

  #closed(
    { candidate, target }: Pick,
    ended: 'complete' | 'truncated' | 'cancelled',
    log: AttemptLog,
    startedAt: number,
  ): void {
    const { targets } = this.#parts;
    const { endpoint } = candidate;
    const slug = endpoint.provider.slug;
    if (ended === 'complete') targets.succeed(slug, target, this.#tenant);
    else if (ended === 'truncated') targets.fail(slug, target, new Fault('truncated'), this.#tenant);
    else targets.abandon(slug, target);
    if (ended !== 'cancelled') {
      const completionTokens = this.#context.outcome?.usage?.completion_tokens;
      this.#record(candidate, {
        ok: ended === 'complete',
        countable: true,
        firstTokenMs: log.firstTokenMs,
        durationMs: this.#since(startedAt),
        completionTokens,
      });
    }
    if (ended === 'complete') this.#route.onServed?.(endpoint, this.#context.outcome?.usage);
    log.possiblyBilled = ended !== 'complete';
    this.#end(log, startedAt, ended === 'complete' ? 'ok' : ended);
  }

  /** A caller's own key or address says nothing of the endpoint as others see it. */
  #record(candidate: PlannedCandidate, outcome: CallOutcome): void {
    if (!this.#hasOverride(candidate)) this.#route.record?.(candidate.endpoint, outcome);
  }

  #end(log: AttemptLog, startedAt: number, outcome: string): void {
    log.outcome = outcome;
    log.durationMs = this.#since(startedAt);
    this.#parts.hooks.watch('onAttempt', () => ({ ...hookState(this.#context), record: log }));
  }

  #reward(cost: number): void {
    if (cost === 0) this.#budget.earn();
    else this.#budget.refund(cost);
  }

  /** Nothing else may be tried: the upstream may have begun an answer, and the host wants none twice. */
  #isFinal(fault: Fault): boolean {
    return fault.rule.billed && !this.#parts.retryAmbiguous;
  }

  #timeFor(pick: Pick, number: number): boolean {
    const left = this.#deadline - this.#parts.clock.now() - pick.waitMs;
    return number === 1 ? left > 0 : left >= MIN_LEFT_MS;
  }

  #giveUp(end: ChainEnd): GatewayError {
    return exhausted(this.#failures, end);
  }

  #hasOverride(candidate: PlannedCandidate): boolean {
    return this.#route.overrides?.has(candidate.endpoint.provider.slug) === true;
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
function asFaultOrThrow(error: unknown, release: () => void): never {
  release();
  if (isGatewayError(error)) throw error;
  throw new GatewayError('internal_error', 'A hook of the gateway failed.', { cause: error });
}
