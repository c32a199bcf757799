import type { ChatRequest } from '../../chat/types.js';
import type { PlannedCandidate, RequestContext, ResolvedRoute } from '../../request/context.js';
import type { BeforeUpstreamState, Hooks, UpstreamChange } from '../../contracts/hooks.js';
import type { CallOutcome } from '../../contracts/routing.js';
import { GatewayError, isGatewayError } from '../../errors/gateway-error.js';
import { hookState } from '../../request/hooks.js';
import { patiently, type Patience } from '../../util/wait-for.js';
import type { Lifeline } from '../../util/cancellation.js';
import type { UpstreamAnswer } from '../response/upstream-response.js';
import { Attempt } from '../response/upstream-exchange.js';
import { AttemptLog } from './attempt-log.js';
import type { FailoverParts } from './failover.js';
import { Fault } from '../upstream-failure.js';
import {
  buildRequest,
  outboundHeaders,
  resolveDestination,
  secretsOf,
  type Destination,
} from '../request/build-request.js';
import type { Pick } from './candidate-selector.js';
import type { Visit } from './attempt-ticket.js';

const NO_CHANGE: UpstreamChange = Object.freeze({});

/** What all calls of one request share. */
export interface Chain {
  readonly context: RequestContext;
  readonly route: ResolvedRoute;
  readonly parts: FailoverParts;
  /** Moment on the monotonic scale by which the whole request must have ended. */
  readonly deadline: number;
  /** A key or an address of the caller's own. */
  hasOverride(candidate: PlannedCandidate): boolean;
  /** What the client is told when the time is up. */
  tooLate(): GatewayError;
}

/** An answer past its commit point, and the call that brings it. `close` must be called when it has ended. */
export interface FoundAnswer {
  readonly answer: UpstreamAnswer;
  readonly candidate: PlannedCandidate;
  readonly attempt: Attempt;
  readonly log: AttemptLog;
  close(ended: 'complete' | 'truncated' | 'cancelled'): void;
}

/** `undefined`: nobody waits for it any more. */
export type CallResult = FoundAnswer | Fault | undefined;

/** One upstream call of a request, counted from before it is prepared until its answer has ended, in exactly one way. */
export class Call {
  readonly candidate: PlannedCandidate;
  readonly #chain: Chain;
  readonly #lifeline: Lifeline;
  readonly #log: AttemptLog;
  readonly #visit: Visit;
  readonly #startedAt: number;
  /** When its upstream was asked; `undefined` while the host's own code is. */
  #askedAt: number | undefined;
  /** What its upstream is asked: the request, or what a hook has made of it. */
  request: ChatRequest;
  /** What became of it where nobody waited for its end. */
  #givenUp = 'cancelled';

  /** @param lifeline - ends when nobody waits for this call any more */
  constructor(chain: Chain, { candidate, target }: Pick, lifeline: Lifeline) {
    const { context, parts } = chain;
    this.candidate = candidate;
    this.request = context.request!;
    this.#chain = chain;
    this.#lifeline = lifeline;
    this.#log = new AttemptLog(context.attempts.length + 1, candidate.endpoint);
    context.attempts.push(this.#log);
    this.#visit = parts.targets.begin(candidate.endpoint.provider.slug, target);
    this.#startedAt = parts.clock.now();
    parts.hooks.attemptBegan(context, candidate.endpoint, this.#log);
  }

  /** @throws GatewayError where a hook refuses or breaks. */
  async run(): Promise<CallResult> {
    const attempt = await this.#prepare().catch((error: unknown) => {
      this.#visit.abandon();
      this.#end('hook');
      throw hookError(error);
    });
    if (attempt === undefined) return this.#cancelled();
    if (attempt instanceof Fault) return this.#failed(attempt);

    const stopWatching = this.#lifeline.onGone(() => attempt.cancel());
    this.#askedAt = this.#chain.parts.clock.now();
    const result = await attempt.run();
    if (result.kind !== 'answer') stopWatching();
    if (result.kind === 'fault') return this.#failed(result.fault);
    if (result.kind === 'cancelled') return this.#cancelled();
    this.#log.status = 200;
    this.#log.firstTokenMs = attempt.firstTokenMs;
    const close = (ended: 'complete' | 'truncated' | 'cancelled'): void => {
      stopWatching();
      this.#closed(ended);
    };
    return { answer: result.answer, candidate: this.candidate, attempt, log: this.#log, close };
  }

  /** Another call of the same request has answered. Whoever owns the lifeline ends it then. */
  outrun(): void {
    this.#givenUp = 'outrun';
  }

  /** Milliseconds since its upstream was asked; 0 before. */
  get askedForMs(): number {
    return this.#askedAt === undefined ? 0 : this.#since(this.#askedAt);
  }

  #since(moment: number): number {
    return this.#chain.parts.clock.now() - moment;
  }

