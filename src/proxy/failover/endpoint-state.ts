import type { Clock } from '../../contracts/clock.js';
import { CircuitBreaker, type BreakerTicket, type BreakerStatus } from './circuit-breaker.js';
import type { UpstreamFailure } from '../upstream-failure.js';

/** Milliseconds that an endpoint is left alone after a fault that does not count against its breaker. */
const MISSING_MS = 60_000;
const AUTH_MS = 60_000;
const QUOTA_MS = 300_000;
const THROTTLE_MS = 5_000;
const MAX_THROTTLE_MS = 60_000;
const MIN_HINTED_MS = 1_000;

/** What the circuit breaker of an endpoint knows right now. */
export interface EndpointReadiness {
  readonly breaker: BreakerStatus;
  readonly inFlight: number;
  /** Milliseconds that the endpoint is still left alone. */
  readonly coolsForMs: number;
}

/** What this process knows of one endpoint's readiness: breaker, cool-down, calls at work. */
export class EndpointState {
  readonly breaker: CircuitBreaker;
  readonly #clock: Clock;
  inFlight = 0;
  cooldownUntil = 0;
  #throttles = 0;

  constructor(clock: Clock, random: () => number) {
    this.#clock = clock;
    this.breaker = new CircuitBreaker(clock, random);
  }

  get inCooldown(): boolean {
    return this.#clock.now() < this.cooldownUntil;
  }

  begin(): BreakerTicket {
    this.inFlight++;
    return this.breaker.begin();
  }

  succeed(call: BreakerTicket, tenant: string): void {
    this.inFlight--;
    this.#throttles = 0;
    this.breaker.succeed(call, tenant);
  }

  fail(call: BreakerTicket, failure: UpstreamFailure, tenant: string): void {
    this.inFlight--;
    if (failure.rule.breaker) this.breaker.fail(call, tenant);
    else this.breaker.abandon(call);
    this.#coolAfter(failure);
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
    };
  }

  #coolAfter(failure: UpstreamFailure): void {
    const ms = this.#coolDownOf(failure);
    // Never shorten: a later hint that is smaller does not undo an earlier one.
    if (ms > 0) this.cooldownUntil = Math.max(this.cooldownUntil, this.#clock.now() + ms);
  }

  #coolDownOf({ kind, retryAfterMs }: UpstreamFailure): number {
    switch (kind) {
      case 'model_missing':
        return MISSING_MS;
      case 'auth':
        return AUTH_MS;
      case 'quota':
        return QUOTA_MS;
      case 'rate_limited':
        return retryAfterMs === undefined ? this.#throttle() : Math.max(MIN_HINTED_MS, retryAfterMs);
      default:
        return retryAfterMs === undefined ? 0 : Math.max(MIN_HINTED_MS, retryAfterMs);
    }
  }

  /** Without a hint: 5 s, doubled each time in a row, up to a minute. */
  #throttle(): number {
    return Math.min(THROTTLE_MS * 2 ** this.#throttles++, MAX_THROTTLE_MS);
  }
}
