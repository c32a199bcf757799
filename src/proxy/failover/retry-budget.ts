/** What one more upstream call for a request costs, by where it goes. */
export const FALLBACK_COST = 5;
export const RETRY_COST = 14;
/** A second endpoint beside the first. Never given back: nothing would have been lost without it. */
export const HEDGE_COST = 14;

const CAPACITY = 500;

/**
 * Extra load that one route may cause. Calls beyond the first cost tokens, which come back when the request gets its
 * answer after all. So a dead provider among living ones costs nothing for long, and in an outage of all of them the
 * attempts settle at the number of requests. One bucket per model, not per provider: the bucket of a
 * provider that only serves fallbacks would never fill again.
 */
export class RetryBudget {
  #tokens = CAPACITY;

  get tokens(): number {
    return this.#tokens;
  }

  /** Takes `cost`, or nothing when there is not enough. */
  take(cost: number): boolean {
    if (this.#tokens < cost) return false;
    this.#tokens -= cost;
    return true;
  }

  /** Takes `cost` from the upper half only: failures come first. */
  takeSpare(cost: number): boolean {
    return this.#tokens - cost >= CAPACITY / 2 && this.take(cost);
  }

  /** The extra calls led to an answer: they were worth their price. */
  refund(cost: number): void {
    this.#tokens = Math.min(CAPACITY, this.#tokens + cost);
  }

  /** A first call succeeded. */
  earn(): void {
    this.#tokens = Math.min(CAPACITY, this.#tokens + 1);
  }
}
