import type { PlannedCandidate } from '../../request/context.js';
import type { Clock } from '../../contracts/clock.js';
import type { UpstreamFailure } from '../upstream-failure.js';
import type { EndpointState } from './endpoint-state.js';

/** An inline wait for a provider's `Retry-After` is worth no more than this, in milliseconds. */
const MAX_INLINE_WAIT_MS = 5_000;
const TRANSIENT_BASE_MS = 50;
const TRANSIENT_CAP_MS = 1_000;
const THROTTLED_BASE_MS = 1_000;
const THROTTLED_CAP_MS = 5_000;

/** What this request has already seen of one candidate. */
interface CandidateHistory {
  tries: number;
  immediate: boolean;
  lastFault: UpstreamFailure | undefined;
  /** Not before this moment again; `Infinity`: not again. */
  notBefore: number;
}

export interface Selection {
  readonly candidate: PlannedCandidate;
  readonly endpointState: EndpointState;
  /** Milliseconds to wait first. */
  readonly waitMs: number;
  /** This request has asked the same endpoint before. */
  readonly isRetry: boolean;
}

export interface SelectorParts {
  readonly clock: Clock;
  readonly random: () => number;
  readonly stateOf: (candidate: PlannedCandidate) => EndpointState;
  /** The provider has room for one more call. */
  readonly hasRoom: (candidate: PlannedCandidate) => boolean;
}

/**
 * Chooses who is asked next. The plan's order holds within each class: ready (one call at a time probes an endpoint that
 * may have recovered), then (the last resort) those that are cooling down or cut off, soonest first, then those that
 * failed this request before in a way that may pass.
 */
export class CandidateSelector {
  /** Some candidate was left out only because its provider is full. */
  full = false;
  readonly #parts: SelectorParts;
  readonly #candidates: readonly PlannedCandidate[];
  #seen: Map<PlannedCandidate, CandidateHistory> | undefined;
  #stoppedModels: Set<string> | undefined;
  #retries = 0;

  constructor(candidates: readonly PlannedCandidate[], parts: SelectorParts) {
    this.#candidates = candidates;
    this.#parts = parts;
  }

  /** Tells what a try came to. `move` of the fault's rule decides what may follow. */
  recordFailure(candidate: PlannedCandidate, failure: UpstreamFailure): void {
    const seen = (this.#seen ??= new Map());
    const before = seen.get(candidate);
    const immediate = failure.rule.action === 'retry-same' && before?.immediate !== true;
    seen.set(candidate, {
      tries: (before?.tries ?? 0) + 1,
      immediate: immediate || before?.immediate === true,
      lastFault: failure,
      notBefore: immediate ? this.#parts.clock.now() : this.#notBefore(failure),
    });
    if (failure.rule.action === 'abort') (this.#stoppedModels ??= new Set()).add(candidate.endpoint.model);
    this.#immediate = immediate ? candidate : undefined;
  }
  #immediate: PlannedCandidate | undefined;

  /** `candidate` is not asked by this request. */
  exclude(candidate: PlannedCandidate): void {
    (this.#seen ??= new Map()).set(candidate, {
      tries: 0,
      immediate: false,
      lastFault: undefined,
      notBefore: Infinity,
    });
  }

  next(): Selection | undefined {
    if (this.#immediate !== undefined) {
      const candidate = this.#immediate;
      this.#immediate = undefined;
      return { candidate, endpointState: this.#parts.stateOf(candidate), waitMs: 0, isRetry: true };
    }
    return this.#untried() ?? this.#isRetry();
  }

  /** Who can be asked while `other` is still at work: the same model at another provider, well and with room. */
  selectHedge(
    { endpoint: other }: PlannedCandidate,
    usable: (candidate: PlannedCandidate) => boolean,
  ): Selection | undefined {
    for (const candidate of this.#candidates) {
      const { provider, model } = candidate.endpoint;
      if (provider.slug === other.provider.slug || model !== other.model || !usable(candidate)) continue;
      if (!this.#parts.hasRoom(candidate)) continue;
      const endpointState = this.#parts.stateOf(candidate);
      if (endpointState.breaker.state !== 'closed' || endpointState.inCooldown) continue;
      return { candidate, endpointState, waitMs: 0, isRetry: false };
    }
    return undefined;
  }

  /** What was picked before a pause can still be asked. */
  stillAvailable({ candidate }: Selection): boolean {
    return this.#parts.hasRoom(candidate);
  }

  #untried(): Selection | undefined {
    let resort: Selection | undefined;
    let resortAt = Infinity;
    for (const candidate of this.#candidates) {
      if (this.#seen?.has(candidate) === true || this.#stopped(candidate)) continue;
      if (!this.#parts.hasRoom(candidate)) {
        this.full = true;
        continue;
      }
      const endpointState = this.#parts.stateOf(candidate);
      const { state } = endpointState.breaker;
      const selection = (): Selection => ({ candidate, endpointState, waitMs: this.#pause(), isRetry: false });
      // The probe of one that may have recovered stands in its own place, with all others behind it as fallbacks: were it
      // asked after those that are well, nobody would come back to it as long as they are.
      const ready = state === 'closed' || (state === 'half-open' && !endpointState.breaker.probing);
      if (ready && !endpointState.inCooldown) return selection();
      const readyAt = Math.max(endpointState.cooldownUntil, endpointState.breaker.openUntil);
      if (readyAt < resortAt) {
        resortAt = readyAt;
        resort = selection();
      }
    }
    return resort;
  }

  #isRetry(): Selection | undefined {
    if (this.#seen === undefined) return undefined;
    let best: PlannedCandidate | undefined;
    let bestAt = Infinity;
    for (const [candidate, { notBefore }] of this.#seen) {
      if (notBefore >= bestAt || this.#stopped(candidate) || !this.#parts.hasRoom(candidate)) continue;
      best = candidate;
      bestAt = notBefore;
    }
    if (best === undefined) return undefined;
    this.#retries++;
    const waitMs = Math.max(0, bestAt - this.#parts.clock.now());
    return { candidate: best, endpointState: this.#parts.stateOf(best), waitMs, isRetry: true };
  }

  #stopped(candidate: PlannedCandidate): boolean {
    return this.#stoppedModels?.has(candidate.endpoint.model) === true;
  }

  #notBefore({ rule, kind, retryAfterMs }: UpstreamFailure): number {
    if (!rule.retryable) return Infinity;
    const now = this.#parts.clock.now();
    if (retryAfterMs !== undefined) return retryAfterMs <= MAX_INLINE_WAIT_MS ? now + retryAfterMs : Infinity;
    const throttled = kind === 'rate_limited';
    const base = throttled ? THROTTLED_BASE_MS : TRANSIENT_BASE_MS;
    const cap = throttled ? THROTTLED_CAP_MS : TRANSIENT_CAP_MS;
    return now + this.#parts.random() * Math.min(cap, base * 2 ** this.#retries);
  }

  /** A few milliseconds before another provider, so that a crowd that failed together does not move together. */
  #pause(): number {
    return this.#seen === undefined ? 0 : this.#parts.random() * 25;
  }
}
