import type { ChatRequest } from '../../chat/types.js';
import type { PlannedCandidate, RequestContext, ResolvedRoute, ProviderOverride } from '../../request/context.js';
import type { BeforeAttemptState, Hooks, AttemptChange } from '../../contracts/hooks.js';
import type { AttemptOutcome } from '../../contracts/routing.js';
import { GatewayError, isGatewayError } from '../../errors/gateway-error.js';
import type { Clock } from '../../contracts/clock.js';
import type { Transport, UpstreamUrl } from '../../contracts/transport.js';
import type { EndpointStates } from './endpoint-states.js';
import { hookState, type HookRunner } from '../../request/hooks.js';
import { isPromise } from '../../util/is-promise.js';
import { waitFor, type WaitLimits } from '../../util/wait-for.js';
import type { CancelSignal } from '../../util/cancellation.js';
import type { UpstreamResponse } from '../response/upstream-response.js';
import { UpstreamExchange } from '../response/upstream-exchange.js';
import { costOfAttempt } from '../attempt-cost.js';
import { AttemptLog } from './attempt-log.js';
import { failureOfBrokenStream, UpstreamFailure } from '../upstream-failure.js';
import {
  outboundHeaders,
  resolveDestination,
  secretsOf,
  withoutStreamOptions,
  type BuiltRequest,
  type Destination,
} from '../request/build-request.js';
import { prepareRequest } from '../request/prepare-request.js';
import type { Selection } from './candidate-selector.js';
import type { EndpointState } from './endpoint-state.js';
import { upstreamErrorBehind, type UpstreamErrorContext } from '../response/parse-error.js';
import { describeReceived, describeRequest } from './sent-and-received.js';
import { changesMeaning } from '../request/attempt-change.js';
import type { AttemptTicket } from './attempt-ticket.js';

/** The host's own code is not waited for any longer, where nothing else ends the wait. */
const LONGEST_WAIT_MS = 600_000;

const NO_CHANGE: AttemptChange = Object.freeze({});

/** What an attempt uses of the gateway. */
export interface AttemptServices {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly hooks: HookRunner;
  readonly endpointStates: EndpointStates;
  /** Whether clients read the upstream's own words for the operator's failures. */
  readonly upstreamErrors: 'summary' | 'message';
}

/** What all calls of one request share. */
export interface AttemptContext {
  readonly context: RequestContext;
  readonly route: ResolvedRoute;
  readonly parts: AttemptServices;
  /** Moment on the monotonic scale by which the whole request must have ended. */
  readonly deadline: number;
  /** What the client is told when the time is up. */
  tooLate(): GatewayError;
  /** This request has already been refused there because of its `stream_options`. */
  refusedStreamOptions(candidate: PlannedCandidate): boolean;
}

/** A response past its commit point, and its attempt. `close` must be called when it has ended. */
export interface CommittedResponse {
  readonly response: UpstreamResponse;
  readonly candidate: PlannedCandidate;
  readonly exchange: UpstreamExchange;
  readonly log: AttemptLog;
  /** @param error - what the client was told where it was truncated */
  close(ended: 'complete' | 'truncated' | 'cancelled', error?: GatewayError): void;
}

/** `undefined`: nobody waits for it any more. */
export type AttemptResult = CommittedResponse | UpstreamFailure | undefined;

/** What the client asked for, beside what is sent for it. */
interface AskedRequest {
  readonly request: ChatRequest;
  readonly sendsStreamOptions: boolean;
  readonly override: ProviderOverride | undefined;
}

/** One upstream call of a request, counted from before it is prepared until its answer has ended, in exactly one way. */
export class Attempt {
  readonly candidate: PlannedCandidate;
  readonly endpointState: EndpointState;
  readonly #chain: AttemptContext;
  readonly #cancelSignal: CancelSignal;
  readonly #log: AttemptLog;
  readonly #ticket: AttemptTicket;
  readonly #startedAt: number;
  /** When its upstream was asked; `undefined` while the host's own code is. */
  #askedAt: number | undefined;
  /** What its upstream is asked: the request, or what a hook has made of it. */
  request: ChatRequest;
  /** Where it goes, and what of it must not be shown; `undefined` before it is sent. */
  #destination: { readonly url: UpstreamUrl; readonly secrets: readonly string[] } | undefined;
  /** What became of it where nobody waited for its end. */
  #cancelOutcome = 'cancelled';
  #exchange: UpstreamExchange | undefined;

