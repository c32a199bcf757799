import type { Clock } from '../../contracts/clock.js';
import type { Endpoint } from '../../contracts/routing.js';
import { RetryBudget } from './retry-budget.js';
import { EndpointState, type EndpointReadiness } from './endpoint-state.js';
import { AttemptTicket } from './attempt-ticket.js';

export interface EndpointStatesOptions {
  readonly clock: Clock;
  readonly random: () => number;
  readonly maxInFlightPerProvider: number;
}

/** The states of all endpoints, the attempts in flight at each provider, and the retry budget of each model. */
export class EndpointStates {
  readonly #options: EndpointStatesOptions;
  readonly #endpointStates = new Map<string, EndpointState>();
  readonly #budgets = new Map<string, RetryBudget>();
  readonly #inFlight = new Map<string, number>();

  constructor(options: EndpointStatesOptions) {
    this.#options = options;
  }

  /**
   * The state of `endpoint`. An attempt with a caller's own key or address gets a new one, because its failures must
   * not affect the operator's attempts, nor theirs affect it.
   */
  of(endpoint: Endpoint, usesCallerCredential: boolean): EndpointState {
    const { clock, random } = this.#options;
    if (usesCallerCredential) return new EndpointState(clock, random);
    let endpointState = this.#endpointStates.get(endpoint.id);
    if (endpointState === undefined) {
      endpointState = new EndpointState(clock, random);
      this.#endpointStates.set(endpoint.id, endpointState);
    }
    return endpointState;
  }

  /** The retry budget of a model. Only the operator's models get one, so the map stays small. */
  budgetOf(model: string): RetryBudget {
    let budget = this.#budgets.get(model);
    if (budget === undefined) {
      budget = new RetryBudget();
      this.#budgets.set(model, budget);
    }
    return budget;
  }

  /** Whether `provider` has fewer attempts in flight than `maxInFlightPerProvider`. */
  hasCapacity(provider: string): boolean {
    return (this.#inFlight.get(provider) ?? 0) < this.#options.maxInFlightPerProvider;
  }

  /** An attempt begins. It must end with exactly one method of the returned ticket. */
  begin(provider: string, endpointState: EndpointState): AttemptTicket {
    this.#inFlight.set(provider, (this.#inFlight.get(provider) ?? 0) + 1);
    return new AttemptTicket(endpointState, () => this.#release(provider));
  }

  /** Availability of the endpoint with this id; `undefined` before its first attempt. */
  status(endpointId: string): EndpointReadiness | undefined {
    return this.#endpointStates.get(endpointId)?.status();
  }

  #release(provider: string): void {
    this.#inFlight.set(provider, Math.max(0, (this.#inFlight.get(provider) ?? 0) - 1));
  }
}
