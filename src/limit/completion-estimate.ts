/** Tokens of a completion while nothing is known of a caller and model. */
const COLD_TOKENS = 1_024;
/** Share of the completions that stay below the estimate. */
const QUANTILE = 0.95;
/** How far one completion moves the estimate, as a share of it. */
const STEP = 0.1;
const LEAST_TOKENS = 16;
/** Most callers that are kept for each model; the oldest are removed first. */
const MAX_CALLERS = 10_000;

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
    let callers = this.#models.get(model);
    if (callers === undefined) this.#models.set(model, (callers = new Map()));
    if (callers.size >= MAX_CALLERS) callers.delete(callers.keys().next().value!);
    const estimate = { tokens: COLD_TOKENS };
    callers.set(caller, estimate);
    return estimate;
  }
}
