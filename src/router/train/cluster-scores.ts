import type { TrainingTable } from './training-data.js';

/** Means by cluster and model: one row a cluster. */
export interface ClusterMeans {
  readonly clusters: number;
  readonly values: Float64Array;
}

export interface Assigned {
  readonly rows: Int32Array;
  /** The cluster of each of `rows`. */
  readonly assignment: Int32Array;
  readonly clusters: number;
}

/** The mean of each column of `values` over `rows`; NaN entries do not count. */
export function columnMeans(values: ArrayLike<number>, rows: Int32Array, width: number): Float64Array {
  const means = new Float64Array(width);
  for (let column = 0; column < width; column++) {
    let sum = 0;
    let count = 0;
    for (const row of rows) {
      const value = values[row * width + column]!;
      if (Number.isNaN(value)) continue;
      sum += value;
      count++;
    }
    means[column] = count === 0 ? Number.NaN : sum / count;
  }
  return means;
}

/**
 * The mean of each model in each cluster, drawn towards its mean over all by as much as `shrinkage` prompts with that
 * mean would: a cluster of three prompts must not send traffic to a model that was lucky three times.
 */
export function clusterMeans(
  values: ArrayLike<number>,
  width: number,
  { rows, assignment, clusters }: Assigned,
  shrinkage: number,
): ClusterMeans {
  const overall = columnMeans(values, rows, width);
  const sums = new Float64Array(clusters * width);
  const counts = new Float64Array(clusters * width);
  for (const [position, row] of rows.entries()) {
    for (let column = 0; column < width; column++) {
      const value = values[row * width + column]!;
      if (Number.isNaN(value)) continue;
      sums[assignment[position]! * width + column]! += value;
      counts[assignment[position]! * width + column]! += 1;
    }
  }
  const means = sums.map((sum, index) => (sum + shrinkage * overall[index % width]!) / (counts[index]! + shrinkage));
  return { clusters, values: means };
}

/**
 * Mean squared error of what the clusters predict of the differences between models. How hard a prompt is for all of
 * them does not matter to a choice, so each row's mean is taken out first.
 */
export function relativeError(
  { models, scores }: Pick<TrainingTable, 'models' | 'scores'>,
  means: ClusterMeans,
  { rows, assignment }: Assigned,
): number {
  const width = models.length;
  let sum = 0;
  let count = 0;
  for (const [position, row] of rows.entries()) {
    const differences: number[] = [];
    for (let column = 0; column < width; column++) {
      const difference = scores[row * width + column]! - means.values[assignment[position]! * width + column]!;
      if (!Number.isNaN(difference)) differences.push(difference);
    }
    const mean = differences.reduce((total, value) => total + value, 0) / Math.max(1, differences.length);
    for (const difference of differences) sum += (difference - mean) ** 2;
    count += differences.length;
  }
  return count === 0 ? 0 : sum / count;
}
