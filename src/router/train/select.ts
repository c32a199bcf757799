import { clusterMeans, relativeError, type Assigned } from './cluster-scores.js';
import type { Space } from './hashing-space.js';
import { assignPoints, kMeans } from './kmeans.js';
import type { ResolvedTrainOptions } from './options.js';
import { seededRandom } from './random.js';
import type { TrainingTable } from './training-data.js';

const CLUSTER_COUNTS = [2, 4, 8, 16, 24, 32, 48, 64, 96];
/** A cluster of fewer prompts is little evidence about a model. */
const FEWEST_PROMPTS_A_CLUSTER = 8;
/**
 * The 99th percentile of the roots of `squares`. Fewer than a hundred do not determine it: then it is the largest of
 * them, times a factor that grows the fewer they are.
 */
export function farDistance(squares: Float64Array): number {
  const { length } = squares;
  const distances = Float64Array.from(squares, Math.sqrt).sort();
  if (length < 100) return (distances.at(-1) ?? 0) * (1 + 2 / Math.sqrt(Math.max(1, length)));
  return distances[Math.floor(length * 0.99)]!;
}

/** What was chosen on the validation split. */
export interface Choice {
  /** Index of the space. */
  readonly space: number;
  readonly clusters: number;
  /** The 99th percentile of the validation prompts' distances; `undefined` without a validation split. */
  readonly unseenDistance: number | undefined;
  readonly tried: readonly { readonly projection: string; readonly clusters: number; readonly error: number }[];
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
  readonly unseenDistance: number;
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
    unseenDistance: best.unseenDistance,
    tried: trials.map(({ space, clusters, error }) => ({ projection: split.spaces[space]!.name, clusters, error })),
  };
}

function clusterCounts(given: number | undefined, prompts: number): readonly number[] {
  if (given !== undefined) return [given];
  const sensible = CLUSTER_COUNTS.filter((count) => count * FEWEST_PROMPTS_A_CLUSTER <= prompts);
  return sensible.length > 0 ? sensible : [1];
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
  const { assignment, squares } = assignPoints(space.locate(validation), found.centers);
  const assigned: Assigned = { rows: validation, assignment, clusters: found.clusters };
  const error = relativeError(table, means, assigned);
  return { space: index, clusters, error, unseenDistance: farDistance(squares) };
}
