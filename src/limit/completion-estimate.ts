/** Tokens of a completion while nothing is known of a caller and model. */
const COLD_TOKENS = 1_024;
/** Share of the completions that stay below the estimate. */
const QUANTILE = 0.95;
/** How far one completion moves the estimate, as a share of it. */
const STEP = 0.1;
const LEAST_TOKENS = 16;
/** Most pairs of caller and model that are kept; the oldest are removed first. */
const MAX_KEYS = 10_000;

/**
 * What 95 % of the completions of a caller and model stay below: a quantile that follows the traffic in one number. Each
 * completion above it moves it up by a step, each below it down by a nineteenth of one.
 */
export class CompletionEstimate {
  readonly #estimates = new Map<string, { tokens: number }>();

  tokensFor(key: string): number {
    return Math.ceil(this.#estimates.get(key)?.tokens ?? COLD_TOKENS);
  }

  learn(key: string, tokens: number): void {
    const estimate = this.#estimates.get(key) ?? this.#add(key);
    const step = STEP * Math.max(estimate.tokens, LEAST_TOKENS);
    const moved =
      tokens > estimate.tokens ? estimate.tokens + step * QUANTILE : estimate.tokens - step * (1 - QUANTILE);
    estimate.tokens = Math.max(LEAST_TOKENS, moved);
  }

  #add(key: string): { tokens: number } {
    if (this.#estimates.size >= MAX_KEYS) this.#estimates.delete(this.#estimates.keys().next().value!);
    const estimate = { tokens: COLD_TOKENS };
    this.#estimates.set(key, estimate);
    return estimate;
  }
}