  /** @param cancelSignal - ends when nobody waits for this call any more */
  constructor(chain: AttemptContext, { candidate, endpointState }: Selection, cancelSignal: CancelSignal) {
    const { context, parts } = chain;
    this.candidate = candidate;
    this.endpointState = endpointState;
    this.request = context.request!;
    this.#chain = chain;
    this.#cancelSignal = cancelSignal;
    this.#log = new AttemptLog(context.attempts.length + 1, candidate);
    context.attempts.push(this.#log);
    this.#ticket = parts.endpointStates.begin(candidate.endpoint.provider.slug, endpointState);
    this.#startedAt = parts.clock.now();
    parts.hooks.attemptBegan(context, candidate.endpoint, this.#log);
  }

  /** @throws GatewayError where a hook refuses or breaks. */
  async run(): Promise<AttemptResult> {
    const exchange = await this.#prepare().catch((error: unknown) => {
      this.#ticket.abandon();
      this.#end('hook');
      throw hookError(error);
    });
    if (exchange === undefined) return this.#cancelled();
    if (exchange instanceof UpstreamFailure) return this.#failed(exchange);
    this.#exchange = exchange;

    const stopWatching = this.#cancelSignal.onAbort(() => exchange.cancel());
    this.#askedAt = this.#chain.parts.clock.now();
    const result = await exchange.run();
    if (result.kind !== 'response') stopWatching();
    if (result.kind === 'failure') return this.#failed(result.failure);
    if (result.kind === 'cancelled') return this.#cancelled();
    this.#log.status = 200;
    this.#log.firstTokenMs = exchange.firstTokenMs;
    const close: CommittedResponse['close'] = (ended, error) => {
      stopWatching();
      if (error !== undefined) this.#log.upstreamError = upstreamErrorBehind(error);
      this.#closed(ended, error);
    };
    return { response: result.response, candidate: this.candidate, exchange, log: this.#log, close };
  }

  /** Another call of the same request has answered. Whoever owns the cancelSignal ends it then. */
  supersede(): void {
    this.#cancelOutcome = 'superseded';
  }

  /** Milliseconds since its upstream was asked; 0 before. */
  get upstreamElapsedMs(): number {
    return this.#askedAt === undefined ? 0 : this.#since(this.#askedAt);
  }

  #since(moment: number): number {
    return this.#chain.parts.clock.now() - moment;
  }

  /** `undefined`: the client left while the host's own code was asked. */
  async #prepare(): Promise<UpstreamExchange | UpstreamFailure | undefined> {
    const { context, route, parts } = this.#chain;
    const { endpoint } = this.candidate;
    const override = route.overrides?.get(endpoint.provider.slug);
    const { timeouts } = endpoint.provider;
    let destination: Destination | undefined;
    try {
      destination = await resolveDestination(endpoint.provider, override, this.#waitLimits(timeouts.connectMs));
    } catch (cause) {
      return new UpstreamFailure('credential', { cause });
    }
    if (destination === undefined) return undefined;
    const headers = outboundHeaders(context, endpoint);
    const hook = parts.hooks.hooks.beforeAttempt;
    const change = hook === undefined ? NO_CHANGE : await this.#askHook(hook, headers);
    if (change === undefined) return undefined;
    const { request } = this;
    if (change.request !== undefined) this.request = change.request;
    if (changesMeaning(change)) context.attemptChanged = true;
    const sendsStreamOptions = this.#sendsStreamOptions();
    const candidate = sendsStreamOptions ? this.candidate : withoutStreamOptions(this.candidate);
    const sending = { destination, headers, change, wallNow: parts.clock.wallNow() };
    const prepared = prepareRequest(context, candidate, sending, () => this.#waitLimits(timeouts.connectMs));
    const built = isPromise(prepared) ? await prepared : prepared;
    if (built === undefined || built instanceof UpstreamFailure) return built;
    return this.#exchangeFor(built, destination, { request, sendsStreamOptions, override });
  }

  #exchangeFor(
    { request: sent, exchange }: BuiltRequest,
    destination: Destination,
    { request, sendsStreamOptions, override }: AskedRequest,
  ): UpstreamExchange {
    const { parts } = this.#chain;
    const { provider } = this.candidate.endpoint;
    this.#destination = { url: sent.url, secrets: secretsOf(provider, destination) };
    return new UpstreamExchange({
      transport: parts.transport,
      clock: parts.clock,
      request: sent,
      timeouts: provider.timeouts,
      deadline: this.#deadline(override?.timeoutMs),
      streamDeadline: override?.timeoutMs === undefined ? Infinity : this.#deadline(override.timeoutMs),
      wanted: { stream: request.stream === true, usage: request.stream_options?.include_usage === true },
      exchange,
      errors: this.#errorContext(destination, sendsStreamOptions),
    });
  }

