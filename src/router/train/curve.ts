import { estimateTokens, expectedUsd, type ModelPrice } from '../cost.js';
import type { TrainingTable } from './training-data.js';

/** USD of each model on each row: from the data, else by the prices. NaN where neither is known. */
export function costTable(
  { prompts, models, costs }: TrainingTable,
  prices: ReadonlyMap<string, ModelPrice> | undefined,
  completionTokens: number,
): Float64Array {
  const width = models.length;
  const known = models.map((model) => prices?.get(model));
  return costs.map((cost, index) => {
    const price = known[index % width];
    if (!Number.isNaN(cost) || price === undefined) return cost;
    const prompt = estimateTokens(prompts[Math.floor(index / width)]!);
    return expectedUsd(price, { prompt, completion: completionTokens });
  });
}

/** Values of `tradeOff` that reach from quality alone to price alone, for costs of this size. */
export function tradeOffGrid(costs: Float64Array, steps = 60): readonly number[] {
  const largest = costs.reduce((most, cost) => (cost > most ? cost : most), 0);
  if (largest === 0) return [0];
  const [low, high] = [0.002 / largest, 50 / largest];
  return [0, ...Array.from({ length: steps }, (_, step) => low * (high / low) ** (step / (steps - 1)))];
}
