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
  readonly #tokens = new Map<string, number>();

  tokensFor(key: string): number {
    return Math.ceil(this.#tokens.get(key) ?? COLD_TOKENS);
  }

  learn(key: string, tokens: number): void {
    const before = this.#tokens.get(key);
    if (before === undefined && this.#tokens.size >= MAX_KEYS) this.#tokens.delete(this.#tokens.keys().next().value!);
    const estimate = before ?? COLD_TOKENS;
    const step = STEP * Math.max(estimate, LEAST_TOKENS);
    const moved = tokens > estimate ? estimate + step * QUANTILE : estimate - step * (1 - QUANTILE);
    this.#tokens.set(key, Math.max(LEAST_TOKENS, moved));
  }
}