  /** `undefined`: the client left while the host's own code was asked. */
  async #prepare(): Promise<Attempt | Fault | undefined> {
    const { context, route, parts } = this.#chain;
    const { endpoint } = this.candidate;
    const override = route.overrides?.get(endpoint.provider.slug);
    const { timeouts } = endpoint.provider;
    let destination: Destination | undefined;
    try {
      destination = await resolveDestination(endpoint.provider, override, this.#patience(timeouts.connectMs));
    } catch (cause) {
      return new Fault('credential', { cause });
    }
    if (destination === undefined) return undefined;
    const headers = outboundHeaders(context, endpoint);
    const hook = parts.hooks.hooks.beforeUpstream;
    const change = hook === undefined ? NO_CHANGE : await this.#askHook(hook, headers);
    if (change === undefined) return undefined;
    const { request } = this;
    if (change.request !== undefined) this.request = change.request;
    return new Attempt({
      transport: parts.transport,
      clock: parts.clock,
      request: buildRequest(context, this.candidate, destination, headers, change),
      timeouts,
      deadline: this.#deadline(override?.timeoutMs),
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
    headers: Record<string, string>,
  ): Promise<UpstreamChange | undefined> {
    const { context } = this.#chain;
    const { provider, model, slug, upstreamModel } = this.candidate.endpoint;
    const state: BeforeUpstreamState = {
      ...hookState(context),
      signal: this.#lifeline.signal,
      request: this.request,
      candidate: { provider: provider.slug, model, slug, upstreamModel },
      attempt: this.#log.attempt,
      headers: { ...headers },
    };
    const asked = await patiently(async () => hook(state), this.#patience(Infinity));
    if (asked.kind === 'late') throw this.#chain.tooLate();
    return asked.kind === 'gone' ? undefined : (asked.value ?? NO_CHANGE);
  }

  #deadline(callersLimitMs: number | undefined): number {
    const { deadline, parts } = this.#chain;
    return callersLimitMs === undefined ? deadline : Math.min(deadline, parts.clock.now() + callersLimitMs);
  }

  #patience(limitMs: number): Patience {
    const { deadline, parts } = this.#chain;
    const { clock } = parts;
    return { clock, lifeline: this.#lifeline, limitMs: Math.min(limitMs, deadline - clock.now()) };
  }

  #failed(fault: Fault): Fault {
    this.#visit.fail(fault, this.#tenant);
    this.#record({
      ok: false,
      countable: fault.rule.breaker,
      firstTokenMs: undefined,
      durationMs: this.#since(this.#startedAt),
      completionTokens: undefined,
    });
    this.#log.status = fault.status;
    this.#log.possiblyBilled = fault.rule.billed;
    this.#end(fault.kind);
    return fault;
  }

  #cancelled(): undefined {
    this.#visit.abandon();
    this.#log.possiblyBilled = this.#askedAt !== undefined;
    this.#end(this.#givenUp);
  }

  #closed(ended: 'complete' | 'truncated' | 'cancelled'): void {
    if (ended === 'complete') this.#visit.succeed(this.#tenant);
    else if (ended === 'truncated') this.#visit.fail(new Fault('truncated'), this.#tenant);
    else this.#visit.abandon();
    const { context, route } = this.#chain;
    const usage = context.outcome?.usage;
    if (ended !== 'cancelled') {
      this.#record({
        ok: ended === 'complete',
        countable: true,
        firstTokenMs: this.#log.firstTokenMs,
        durationMs: this.#since(this.#startedAt),
        completionTokens: usage?.completion_tokens,
      });
    }
    if (ended === 'complete') route.onServed?.(this.candidate.endpoint, usage);
    this.#log.possiblyBilled = ended !== 'complete';
    this.#end(ended === 'complete' ? 'ok' : ended === 'cancelled' ? this.#givenUp : ended);
  }

  /** A caller's own key or address says nothing of the endpoint as others see it. */
  #record(outcome: CallOutcome): void {
    const { candidate } = this;
    if (!this.#chain.hasOverride(candidate)) this.#chain.route.record?.(candidate.endpoint, outcome);
  }

  #end(outcome: string): void {
    this.#log.outcome = outcome;
    this.#log.durationMs = this.#since(this.#startedAt);
    this.#chain.parts.hooks.attemptEnded(this.#chain.context, this.candidate.endpoint, this.#log);
  }

  get #tenant(): string {
    return this.#chain.context.caller?.id ?? '';
  }
}

/** A hook that refuses ends the request; anything else it throws is the host's bug, and ends it as well. */
function hookError(error: unknown): GatewayError {
  if (isGatewayError(error)) return error;
  return new GatewayError('internal_error', 'A hook of the gateway failed.', { cause: error });
}
