import { formatValue } from '../options/checks.js';
import { reduce } from './checkpoint/pca.js';
import type { Checkpoint } from './checkpoint/types.js';
import type { CentroidIndex } from './nearest.js';
import { rankByCost, type CostPolicy } from './rank.js';

/** USD by model id; as a function where they depend on the cluster. */
export type ExpectedCosts = Readonly<Record<string, number>> | ((cluster: number) => Readonly<Record<string, number>>);

/** What one decision takes into account. */
export interface DecideOptions {
  /** Ids to choose among, as the checkpoint spells them; unknown ones are ignored. @defaultValue all */
  readonly models?: readonly string[] | null | undefined;
  /** Expected USD of this request by model id. A model without one counts as the dearest. @defaultValue none: quality alone */
  readonly costs?: ExpectedCosts | undefined;
  /** The vector went through the checkpoint's reduction already. @defaultValue by its length */
  readonly reduced?: boolean | undefined;
}

/** What the router decides for one vector. */
export interface RouterDecision {
  /** The chosen model's id; `''` where none of `models` is in the checkpoint. */
  readonly model: string;
  /** Every model that may serve the request, first choice first. */
  readonly ranking: readonly string[];
  /** Index of the nearest centroid; the lowest of equally near ones. */
  readonly cluster: number;
  /** Euclidean distance to it, as float32. */
  readonly distance: number;
  /** Scores in that cluster, in the order of `ranking`. */
  readonly scores: readonly number[];
}

/** What all decisions of a router have in common. */
export interface DecisionBasis {
  readonly checkpoint: Checkpoint;
  readonly centroids: CentroidIndex;
  readonly policy: CostPolicy;
}

/**
 * Nearest centroid, then the models by their score there; ties in checkpoint order.
 * @throws TypeError for a vector of another length, one that is near nothing (NaN, overflow), or an empty `models`.
 */
export function decide(
  { checkpoint, centroids, policy }: DecisionBasis,
  vector: ArrayLike<number>,
  options: DecideOptions,
): RouterDecision {
  const { cluster, distance } = centroids.nearest(toPoint(checkpoint, vector, options.reduced));
  const { models, costs } = options;
  if (models !== undefined && models !== null && models.length === 0) {
    throw new TypeError('models must name at least one model; leave it out to choose among all.');
  }
  const wanted = models === undefined || models === null ? undefined : new Set(models);
  const among = checkpoint.models.filter(({ id }) => wanted === undefined || wanted.has(id));
  const known = typeof costs === 'function' ? costs(cluster) : costs;
  const ranked = rankByCost(
    among.map(({ id, scores }) => ({ id, score: scores[cluster]!, costUsd: known?.[id] })),
    policy,
  );
  return {
    model: ranked[0]?.id ?? '',
    ranking: ranked.map(({ id }) => id),
    cluster,
    distance,
    scores: ranked.map(({ score }) => score),
  };
}

function toPoint(
  { reduction, dimension }: Checkpoint,
  vector: ArrayLike<number>,
  reduced: boolean | undefined,
): Float32Array {
  const { length } = vector;
  if (reduction !== undefined && reduced !== true && length === reduction.inputs)
    return reduce(reduction, Array.from(vector));
  if (length === dimension) return vector instanceof Float32Array ? vector : Float32Array.from(vector);
  const expected = reduction === undefined || reduced === true ? dimension : reduction.inputs;
  throw new TypeError(
    `vector must have ${expected} numbers, as the checkpoint's embedder gives, got ${formatValue(length)}.`,
  );
}
