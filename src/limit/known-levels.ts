import type { LimitLevel, LimitOrder, LimitReply } from '../contracts/limit-store.js';

/** Most counters whose last level is kept. */
const MAX_KNOWN = 10_000;

/** The level of each counter as the store last reported it. */
export class KnownLevels {
  readonly #levels = new Map<string, LimitLevel>();

  get(group: string, field: string): LimitLevel | undefined {
    return this.#levels.get(`${group} ${field}`);
  }

  note({ group, holds }: Pick<LimitOrder, 'group' | 'holds'>, { levels }: LimitReply): void {
    for (const [index, level] of levels.entries()) {
      const key = `${group} ${holds[index]!.counter.field}`;
      // The newest are at the end, and the oldest are removed first.
      this.#levels.delete(key);
      this.#levels.set(key, level);
      if (this.#levels.size > MAX_KNOWN) this.#levels.delete(this.#levels.keys().next().value!);
    }
  }

  /** Adds the last known settled amounts of windows to an order, in case the store has lost them. */
  withFloors(order: LimitOrder): LimitOrder {
    if (this.#levels.size === 0 || !order.holds.some(({ counter }) => counter.kind === 'window')) return order;
    const holds = order.holds.map((hold) => {
      const floor = hold.counter.kind === 'window' ? this.get(order.group, hold.counter.field)?.settled : undefined;
      return floor === undefined ? hold : { ...hold, floor };
    });
    return { ...order, holds };
  }
}
