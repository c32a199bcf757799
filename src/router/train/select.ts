import { clusterMeans, columnMeans, relativeError, type Assigned, type ClusterMeans } from './cluster-scores.js';
import { costTable, largestTradeOff, type Outcome, tradeOffGrid } from './curve.js';
import type { Space } from './hashing-space.js';
import { assignPoints, kMeans } from './kmeans.js';
import type { ResolvedTrainOptions } from './options.js';
import { seededRandom } from './random.js';
import type { TrainingTable } from './training-data.js';

const CLUSTER_COUNTS = [4, 8, 16, 24, 32, 48, 64, 96];
/** A cluster of fewer prompts says little about a model. */
const FEWEST_PROMPTS_A_CLUSTER = 20;
/** The share of the best single model's quality that the stored `tradeOff` keeps. */
export const KEPT_QUALITY = 0.97;

/** What was chosen on the validation split. */
export interface Choice {
  /** Index of the space. */
  readonly space: number;
  readonly clusters: number;
  readonly tried: readonly { readonly projection: string; readonly clusters: number; readonly error: number }[];
  /** The `tradeOff` that keeps `KEPT_QUALITY`; `undefined` where costs are unknown. */
  readonly tradeOff: number | undefined;
}

export interface Split {
  readonly spaces: readonly Space[];
  readonly training: Int32Array;
  readonly validation: Int32Array;
}

interface Trial {
  readonly space: number;
  readonly clusters: number;
  readonly error: number;
  readonly means: ClusterMeans;
  readonly assigned: Assigned;
}

/** Compares every space and number of clusters by how well it predicts the validation part. */
export async function chooseModel(table: TrainingTable, split: Split, options: ResolvedTrainOptions): Promise<Choice> {
  const counts = clusterCounts(options.clusters, split.training.length);
  const trials: Trial[] = [];
  for (const index of split.spaces.keys()) {
    for (const clusters of counts) {
      const share = trials.length / (counts.length * split.spaces.length);
      await options.progress(`comparing cluster counts (${clusters})`, 0.6 + 0.15 * share);
      trials.push(tryClusters(table, split, { index, clusters }, options));
    }
  }
  const best = trials.reduce((least, trial) => (trial.error < least.error ? trial : least));
  return {
    space: best.space,
    clusters: best.clusters,
    tried: trials.map(({ space, clusters, error }) => ({ projection: split.spaces[space]!.name, clusters, error })),
    tradeOff: tradeOffThatKeeps(table, best, options),
  };
}

function clusterCounts(given: number | undefined, prompts: number): readonly number[] {
  if (given !== undefined) return [given];
  const sensible = CLUSTER_COUNTS.filter((count) => count * FEWEST_PROMPTS_A_CLUSTER <= prompts);
  return sensible.length > 0 ? sensible : [2];
}

function tryClusters(
  table: TrainingTable,
  { spaces, training, validation }: Split,
  { index, clusters }: { readonly index: number; readonly clusters: number },
  { restarts, seed, shrinkage }: ResolvedTrainOptions,
): Trial {
  const space = spaces[index]!;
  const found = kMeans(space.fitted, {
    clusters,
    restarts: Math.min(2, restarts),
    maxIterations: 30,
    random: seededRandom(seed),
  });
  const width = table.models.length;
  const trained: Assigned = { rows: training, assignment: found.assignment, clusters: found.clusters };
  const means = clusterMeans(table.scores, width, trained, shrinkage);
  const { assignment } = assignPoints(space.locate(validation), found.centers);
  const assigned: Assigned = { rows: validation, assignment, clusters: found.clusters };
  return { space: index, clusters, means, assigned, error: relativeError(table, means, assigned) };
}

function tradeOffThatKeeps(table: TrainingTable, trial: Trial, options: ResolvedTrainOptions): number | undefined {
  const costs = costTable(table, options.prices, options.completionTokens);
  if (costs.some((cost) => Number.isNaN(cost))) return undefined;
  const points = tradeOffGrid(costs).map((tradeOff) => ({ tradeOff, ...outcomeAt(table, trial, costs, tradeOff) }));
  const best = Math.max(...columnMeans(table.scores, trial.assigned.rows, table.models.length));
  return largestTradeOff(points, best, KEPT_QUALITY);
}

/** What the validation part would have got and paid at `tradeOff`. */
function outcomeAt({ models, scores }: TrainingTable, trial: Trial, costs: Float64Array, tradeOff: number): Outcome {
  const width = models.length;
  let quality = 0;
  let usd = 0;
  let count = 0;
  for (const [position, row] of trial.assigned.rows.entries()) {
    const cluster = trial.assigned.assignment[position]!;
    let chosen = 0;
    let best = Number.NEGATIVE_INFINITY;
    for (let column = 0; column < width; column++) {
      const value = trial.means.values[cluster * width + column]! - tradeOff * costs[row * width + column]!;
      if (value > best) {
        best = value;
        chosen = column;
      }
    }
    const score = scores[row * width + chosen]!;
    if (Number.isNaN(score)) continue;
    quality += score;
    usd += costs[row * width + chosen]!;
    count++;
  }
  return { quality: quality / Math.max(1, count), costUsd: usd / Math.max(1, count) };
}
