import type { BreakerTicket } from './circuit-breaker.js';
import type { UpstreamFailure } from '../upstream-failure.js';
import type { EndpointState } from './endpoint-state.js';

/** One attempt, counted as in flight at its endpoint until exactly one of its three methods ends it. */
export class AttemptTicket {
  readonly #endpointState: EndpointState;
  readonly #breakerTicket: BreakerTicket;
  readonly #release: () => void;

  /** @param release - frees the attempt's place among those in flight at the provider */
  constructor(endpointState: EndpointState, release: () => void) {
    this.#endpointState = endpointState;
    this.#release = release;
    this.#breakerTicket = endpointState.begin();
  }

  succeed(tenant: string): void {
    this.#release();
    this.#endpointState.succeed(this.#breakerTicket, tenant);
  }

  fail(failure: UpstreamFailure, tenant: string): void {
    this.#release();
    this.#endpointState.fail(this.#breakerTicket, failure, tenant);
  }

  /** The attempt is no evidence about the endpoint: it was cancelled, or the gateway's own code failed. */
  abandon(): void {
    this.#release();
    this.#endpointState.abandon(this.#breakerTicket);
  }
}
