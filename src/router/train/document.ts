import type { CheckpointDocument, HashingParameters, TrainerExtras } from '../checkpoint/types.js';
import { clusterMeans, type Assigned } from './cluster-scores.js';
import type { Space } from './hashing-space.js';
import { assignPoints, type Clustering } from './kmeans.js';
import type { ResolvedTrainOptions } from './options.js';
import { type Choice, farDistance } from './select.js';
import { KEPT_QUALITY, tradeOffThatKeeps } from './trade-off.js';
import type { TrainingTable } from './training-data.js';

export interface DocumentParts {
  readonly table: TrainingTable;
  readonly rows: Int32Array;
  readonly space: Space;
  readonly found: Clustering;
  readonly choice: Choice;
  readonly options: ResolvedTrainOptions;
}

/** What training found, in the published form of a checkpoint, with our additions under a key of their own. */
export function toDocument(parts: DocumentParts): CheckpointDocument {
  const { table, rows, space, found, options } = parts;
  const { width } = space.fitted;
  const assigned: Assigned = { rows, assignment: found.assignment, clusters: found.clusters };
  const scores = clusterMeans(table.scores, table.models.length, assigned, options.shrinkage).values;
  return {
    cluster_centers: rowsOf(found.centers, width),
    clustering: {
      algorithm: 'lloyd',
      max_iter: 100,
      n_clusters: found.clusters,
      n_init: options.restarts,
      normalization: space.parameters === undefined ? 'l2' : 'none',
      random_state: options.seed,
    },
    embedding: { model: options.embeddingModel },
    metrics: { cluster_sizes: found.sizes, inertia: found.inertia, n_samples: rows.length },
    models: table.models.map((model, column) => ({
      model_id: model,
      scores: byCluster(scores, column, table.models.length).map((score) =>
        Math.min(1, Math.max(0, Math.fround(score))),
      ),
    })),
    nordlys_proxy: extrasOf(parts, assigned),
    reduction: null,
  };
}

function extrasOf({ table, space, found, choice, options }: DocumentParts, assigned: Assigned): TrainerExtras {
  const { squares } = assignPoints(space.fitted, found.centers);
  const width = table.models.length;
  const costs = clusterMeans(table.costs, width, assigned, 1).values;
  const known = table.models.flatMap((model, column) => {
    const usd = byCluster(costs, column, width);
    return usd.some((cost) => Number.isNaN(cost)) ? [] : [{ model_id: model, usd }];
  });
  const tradeOff = options.prices === undefined ? undefined : tradeOffThatKeeps(table, assigned, options);
  return {
    // Prompts that the space was not fitted to lie farther out, and more so the fewer there were.
    max_distance: Math.max(farDistance(squares), choice.unseenDistance ?? 0),
    ...(space.parameters === undefined ? {} : { hashing: asText(space.parameters) }),
    ...(known.length === 0 ? {} : { costs: known }),
    ...(tradeOff === undefined ? {} : { trade_offs: [{ quality: KEPT_QUALITY, trade_off: tradeOff }] }),
  };
}

function asText(parameters: HashingParameters): HashingParameters {
  const encode = (bytes: string | Uint8Array): string =>
    typeof bytes === 'string' ? bytes : Buffer.from(bytes).toString('base64');
  return { ...parameters, idf: encode(parameters.idf), projection: encode(parameters.projection) };
}

function byCluster(values: Float64Array, column: number, width: number): number[] {
  return Array.from({ length: values.length / width }, (_, cluster) => values[cluster * width + column]!);
}

function rowsOf(data: Float32Array, width: number): number[][] {
  return Array.from({ length: data.length / width }, (_, row) =>
    Array.from(data.subarray(row * width, (row + 1) * width)),
  );
}
