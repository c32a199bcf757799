import type { Clock } from '../../contracts/clock.js';
import type { Endpoint } from '../../contracts/routing.js';
import { RetryBudget } from './retry-budget.js';
import { Target, type TargetStatus } from './endpoint-state.js';
import { Visit } from './attempt-ticket.js';

export interface TargetTableOptions {
  readonly clock: Clock;
  readonly random: () => number;
  readonly maxInFlightPerProvider: number;
}

/** What this process knows of its endpoints: breakers, cool-downs, room, and the retry budget of each model. */
export class TargetTable {
  readonly #options: TargetTableOptions;
  readonly #targets = new Map<string, Target>();
  readonly #budgets = new Map<string, RetryBudget>();
  readonly #inFlight = new Map<string, number>();

  constructor(options: TargetTableOptions) {
    this.#options = options;
  }

  /** A call with a caller's own key or address gets a target of its own: it neither learns nor teaches. */
  of(endpoint: Endpoint, ownCredential: boolean): Target {
    const { clock, random } = this.#options;
    if (ownCredential) return new Target(clock, random);
    let target = this.#targets.get(endpoint.id);
    if (target === undefined) {
      target = new Target(clock, random);
      this.#targets.set(endpoint.id, target);
    }
    return target;
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
  begin(provider: string, target: Target): Visit {
    this.#inFlight.set(provider, (this.#inFlight.get(provider) ?? 0) + 1);
    return new Visit(target, () => this.#leave(provider));
  }

  /** By endpoint id; `undefined` before the first call. */
  status(endpointId: string): TargetStatus | undefined {
    return this.#targets.get(endpointId)?.status();
  }

  #leave(provider: string): void {
    this.#inFlight.set(provider, Math.max(0, (this.#inFlight.get(provider) ?? 0) - 1));
  }
}