  #sendsStreamOptions(): boolean {
    const { candidate } = this;
    const isRefused = this.#chain.refusedStreamOptions(candidate) || this.endpointState.refusesStreamOptions;
    const { format, streamOptions } = candidate.endpoint.provider;
    return streamOptions && !isRefused && format.exchange === undefined;
  }

  #errorContext(destination: Destination, sendsStreamOptions: boolean): UpstreamErrorContext {
    const { provider } = this.candidate.endpoint;
    let sent: string | undefined;
    return {
      format: provider.format,
      callersKey: destination.callersKey,
      secrets: secretsOf(provider, destination),
      relay: this.#chain.parts.upstreamErrors,
      sentStreamOptions: sendsStreamOptions && this.request.stream === true,
      quotes: (text) => (sent ??= JSON.stringify(this.request).toLowerCase()).includes(text.toLowerCase()),
    };
  }

  async #askHook(
    hook: NonNullable<Hooks['beforeAttempt']>,
    headers: Record<string, string>,
  ): Promise<AttemptChange | undefined> {
    const { context } = this.#chain;
    const { provider, model, slug, upstreamModel } = this.candidate.endpoint;
    const state: BeforeAttemptState = {
      ...hookState(context),
      signal: this.#cancelSignal.signal,
      request: this.request,
      candidate: { provider: provider.slug, model, slug, upstreamModel },
      attempt: this.#log.attempt,
      headers: { ...headers },
    };
    const asked = await waitFor(async () => hook(state), this.#waitLimits(Infinity));
    if (asked.kind === 'timed-out') throw this.#chain.tooLate();
    return asked.kind === 'aborted' ? undefined : (asked.value ?? NO_CHANGE);
  }

  #deadline(callersLimitMs: number | undefined): number {
    const { deadline, parts } = this.#chain;
    return callersLimitMs === undefined ? deadline : Math.min(deadline, parts.clock.now() + callersLimitMs);
  }

  #waitLimits(limitMs: number): WaitLimits {
    const { deadline, parts } = this.#chain;
    const { clock } = parts;
    return {
      clock,
      cancelSignal: this.#cancelSignal,
      limitMs: Math.min(limitMs, deadline - clock.now(), LONGEST_WAIT_MS),
    };
  }

  #failed(failure: UpstreamFailure): UpstreamFailure {
    this.#ticket.fail(failure, this.#tenant);
    this.#record({
      ok: false,
      countable: failure.rule.breaker,
      firstTokenMs: undefined,
      durationMs: this.#since(this.#startedAt),
      completionTokens: undefined,
    });
    this.#log.status = failure.status;
    this.#log.upstreamError = failure.upstreamError;
    this.#log.possiblyBilled = failure.rule.possiblyBilled;
    this.#estimateCost();
    this.#describe(failure);
    this.#end(failure.kind);
    return failure;
  }

  #cancelled(): undefined {
    this.#ticket.abandon();
    this.#log.possiblyBilled = this.#askedAt !== undefined;
    this.#estimateCost();
    this.#end(this.#cancelOutcome);
  }

  #closed(ended: 'complete' | 'truncated' | 'cancelled', error: GatewayError | undefined): void {
    const { route } = this.#chain;
    const { endpoint } = this.candidate;
    const usage = this.#chain.context.outcome?.usage;
    const failure = ended === 'truncated' ? failureOfBrokenStream(error) : undefined;
    this.#logSpend(ended === 'complete');
    if (ended === 'complete') {
      this.#ticket.succeed(this.#tenant);
      route.prompt?.learn(endpoint.id, usage?.prompt_tokens);
      route.onServed?.(endpoint, usage);
    } else if (failure === undefined) {
      this.#ticket.abandon();
      return this.#end(this.#cancelOutcome);
    } else {
      this.#ticket.fail(failure, this.#tenant);
      this.#describe(failure);
    }
    this.#record({
      ok: failure === undefined,
      countable: failure?.rule.breaker ?? true,
      firstTokenMs: this.#log.firstTokenMs,
      durationMs: this.#since(this.#startedAt),
      completionTokens: usage?.completion_tokens,
    });
    this.#end(failure?.kind ?? 'ok');
  }

  #logSpend(isComplete: boolean): void {
    const { outcome } = this.#chain.context;
    this.#log.possiblyBilled = !isComplete;
    this.#log.costUsd = this.candidate.credential === 'caller' ? 0 : outcome?.costUsd;
    this.#log.estimated = outcome?.estimated === true;
    this.#log.tokens = outcome?.tokens;
  }

  /** Notes what was sent and what came instead. Errors of the host's code are reported to the host in any case. */
  #describe(failure: UpstreamFailure): void {
    if (failure.kind === 'host_code') this.#chain.parts.hooks.reportHostCode(failure.error.cause);
    if (this.#destination === undefined) return;
    const { url, secrets } = this.#destination;
    this.#log.sent = describeRequest(url, secrets);
    this.#log.received = describeReceived(failure, secrets);
  }

  /** A caller's own key or address says nothing of the endpoint as others see it. */
  #record(outcome: AttemptOutcome): void {
    const { candidate } = this;
    if (candidate.credential === 'operator') this.#chain.route.record?.(candidate.endpoint, outcome);
  }

  /** The upstream may charge for the prompt, and for what it has sent. */
  #estimateCost(): void {
    const { candidate } = this;
    if (!this.#log.possiblyBilled || candidate.credential === 'caller') return;
    const received = (): number => this.#exchange?.outputBytes ?? 0;
    Object.assign(this.#log, costOfAttempt(this.#chain.context, candidate.endpoint, undefined, received));
  }

  #end(outcome: string): void {
    this.#log.outcome = outcome;
    this.#log.durationMs = this.#since(this.#startedAt);
    this.#chain.context.spend?.attemptEnded(this.candidate.endpoint, this.#log);
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
