import type { GatewayError } from '../errors/gateway-error.js';
import type { AttemptRecord } from './hooks.js';
import type { Endpoint } from './routing.js';

/** What a budget still pays for, as a plan asks it: no I/O, by what was last read of it. */
export interface BudgetView {
  /** Whether one request with a prompt of so many tokens can be paid at `endpoint`. */
  affords(endpoint: Endpoint, promptTokens: number): boolean;
  /** The error of a request that no endpoint is cheap enough for. */
  optionError(): GatewayError;
}

/** What a request has reserved of its caller's limits, from the plan until its response has ended. */
export interface SpendLease extends BudgetView {
  /**
   * Re-prices the reservation before an attempt. False: the budget does not pay for `endpoint`, so it must not be asked.
   * @param beside - the attempt is made beside another one, which goes on
   */
  reprice(endpoint: Endpoint, beside: boolean): boolean | Promise<boolean>;
  /** An attempt has ended; `record.costUsd` is what it cost, or may have cost. */
  attemptEnded(endpoint: Endpoint, record: AttemptRecord): void;
}
