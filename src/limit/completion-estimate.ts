/** Tokens of a completion while nothing is known of a caller and model. */
const COLD_TOKENS = 1_024;
/** Share of the completions that stay below the estimate. */
const QUANTILE = 0.95;
/** How far one completion moves the estimate, as a share of it. */
const STEP = 0.1;
const LEAST_TOKENS = 16;
/** Most pairs of caller and model that are kept; the oldest of a model are removed first. */
const MAX_ESTIMATES = 10_000;

interface Estimate {
  tokens: number;
}

/**
 * What 95 % of the completions of a caller and model stay below: a quantile that follows the traffic in one number. Each
 * completion above it moves it up by a step, each below it down by a nineteenth of one.
 */
export class CompletionEstimate {
  /** By model, then by caller. Models are those of the provider table. */
  readonly #models = new Map<string, Map<string, Estimate>>();
  /** Pairs of caller and model. */
  #size = 0;

  tokensFor(caller: string, model: string): number {
    return Math.ceil(this.#models.get(model)?.get(caller)?.tokens ?? COLD_TOKENS);
  }

  learn(caller: string, model: string, tokens: number): void {
    const estimate = this.#models.get(model)?.get(caller) ?? this.#add(caller, model);
    const step = STEP * Math.max(estimate.tokens, LEAST_TOKENS);
    const moved =
      tokens > estimate.tokens ? estimate.tokens + step * QUANTILE : estimate.tokens - step * (1 - QUANTILE);
    estimate.tokens = Math.max(LEAST_TOKENS, moved);
  }

  #add(caller: string, model: string): Estimate {
    if (this.#size >= MAX_ESTIMATES) this.#forgetOldest();
    let callers = this.#models.get(model);
    if (callers === undefined) this.#models.set(model, (callers = new Map()));
    const estimate = { tokens: COLD_TOKENS };
    callers.set(caller, estimate);
    this.#size++;
    return estimate;
  }

  #forgetOldest(): void {
    const [oldest] = this.#models;
    const [model, callers] = oldest!;
    callers.delete(callers.keys().next().value!);
    this.#size--;
    if (callers.size === 0) this.#models.delete(model);
  }
}
