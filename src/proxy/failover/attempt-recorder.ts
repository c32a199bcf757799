import type { AttemptOutcome } from '../../contracts/routing.js';
import type { GatewayError } from '../../errors/gateway-error.js';
import type { PlannedCandidate } from '../../request/context.js';
import { costOfAttempt } from '../attempt-cost.js';
import { upstreamErrorBehind } from '../response/parse-error.js';
import { failureOfBrokenStream, type UpstreamFailure } from '../upstream-failure.js';
import { callerIdOf } from './tenant-set.js';
import type { AttemptContext } from './attempt-context.js';
import { AttemptLog } from './attempt-log.js';
import type { PreparedAttempt } from './attempt-preparation.js';
import type { AttemptTicket } from './attempt-ticket.js';
import type { Selection } from './candidate-selector.js';
import { describeReceived, describeRequest } from './sent-and-received.js';

/** How the response of an attempt ended after its commit point. */
export type CommittedEnd = 'complete' | 'truncated' | 'cancelled';

/** Why an attempt was cancelled: its request was, or another attempt of the request has responded first. */
export type CancelOutcome = 'cancelled' | 'superseded';

/**
 * Records one attempt in the state of its endpoint, the live statistics, the log, the caller's spend and the hooks.
 * Exactly one of `endedByHook`, `failed`, `cancelled` and `responseEnded` ends it.
 */
export class AttemptRecorder {
  readonly log: AttemptLog;
  readonly #shared: AttemptContext;
  readonly #candidate: PlannedCandidate;
  readonly #ticket: AttemptTicket;
  readonly #startedAt: number;
  /** `undefined` while nothing has been sent. */
  #sent: PreparedAttempt | undefined;

  constructor(shared: AttemptContext, { candidate, endpointState }: Selection) {
    const { context, parts } = shared;
    this.#shared = shared;
    this.#candidate = candidate;
    this.log = new AttemptLog(context.attempts.length + 1, candidate);
    context.attempts.push(this.log);
    this.#ticket = parts.endpointStates.begin(candidate.endpoint.provider.slug, endpointState);
    this.#startedAt = parts.clock.now();
    parts.hooks.attemptBegan(context, candidate.endpoint, this.log);
  }

  sent(prepared: PreparedAttempt): void {
    this.#sent = prepared;
  }

  committed(firstTokenMs: number | undefined): void {
    this.log.status = 200;
    this.log.firstTokenMs = firstTokenMs;
  }

  /** The `beforeAttempt` hook threw before anything was sent. */
  endedByHook(): void {
    this.#ticket.abandon();
    this.#end('hook');
  }

  failed(failure: UpstreamFailure): void {
    this.#ticket.fail(failure, this.#tenant);
    this.#recordOutcome({
      ok: false,
      countable: failure.rule.breaker,
      firstTokenMs: undefined,
      durationMs: this.#elapsedMs,
      completionTokens: undefined,
    });
    this.log.status = failure.status;
    this.log.upstreamError = failure.upstreamError;
    this.log.possiblyBilled = failure.rule.possiblyBilled;
    this.#estimateCost();
    this.#describe(failure);
    this.#end(failure.kind);
  }

  /** Cancelled before the commit point. */
  cancelled(outcome: CancelOutcome): void {
    this.#ticket.abandon();
    this.log.possiblyBilled = this.#sent !== undefined;
    this.#estimateCost();
    this.#end(outcome);
  }

  /**
   * The committed response has ended.
   * @param error - the error event with which a truncated stream ended
   * @param cancelOutcome - the outcome to record if it was cancelled
   */
  responseEnded(end: CommittedEnd, error: GatewayError | undefined, cancelOutcome: CancelOutcome): void {
    const { route, context } = this.#shared;
    const { endpoint } = this.#candidate;
    const usage = context.outcome?.usage;
    const failure = end === 'truncated' ? failureOfBrokenStream(error) : undefined;
    if (error !== undefined) this.log.upstreamError = upstreamErrorBehind(error);
    this.#recordSpend(end === 'complete');
    if (end === 'complete') {
      this.#ticket.succeed(this.#tenant);
      route.prompt?.learn(endpoint.id, usage?.prompt_tokens);
      route.onServed?.(endpoint, usage);
    } else if (failure === undefined) {
      this.#ticket.abandon();
      return this.#end(cancelOutcome);
    } else {
      this.#ticket.fail(failure, this.#tenant);
      this.#describe(failure);
    }
    this.#recordOutcome({
      ok: failure === undefined,
      countable: failure?.rule.breaker ?? true,
      firstTokenMs: this.log.firstTokenMs,
      durationMs: this.#elapsedMs,
      completionTokens: usage?.completion_tokens,
    });
    this.#end(failure?.kind ?? 'ok');
  }

  #recordSpend(isComplete: boolean): void {
    const { outcome } = this.#shared.context;
    this.log.possiblyBilled = !isComplete;
    this.log.costUsd = outcome?.costUsd;
    this.log.estimated = outcome?.estimated === true;
    this.log.tokens = outcome?.tokens;
    this.log.promptTokens = outcome?.promptTokens;
  }

  /** An aborted or failed upstream may charge for the prompt and for the output that it has sent. */
  #estimateCost(): void {
    if (!this.log.possiblyBilled || this.#candidate.credential === 'caller') return;
    const outputBytes = (): number => this.#sent?.exchange.outputBytes ?? 0;
    Object.assign(this.log, costOfAttempt(this.#shared.context, this.#candidate, undefined, outputBytes));
  }

  /** Logs the request line and what was received instead of a response, and reports errors of the host's own code. */
  #describe(failure: UpstreamFailure): void {
    if (failure.kind === 'host_code') this.#shared.parts.hooks.reportHostCode(failure.error.cause);
    if (this.#sent === undefined) return;
    const { url, secrets } = this.#sent;
    this.log.sent = describeRequest(url, secrets);
    this.log.received = describeReceived(failure, secrets);
  }

  /**
   * Attempts with a caller's own key or address are left out of the statistics: other callers would not see the same.
   */
  #recordOutcome(outcome: AttemptOutcome): void {
    const { endpoint, credential } = this.#candidate;
    if (credential === 'operator') this.#shared.route.record?.(endpoint, outcome);
  }

  #end(outcome: string): void {
    const { context, parts } = this.#shared;
    const { endpoint } = this.#candidate;
    this.log.outcome = outcome;
    this.log.durationMs = this.#elapsedMs;
    context.spend?.attemptEnded(endpoint, this.log, (costUsd) => Object.assign(this.log, { costUsd, estimated: true }));
    parts.hooks.attemptEnded(context, endpoint, this.log);
  }

  get #elapsedMs(): number {
    return this.#shared.parts.clock.now() - this.#startedAt;
  }

  get #tenant(): string {
    return callerIdOf(this.#shared.context);
  }
}
