import type { BreakerCall } from './circuit-breaker.js';
import type { Fault } from '../upstream-failure.js';
import type { Target } from './endpoint-state.js';

/** One call under way at a target, counted from beginning to end. It ends in exactly one of its three ways. */
export class Visit {
  readonly #target: Target;
  readonly #call: BreakerCall;
  readonly #leave: () => void;

  constructor(target: Target, leave: () => void) {
    this.#target = target;
    this.#leave = leave;
    this.#call = target.begin();
  }

  succeed(tenant: string): void {
    this.#leave();
    this.#target.succeed(this.#call, tenant);
  }

  fail(fault: Fault, tenant: string): void {
    this.#leave();
    this.#target.fail(this.#call, fault, tenant);
  }

  /** It says nothing of the target: the client left, or the fault was ours. */
  abandon(): void {
    this.#leave();
    this.#target.abandon(this.#call);
  }
}
