import type { GatewayError } from '../errors/gateway-error.js';
import type { AttemptRecord } from './hooks.js';
import type { Endpoint } from './routing.js';

/** What a plan says of a request that is about to be paid. */
export interface SpendPlan {
  /** In the order in which they will be asked. */
  readonly candidates: readonly Endpoint[];
  /** Tokens of the prompt at an endpoint, by its id. */
  promptTokens(endpointId: string): number;
  /** The attempt is paid by the caller's own key. */
  usesCallerCredential(endpoint: Endpoint): boolean;
}

/** What a reservation came to. */
export type SpendDecision =
  /** Reserved. `tooDear` must not be asked. */
  | { readonly kind: 'reserved'; readonly tooDear: readonly Endpoint[] }
  /** These models are to be asked instead: plan again. */
  | { readonly kind: 'models'; readonly models: readonly string[] };

/** What a request has reserved of its caller's limits, from the plan until its response has ended. */
export interface SpendLease {
  /**
   * Reserves what the request may take, at the price of the first candidate.
   * @throws GatewayError 402 or 429 where a limit refuses it.
   */
  begin(plan: SpendPlan): SpendDecision | Promise<SpendDecision>;
  /**
   * What `begin` would come to, by what the store says. Uses nothing up.
   * @throws GatewayError 402 or 429 where a limit would refuse the request.
   */
  preview(plan: SpendPlan): SpendDecision | Promise<SpendDecision>;
  /** As `preview`, by what this process knows. */
  previewNow(plan: SpendPlan): SpendDecision;
  /**
   * Re-prices the reservation before an attempt. False: the budget does not pay for `endpoint`, so it must not be asked.
   * @param beside - the attempt is made beside another one, which goes on
   */
  reprice(endpoint: Endpoint, beside: boolean): boolean | Promise<boolean>;
  /** The error of a request that no endpoint is cheap enough for. */
  refusal(): GatewayError;
  /** An attempt has ended; `record.costUsd` is what it cost, or may have cost. */
  attemptEnded(endpoint: Endpoint, record: AttemptRecord): void;
  /** The response has ended, and all attempts with it: what was used takes the place of what was reserved, once. */
  finish(): void;
  /** As `finish`, once no attempt is under way. */
  finishWhenIdle(): void;
}
