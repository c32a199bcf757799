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

/** What this process knows of its endpoints: breakers, cool-downs, room, and the retry budget of each model. */
export class EndpointStates {
  readonly #options: EndpointStatesOptions;
  readonly #endpointStates = new Map<string, EndpointState>();
  readonly #budgets = new Map<string, RetryBudget>();
  readonly #inFlight = new Map<string, number>();

  constructor(options: EndpointStatesOptions) {
    this.#options = options;
  }

  /** A call with a caller's own key or address gets a target of its own: it neither learns nor teaches. */
  of(endpoint: Endpoint, ownCredential: boolean): EndpointState {
    const { clock, random } = this.#options;
    if (ownCredential) return new EndpointState(clock, random);
    let endpointState = this.#endpointStates.get(endpoint.id);
    if (endpointState === undefined) {
      endpointState = new EndpointState(clock, random);
      this.#endpointStates.set(endpoint.id, endpointState);
    }
    return endpointState;
  }

  /** Models are the operator's, so there are only so many. */
  budgetOf(model: string): RetryBudget {
    let budget = this.#budgets.get(model);
    if (budget === undefined) {
      budget = new RetryBudget();
      this.#budgets.set(model, budget);
    }
    return budget;
  }

  hasRoom(provider: string): boolean {
    return (this.#inFlight.get(provider) ?? 0) < this.#options.maxInFlightPerProvider;
  }

  /** A call begins. It ends with exactly one of the methods of what is returned. */
  begin(provider: string, endpointState: EndpointState): AttemptTicket {
    this.#inFlight.set(provider, (this.#inFlight.get(provider) ?? 0) + 1);
    return new AttemptTicket(endpointState, () => this.#leave(provider));
  }

  /** By endpoint id; `undefined` before the first call. */
  status(endpointId: string): EndpointReadiness | undefined {
    return this.#endpointStates.get(endpointId)?.status();
  }

  #leave(provider: string): void {
    this.#inFlight.set(provider, Math.max(0, (this.#inFlight.get(provider) ?? 0) - 1));
  }
}
