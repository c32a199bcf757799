import { type Assigned, clusterMeans, columnMeans } from './cluster-scores.js';
import { costTable, tradeOffGrid } from './curve.js';
import type { ResolvedTrainOptions } from './options.js';
import type { TrainingTable } from './training-data.js';

/** The share of the best single model's quality that the stored `tradeOff` keeps. */
export const KEPT_QUALITY = 0.97;
/** Share of the allowed loss that is kept as a reserve, about one standard error, so that the result holds on other prompts. */
const RESERVE = 0.5;

/**
 * The largest `tradeOff` at which the training prompts keep `KEPT_QUALITY` of the best single model's quality, each
 * prompt judged by cluster scores from which its own are taken out. `undefined` where costs are unknown.
 */
export function tradeOffThatKeeps(
  table: TrainingTable,
  assigned: Assigned,
  { prices, completionTokens, shrinkage }: ResolvedTrainOptions,
): number | undefined {
  const costs = costTable(table, prices, completionTokens);
  if (costs.some((cost) => Number.isNaN(cost))) return undefined;
  const expected = scoresWithoutOwn(table, assigned, shrinkage);
  const best = Math.max(...columnMeans(table.scores, assigned.rows, table.models.length));
  const floor = best * (KEPT_QUALITY + (1 - KEPT_QUALITY) * RESERVE);
  const good = tradeOffGrid(costs).filter((tradeOff) => qualityAt(table, expected, costs, tradeOff) >= floor);
  return Math.max(0, ...good);
}

/** The score of each model in the cluster of each prompt, without the prompt itself. */
function scoresWithoutOwn({ models, scores }: TrainingTable, assigned: Assigned, shrinkage: number): Float64Array {
  const width = models.length;
  const { values } = clusterMeans(scores, width, assigned, shrinkage);
  const sizes = new Float64Array(assigned.clusters);
  for (const cluster of assigned.assignment) sizes[cluster]! += 1;
  const expected = new Float64Array(scores.length);
  for (const [position, row] of assigned.rows.entries()) {
    const cluster = assigned.assignment[position]!;
    const weight = sizes[cluster]! + shrinkage;
    for (let column = 0; column < width; column++) {
      const mean = values[cluster * width + column]!;
      const own = scores[row * width + column]!;
      expected[row * width + column] = Number.isNaN(own) || weight <= 1 ? mean : (mean * weight - own) / (weight - 1);
    }
  }
  return expected;
}

function qualityAt(
  { models, scores, prompts }: TrainingTable,
  expected: Float64Array,
  costs: Float64Array,
  tradeOff: number,
): number {
  const width = models.length;
  let quality = 0;
  let count = 0;
  for (let row = 0; row < prompts.length; row++) {
    let chosen = row * width;
    for (let index = chosen + 1; index < (row + 1) * width; index++) {
      if (expected[index]! - tradeOff * costs[index]! > expected[chosen]! - tradeOff * costs[chosen]!) chosen = index;
    }
    const score = scores[chosen]!;
    if (Number.isNaN(score)) continue;
    quality += score;
    count++;
  }
  return quality / Math.max(1, count);
}
