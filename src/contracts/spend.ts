import type { GatewayError } from '../errors/gateway-error.js';
import type { AttemptRecord } from './hooks.js';
import type { Endpoint } from './routing.js';

/** The plan of a request, as far as its cost depends on it. */
export interface SpendPlan {
  /** In the order in which they will be tried. */
  readonly candidates: readonly Endpoint[];
  /** Tokens of the prompt at an endpoint, by its id. */
  promptTokens(endpointId: string): number;
  /** Whether an attempt on `endpoint` uses the caller's own key, and so costs the operator nothing. */
  usesCallerCredential(endpoint: Endpoint): boolean;
}

/** Result of a reservation. */
export type SpendDecision =
  /** Reserved. The endpoints in `tooDear` cost more than the budget has left, and must not be tried. */
  | { readonly kind: 'reserved'; readonly tooDear: readonly Endpoint[] }
  /** These models must be used instead: plan again. */
  | { readonly kind: 'models'; readonly models: readonly string[] };

/** The reservation of one request against its caller's limits, from the plan to the end of the response. */
export interface SpendLease {
  /**
   * Reserves the amounts that the request may use, at the price of the first candidate.
   * @throws GatewayError 402 or 429 if a limit refuses it.
   */
  begin(plan: SpendPlan): SpendDecision | Promise<SpendDecision>;
  /**
   * The decision that `begin` would make, read from the store. Reserves nothing.
   * @throws GatewayError 402 or 429 if a limit would refuse the request.
   */
  preview(plan: SpendPlan): SpendDecision | Promise<SpendDecision>;
  /** As `preview`, but only with the counters of this process. */
  previewNow(plan: SpendPlan): SpendDecision;
  /**
   * Re-prices the reservation before an attempt. False: `endpoint` costs more than the budget has left, and must not be
   * tried.
   * @param beside - the attempt is a hedge, in addition to another one
   */
  reprice(endpoint: Endpoint, beside: boolean): boolean | Promise<boolean>;
  /** The error of a request whose budget suffices for no endpoint. */
  refusal(): GatewayError;
  /**
   * An attempt has ended; `record.costUsd` is what it cost, or may have cost.
   * @param correct - called with the USD that are charged instead, where an aborted attempt costs what was reserved, or
   * the endpoint has no price
   */
  attemptEnded(endpoint: Endpoint, record: AttemptRecord, correct?: (costUsd: number) => void): void;
  /** The response and all attempts have ended: replaces the reservation by the amounts used. Takes effect once. */
  finish(): void;
  /** As `finish`, as soon as no attempt is in flight. */
  finishWhenIdle(): void;
}
