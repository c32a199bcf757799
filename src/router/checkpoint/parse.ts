import {
  booleanAt,
  checkpointError,
  integerAt,
  listAt,
  numberAt,
  numbersAt,
  objectAt,
  textAt,
} from './check-values.js';
import { parseExtras } from './extras.js';
import { refuseOldGenerations } from './generations.js';
import { parseReduction } from './pca.js';
import type { Checkpoint, CheckpointModel } from './types.js';
import { isRecord } from '../../util/json-object.js';

/**
 * Checks a checkpoint as a whole and makes it ready for decisions.
 * @param document - its JSON form, parsed.
 * @throws TypeError naming the place, what came and what would do.
 *
 * @example
 * const checkpoint = parseCheckpoint(JSON.parse(text));
 */
export function parseCheckpoint(document: unknown): Checkpoint {
  if (!isRecord(document)) throw new TypeError('checkpoint: must be an object: the parsed JSON of a checkpoint file.');
  refuseOldGenerations(document);
  const embedding = parseEmbedding(document['embedding']);
  const { clusters, normalization } = parseClustering(document['clustering']);
  const models = listAt('models', document['models']);
  if (document['reduction'] === undefined) throw checkpointError('reduction', 'is missing; it may be null');
  const sizes = parseMetrics(document['metrics'], clusters);
  const { centers, dimension } = parseCenters(document['cluster_centers'], clusters);
  if (models.length === 0) throw checkpointError('models', 'must hold at least one model');
  return Object.freeze({
    dimension,
    clusters,
    centers,
    embedding,
    normalization,
    models: models.map((model, index) => parseModel(`models[${index}]`, model, clusters, sizes)),
    reduction: parseReduction(document['reduction'], dimension),
    extras: parseExtras(document['nordlys_proxy'], clusters, dimension),
  });
}

function parseEmbedding(value: unknown): Checkpoint['embedding'] {
  const members = objectAt('embedding', value);
  booleanAt('embedding.trust_remote_code', members['trust_remote_code']);
  return {
    model: textAt('embedding.model', members['model']),
    promptName: textAt('embedding.embedding_prompt_name', members['embedding_prompt_name'], ''),
    prompt: textAt('embedding.embedding_prompt', members['embedding_prompt'], ''),
    maxSequenceLength: integerAt('embedding.max_seq_length', members['max_seq_length'], 0),
  };
}

function parseClustering(value: unknown): { readonly clusters: number; readonly normalization: string } {
  const members = objectAt('clustering', value);
  for (const name of ['random_state', 'max_iter', 'n_init']) integerAt(`clustering.${name}`, members[name], 0);
  textAt('clustering.algorithm', members['algorithm'], 'lloyd');
  const clusters = integerAt('clustering.n_clusters', members['n_clusters']);
  if (clusters <= 0) throw checkpointError('clustering.n_clusters', 'must be above 0', clusters);
  return { clusters, normalization: textAt('clustering.normalization', members['normalization'], 'l2') };
}

/** The sizes of the clusters, if the checkpoint contains all of them. */
function parseMetrics(value: unknown, clusters: number): readonly number[] | undefined {
  if (value === undefined || value === null) return undefined;
  const members = objectAt('metrics', value);
  for (const name of ['n_samples', 'silhouette_score', 'inertia']) {
    if (isGiven(members[name])) numberAt(`metrics.${name}`, members[name]);
  }
  if (!isGiven(members['cluster_sizes'])) return undefined;
  const sizes = numbersAt('metrics.cluster_sizes', members['cluster_sizes']);
  return sizes.length === clusters && sizes.every((size) => size >= 0) && sizes.some((size) => size > 0)
    ? sizes
    : undefined;
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function parseCenters(value: unknown, clusters: number): Pick<Checkpoint, 'centers' | 'dimension'> {
  const rows = listAt('cluster_centers', value);
  if (rows.length !== clusters) {
    throw checkpointError('cluster_centers', `must have clustering.n_clusters (${clusters}) rows, got ${rows.length}`);
  }
  const dimension = listAt('cluster_centers[0]', rows[0]).length;
  if (dimension === 0) throw checkpointError('cluster_centers[0]', 'must hold at least one number');
  const centers = new Float32Array(clusters * dimension);
  for (const [index, row] of rows.entries())
    centers.set(numbersAt(`cluster_centers[${index}]`, row, dimension), index * dimension);
  return { centers, dimension };
}

function parseModel(
  path: string,
  value: unknown,
  clusters: number,
  sizes: readonly number[] | undefined,
): CheckpointModel {
  const members = objectAt(path, value);
  const id = textAt(`${path}.model_id`, members['model_id']);
  const scores = numbersAt(`${path}.scores`, members['scores'], clusters);
  const outside = scores.findIndex((score) => score < 0 || score > 1);
  if (outside >= 0) throw checkpointError(`${path}.scores[${outside}]`, 'must be between 0 and 1', scores[outside]);
  return { id, scores: Float32Array.from(scores), meanScore: weightedMean(scores, sizes) };
}

function weightedMean(values: readonly number[], weights: readonly number[] | undefined): number {
  let sum = 0;
  let total = 0;
  for (const [index, value] of values.entries()) {
    const weight = weights?.[index] ?? 1;
    sum += weight * value;
    total += weight;
  }
  return sum / total;
}
