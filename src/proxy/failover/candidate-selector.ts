import type { PlannedCandidate } from '../../request/context.js';
import type { Clock } from '../../contracts/clock.js';
import type { UpstreamFailure } from '../upstream-failure.js';
import type { EndpointState } from './endpoint-state.js';

/** Longest `Retry-After` that is waited for within a request, in milliseconds. */
const MAX_INLINE_WAIT_MS = 5_000;
/** Backoff before an endpoint is tried again: base and cap, in milliseconds. */
const TRANSIENT_BASE_MS = 50;
const TRANSIENT_CAP_MS = 1_000;
const THROTTLED_BASE_MS = 1_000;
const THROTTLED_CAP_MS = 5_000;

/** The earlier attempts of this request on one candidate. */
interface CandidateHistory {
  /** Whether the candidate has had its one immediate retry. */
  retriedAtOnce: boolean;
  /** Monotonic time of the next possible attempt; `Infinity`: no further attempt. */
  notBefore: number;
}

/** A candidate to try next. */
export interface Selection {
  readonly candidate: PlannedCandidate;
  readonly endpointState: EndpointState;
  /** Milliseconds to wait before the attempt. */
  readonly waitMs: number;
  /** This request has already tried the same endpoint. */
  readonly isRetry: boolean;
}

export interface SelectorParts {
  readonly clock: Clock;
  readonly random: () => number;
  readonly stateOf: (candidate: PlannedCandidate) => EndpointState;
  /** Whether the provider may get one more attempt at the same time. */
  readonly hasCapacity: (candidate: PlannedCandidate) => boolean;
}

/**
 * Selects the candidate of the next attempt: first the available ones in the plan's order, where a half-open endpoint
 * gets one probe at a time; then, as a last resort, those in cooldown or with an open breaker, soonest first; then
 * those that failed this request with a retryable failure.
 */
export class CandidateSelector {
  /** Some candidate was skipped only because its provider has no capacity. */
  skippedFullProvider = false;
  readonly #parts: SelectorParts;
  readonly #candidates: readonly PlannedCandidate[];
  #history: Map<PlannedCandidate, CandidateHistory> | undefined;
  /** Models after whose failure no attempt can succeed. */
  #abortedModels: Set<string> | undefined;
  /** The candidate to be retried at once. */
  #immediateRetry: PlannedCandidate | undefined;
  #retries = 0;

  constructor(candidates: readonly PlannedCandidate[], parts: SelectorParts) {
    this.#candidates = candidates;
    this.#parts = parts;
  }

  /** Records a failed attempt. The `action` of the failure's rule decides what may follow. */
  recordFailure(candidate: PlannedCandidate, failure: UpstreamFailure): void {
    const { action } = failure.rule;
    const history = (this.#history ??= new Map());
    const hasRetriedAtOnce = history.get(candidate)?.retriedAtOnce === true;
    const retriesNow = action === 'retry-same' && !hasRetriedAtOnce;
    history.set(candidate, {
      retriedAtOnce: retriesNow || hasRetriedAtOnce,
      notBefore: retriesNow ? this.#parts.clock.now() : this.#notBefore(failure),
    });
    if (action === 'abort') (this.#abortedModels ??= new Set()).add(candidate.endpoint.model);
    this.#immediateRetry = retriesNow ? candidate : undefined;
  }

  /** This request makes no attempt on `candidate`. */
  exclude(candidate: PlannedCandidate): void {
    (this.#history ??= new Map()).set(candidate, { retriedAtOnce: false, notBefore: Infinity });
  }

  /** `undefined`: no candidate is left. */
  next(): Selection | undefined {
    if (this.#immediateRetry !== undefined) {
      const candidate = this.#immediateRetry;
      this.#immediateRetry = undefined;
      return { candidate, endpointState: this.#parts.stateOf(candidate), waitMs: 0, isRetry: true };
    }
    return this.#untried() ?? this.#retry();
  }

  /** The candidate for a hedge of `other`: the same model at another provider that is available. */
  selectHedge(
    { endpoint: other }: PlannedCandidate,
    isUsable: (candidate: PlannedCandidate) => boolean,
  ): Selection | undefined {
    for (const candidate of this.#candidates) {
      const { provider, model } = candidate.endpoint;
      if (provider.slug === other.provider.slug || model !== other.model || !isUsable(candidate)) continue;
      if (!this.#parts.hasCapacity(candidate)) continue;
      const endpointState = this.#parts.stateOf(candidate);
      if (endpointState.breaker.state !== 'closed' || endpointState.inCooldown) continue;
      return { candidate, endpointState, waitMs: 0, isRetry: false };
    }
    return undefined;
  }

  /** Whether a candidate that was selected before a pause still has capacity. */
  stillAvailable({ candidate }: Selection): boolean {
    return this.#parts.hasCapacity(candidate);
  }

  #untried(): Selection | undefined {
    let lastResort: Selection | undefined;
    let lastResortAt = Infinity;
    for (const candidate of this.#candidates) {
      if (this.#history?.has(candidate) === true || this.#isAborted(candidate)) continue;
      if (!this.#parts.hasCapacity(candidate)) {
        this.skippedFullProvider = true;
        continue;
      }
      const endpointState = this.#parts.stateOf(candidate);
      const { state } = endpointState.breaker;
      const selection = (): Selection => ({ candidate, endpointState, waitMs: this.#jitterMs(), isRetry: false });
      // The probe of a half-open endpoint keeps its place in the plan. Behind the healthy candidates it would not be
      // made while they are healthy, and the endpoint would not recover.
      const isReady = state === 'closed' || (state === 'half-open' && !endpointState.breaker.probing);
      if (isReady && !endpointState.inCooldown) return selection();
      const readyAt = Math.max(endpointState.cooldownUntil, endpointState.breaker.openUntil);
      if (readyAt < lastResortAt) {
        lastResortAt = readyAt;
        lastResort = selection();
      }
    }
    return lastResort;
  }

  #retry(): Selection | undefined {
    if (this.#history === undefined) return undefined;
    let best: PlannedCandidate | undefined;
    let bestAt = Infinity;
    for (const [candidate, { notBefore }] of this.#history) {
      if (notBefore >= bestAt || this.#isAborted(candidate) || !this.#parts.hasCapacity(candidate)) continue;
      best = candidate;
      bestAt = notBefore;
    }
    if (best === undefined) return undefined;
    this.#retries++;
    const waitMs = Math.max(0, bestAt - this.#parts.clock.now());
    return { candidate: best, endpointState: this.#parts.stateOf(best), waitMs, isRetry: true };
  }

  #isAborted(candidate: PlannedCandidate): boolean {
    return this.#abortedModels?.has(candidate.endpoint.model) === true;
  }

  #notBefore({ rule, kind, retryAfterMs }: UpstreamFailure): number {
    if (!rule.retryable) return Infinity;
    const now = this.#parts.clock.now();
    if (retryAfterMs !== undefined) return retryAfterMs <= MAX_INLINE_WAIT_MS ? now + retryAfterMs : Infinity;
    const isThrottled = kind === 'rate_limited';
    const base = isThrottled ? THROTTLED_BASE_MS : TRANSIENT_BASE_MS;
    const cap = isThrottled ? THROTTLED_CAP_MS : TRANSIENT_CAP_MS;
    return now + this.#parts.random() * Math.min(cap, base * 2 ** this.#retries);
  }

  /** Up to 25 ms before a fallback, so that requests that failed together do not reach the next provider together. */
  #jitterMs(): number {
    return this.#history === undefined ? 0 : this.#parts.random() * 25;
  }
}
