import type { Clock } from '../../contracts/clock.js';
import type { UpstreamErrorSummary } from '../../contracts/hooks.js';
import { CircuitBreaker, type BreakerTicket, type BreakerStatus } from './circuit-breaker.js';
import { OF_ONE_REQUEST, type UpstreamFailure, type FailureKind } from '../upstream-failure.js';
import { RefusalStreak } from './refusal-streak.js';
import { BoundedMap } from '../../util/bounded-map.js';

/** Cooldown of an endpoint after a failure that does not count in its circuit breaker, in milliseconds. */
const MISSING_MS = 60_000;
const AUTH_MS = 60_000;
const QUOTA_MS = 300_000;
const THROTTLE_MS = 5_000;
const MAX_THROTTLE_MS = 60_000;
const MIN_HINTED_MS = 1_000;
/** Longest cooldown that an upstream's `Retry-After` may cause, in milliseconds. */
const MAX_HINTED_MS = 60_000;
/** How long a member is not sent to an upstream that refused it, in milliseconds. */
const REFUSED_MS = 3_600_000;
/** Most callers whose refused reasoning is remembered for each endpoint. */
const MAX_REFUSED = 1_000;

/** Availability of an endpoint, as seen by this process. */
export interface EndpointReadiness {
  /** The circuit breaker. */
  readonly breaker: BreakerStatus;
  /** Attempts in flight. */
  readonly inFlight: number;
  /** Milliseconds until the cooldown of the endpoint ends; 0 if there is none. */
  readonly coolsForMs: number;
  /** The last failure that was the endpoint's fault; `undefined` if there was none. */
  readonly lastFailure: LastFailure | undefined;
}

/** Why an attempt failed, for status pages. */
export interface LastFailure {
  /** Milliseconds since the failure. */
  readonly agoMs: number;
  /** As in `AttemptRecord`. */
  readonly outcome: string;
  /** The provider's own error, redacted; `undefined` where it sent none. */
  readonly upstreamError: UpstreamErrorSummary | undefined;
}

/** Availability of one endpoint: circuit breaker, cooldown, attempts in flight. */
export class EndpointState {
  readonly breaker: CircuitBreaker;
  readonly #clock: Clock;
  inFlight = 0;
  cooldownUntil = 0;
  #throttles = 0;
  readonly #refusals = new RefusalStreak();
  #streamOptionsRefusedUntil = 0;
  /** By caller: reasoning that one caller has made up must not end the reasoning of others. */
  readonly #reasoningRefusedUntil = new BoundedMap<number>(MAX_REFUSED);
  #lastFailure: { readonly at: number; readonly failure: UpstreamFailure } | undefined;

  constructor(clock: Clock, random: () => number) {
    this.#clock = clock;
    this.breaker = new CircuitBreaker(clock, random);
  }

  get inCooldown(): boolean {
    return this.#clock.now() < this.cooldownUntil;
  }

  /** The upstream has refused `stream_options` within the last hour. */
  get refusesStreamOptions(): boolean {
    return this.#clock.now() < this.#streamOptionsRefusedUntil;
  }

  /** An attempt with `stream_options` was refused, and one without them succeeded. */
  learnNoStreamOptions(): void {
    this.#streamOptionsRefusedUntil = this.#clock.now() + REFUSED_MS;
  }

  /** The upstream has refused this caller's reasoning of earlier responses within the last hour. */
  refusesReasoning(tenant: string): boolean {
    return this.#clock.now() < (this.#reasoningRefusedUntil.get(tenant) ?? 0);
  }

  /** An attempt with reasoning of earlier responses was refused, and one without it succeeded. */
  learnNoReasoning(tenant: string): void {
    this.#reasoningRefusedUntil.set(tenant, this.#clock.now() + REFUSED_MS);
  }

  begin(): BreakerTicket {
    this.inFlight++;
    return this.breaker.begin();
  }

  succeed(ticket: BreakerTicket, tenant: string): void {
    this.inFlight--;
    this.#throttles = 0;
    this.#refusals.reset(tenant);
    this.breaker.succeed(ticket, tenant);
  }

  fail(ticket: BreakerTicket, failure: UpstreamFailure, tenant: string): void {
    this.inFlight--;
    if (failure.rule.breaker) this.breaker.fail(ticket, tenant);
    else this.breaker.abandon(ticket);
    this.#extendCooldown(failure, tenant);
    // A failure of one request is no evidence about the endpoint, and the upstream's message may quote the request.
    if (!OF_ONE_REQUEST.has(failure.kind) || failure.kind === 'firewall')
      this.#lastFailure = { at: this.#clock.now(), failure };
  }

  abandon(ticket: BreakerTicket): void {
    this.inFlight--;
    this.breaker.abandon(ticket);
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

  #extendCooldown(failure: UpstreamFailure, tenant: string): void {
    const { kind, repeatedKind, retryAfterMs } = failure;
    const isRepeated = repeatedKind !== undefined && this.#refusals.add(tenant, kind === 'rejected');
    const ms = isRepeated ? this.#cooldownFor(repeatedKind, undefined) : this.#cooldownFor(kind, retryAfterMs);
    // A later, shorter hint does not undo an earlier one.
    if (ms > 0) this.cooldownUntil = Math.max(this.cooldownUntil, this.#clock.now() + ms);
  }

  #cooldownFor(kind: FailureKind, retryAfterMs: number | undefined): number {
    if (OF_ONE_REQUEST.has(kind)) return 0;
    switch (kind) {
      case 'model_missing':
        return MISSING_MS;
      case 'auth':
        return AUTH_MS;
      case 'quota':
        return QUOTA_MS;
      case 'rate_limited':
        return retryAfterMs === undefined ? this.#nextThrottleMs() : clamped(retryAfterMs);
      default:
        return retryAfterMs === undefined ? 0 : clamped(retryAfterMs);
    }
  }

  /** Cooldown after a 429 without a hint: 5 s, doubled each time in a row, up to a minute. */
  #nextThrottleMs(): number {
    return Math.min(THROTTLE_MS * 2 ** this.#throttles++, MAX_THROTTLE_MS);
  }
}

function clamped(hintMs: number): number {
  return Math.min(Math.max(MIN_HINTED_MS, hintMs), MAX_HINTED_MS);
}
