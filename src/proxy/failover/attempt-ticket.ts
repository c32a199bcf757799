import type { BreakerTicket } from './circuit-breaker.js';
import type { UpstreamFailure } from '../upstream-failure.js';
import type { EndpointState } from './endpoint-state.js';

/** One call under way at a target, counted from beginning to end. It ends in exactly one of its three ways. */
export class AttemptTicket {
  readonly #endpointState: EndpointState;
  readonly #call: BreakerTicket;
  readonly #leave: () => void;

  constructor(endpointState: EndpointState, leave: () => void) {
    this.#endpointState = endpointState;
    this.#leave = leave;
    this.#call = endpointState.begin();
  }

  succeed(tenant: string): void {
    this.#leave();
    this.#endpointState.succeed(this.#call, tenant);
  }

  fail(failure: UpstreamFailure, tenant: string): void {
    this.#leave();
    this.#endpointState.fail(this.#call, failure, tenant);
  }

  /** It says nothing of the target: the client left, or the fault was ours. */
  abandon(): void {
    this.#leave();
    this.#endpointState.abandon(this.#call);
  }
}
