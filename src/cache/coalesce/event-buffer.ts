import type { SinkHead } from '../../contracts/sink.js';
import type { GatewayError } from '../../errors/gateway-error.js';

/** How much all running streams together may buffer, in characters. */
export interface BufferBudget {
  readonly perResponse: number;
  readonly inAll: number;
  used: number;
}

/** The part of a shared response that has arrived: a whole body, or the events of a stream by position. */
export class EventBuffer {
  head: SinkHead | undefined = undefined;
  /** The body of a response that is not a stream. */
  whole: Uint8Array | undefined = undefined;
  end: 'done' | GatewayError | undefined = undefined;
  readonly #budget: BufferBudget;
  #events: string[] = [];
  // Position of the first event that is still buffered.
  #first = 0;
  #size = 0;

  constructor(budget: BufferBudget) {
    this.#budget = budget;
  }

  /** Position of the next event. */
  get length(): number {
    return this.#first + this.#events.length;
  }

  get overfull(): boolean {
    if (this.#size > this.#budget.perResponse) return true;
    return this.#size > 0 && this.#budget.used > this.#budget.inAll;
  }

  append(payload: string): void {
    this.#events.push(payload);
    this.#count(payload.length);
  }

  eventAt(position: number): string {
    const event = this.#events[position - this.#first];
    if (event === undefined) throw new RangeError('The event at this position has been dropped.');
    return event;
  }

  dropBefore(position: number): void {
    const dropped = this.#events.splice(0, Math.max(position - this.#first, 0));
    this.#first += dropped.length;
    for (const event of dropped) this.#count(-event.length);
  }

  #count(characters: number): void {
    this.#size += characters;
    this.#budget.used += characters;
  }
}
