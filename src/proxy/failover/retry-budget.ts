/** Tokens that a further attempt of a request costs: on another endpoint, and on the same one again. */
export const FALLBACK_COST = 5;
export const RETRY_COST = 14;
/** Tokens that a hedge costs. They are not refunded, because the request would have succeeded without it. */
export const HEDGE_COST = 14;

const CAPACITY = 500;

/**
 * Limits the extra load that the requests of one model may cause together. Attempts after the first cost tokens, which
 * are refunded if the request succeeds. So one failing provider among healthy ones drains nothing, while in an outage
 * of all of them the number of attempts falls to the number of requests. There is one bucket per model and not per
 * provider, because the bucket of a provider that serves only fallbacks would never refill.
 */
export class RetryBudget {
  #tokens = CAPACITY;

  get tokens(): number {
    return this.#tokens;
  }

  /** Takes `cost`. False, and nothing is taken, if the budget does not suffice. */
  take(cost: number): boolean {
    if (this.#tokens < cost) return false;
    this.#tokens -= cost;
    return true;
  }

  /** As `take`, but leaves at least half of the capacity for retries after failures. */
  takeSpare(cost: number): boolean {
    return this.#tokens - cost >= CAPACITY / 2 && this.take(cost);
  }

  /** The request succeeded, or the attempt was not made. */
  refund(cost: number): void {
    this.#tokens = Math.min(CAPACITY, this.#tokens + cost);
  }

  /** The first attempt of a request succeeded. */
  earn(): void {
    this.#tokens = Math.min(CAPACITY, this.#tokens + 1);
  }
}
