import type { Clock } from '../../contracts/clock.js';
import type { UpstreamErrorSummary } from '../../contracts/hooks.js';
import { CircuitBreaker, type BreakerTicket, type BreakerStatus } from './circuit-breaker.js';
import { OF_ONE_REQUEST, type UpstreamFailure, type FailureKind } from '../upstream-failure.js';
import { RefusalStreak } from './refusal-streak.js';

/** Milliseconds that an endpoint is left alone after a fault that does not count against its breaker. */
const MISSING_MS = 60_000;
const AUTH_MS = 60_000;
const QUOTA_MS = 300_000;
const THROTTLE_MS = 5_000;
const MAX_THROTTLE_MS = 60_000;
const MIN_HINTED_MS = 1_000;
/** No upstream rests an endpoint for longer than this on its word alone. */
const MAX_HINTED_MS = 60_000;
/** How long an upstream that refused `stream_options` is not sent them. */
const STREAM_OPTIONS_MS = 3_600_000;

/** What the circuit breaker of an endpoint knows right now. */
export interface EndpointReadiness {
  /** The circuit breaker. */
  readonly breaker: BreakerStatus;
  /** Attempts in flight. */
  readonly inFlight: number;
  /** Milliseconds that the endpoint is still left alone. */
  readonly coolsForMs: number;
  /** The last call that failed by the endpoint's fault; `undefined` while none has. */
  readonly lastFailure: LastFailure | undefined;
}

/** Why a call failed, for people who look. */
export interface LastFailure {
  /** Milliseconds since then. */
  readonly agoMs: number;
  /** As in `AttemptRecord`. */
  readonly outcome: string;
  /** The provider's own error, redacted; `undefined` where it sent none. */
  readonly upstreamError: UpstreamErrorSummary | undefined;
}

/** What this process knows of one endpoint's readiness: breaker, cool-down, calls at work. */
export class EndpointState {
  readonly breaker: CircuitBreaker;
  readonly #clock: Clock;
  inFlight = 0;
  cooldownUntil = 0;
  #throttles = 0;
  readonly #refusals = new RefusalStreak();
  #streamOptionsRefusedUntil = 0;
  #lastFailure: { readonly at: number; readonly failure: UpstreamFailure } | undefined;

  constructor(clock: Clock, random: () => number) {
    this.#clock = clock;
    this.breaker = new CircuitBreaker(clock, random);
  }

  get inCooldown(): boolean {
    return this.#clock.now() < this.cooldownUntil;
  }

  /** The upstream has lately refused `stream_options`. */
  get refusesStreamOptions(): boolean {
    return this.#clock.now() < this.#streamOptionsRefusedUntil;
  }

  /** A call without `stream_options` succeeded where one with them was refused. */
  learnNoStreamOptions(): void {
    this.#streamOptionsRefusedUntil = this.#clock.now() + STREAM_OPTIONS_MS;
  }

  begin(): BreakerTicket {
    this.inFlight++;
    return this.breaker.begin();
  }

  succeed(call: BreakerTicket, tenant: string): void {
    this.inFlight--;
    this.#throttles = 0;
    this.#refusals.reset(tenant);
    this.breaker.succeed(call, tenant);
  }

  fail(call: BreakerTicket, failure: UpstreamFailure, tenant: string): void {
    this.inFlight--;
    if (failure.rule.breaker) this.breaker.fail(call, tenant);
    else this.breaker.abandon(call);
    this.#coolAfter(failure, tenant);
    // What one request did wrong says nothing of the endpoint, and its words may quote it.
    if (!OF_ONE_REQUEST.has(failure.kind) || failure.kind === 'firewall')
      this.#lastFailure = { at: this.#clock.now(), failure };
  }

  abandon(call: BreakerTicket): void {
    this.inFlight--;
    this.breaker.abandon(call);
  }

  status(): EndpointReadiness {
    return {
      breaker: this.breaker.status(),
      inFlight: this.inFlight,
      coolsForMs: Math.max(0, Math.round(this.cooldownUntil - this.#clock.now())),
      lastFailure: this.#describeLastFailure(),
    };
  }

  #describeLastFailure(): LastFailure | undefined {
    if (this.#lastFailure === undefined) return undefined;
    const { at, failure } = this.#lastFailure;
    return { agoMs: Math.round(this.#clock.now() - at), outcome: failure.kind, upstreamError: failure.upstreamError };
  }

  #coolAfter(failure: UpstreamFailure, tenant: string): void {
    const { kind, repeatedKind, retryAfterMs } = failure;
    const isRepeated = repeatedKind !== undefined && this.#refusals.add(tenant, kind === 'rejected');
    const ms = isRepeated ? this.#coolDownOf(repeatedKind, undefined) : this.#coolDownOf(kind, retryAfterMs);
    // Never shorten: a later hint that is smaller does not undo an earlier one.
    if (ms > 0) this.cooldownUntil = Math.max(this.cooldownUntil, this.#clock.now() + ms);
  }

  #coolDownOf(kind: FailureKind, retryAfterMs: number | undefined): number {
    if (OF_ONE_REQUEST.has(kind)) return 0;
    switch (kind) {
      case 'model_missing':
        return MISSING_MS;
      case 'auth':
        return AUTH_MS;
      case 'quota':
        return QUOTA_MS;
      case 'rate_limited':
        return retryAfterMs === undefined ? this.#throttle() : clamped(retryAfterMs);
      default:
        return retryAfterMs === undefined ? 0 : clamped(retryAfterMs);
    }
  }

  /** Without a hint: 5 s, doubled each time in a row, up to a minute. */
  #throttle(): number {
    return Math.min(THROTTLE_MS * 2 ** this.#throttles++, MAX_THROTTLE_MS);
  }
}

function clamped(hintMs: number): number {
  return Math.min(Math.max(MIN_HINTED_MS, hintMs), MAX_HINTED_MS);
}
