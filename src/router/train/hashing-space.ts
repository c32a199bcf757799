import type { HashingParameters } from '../checkpoint/types.js';
import { DEFAULT_BUCKETS, DEFAULT_MAX_CHARACTERS, scaleColumns } from '../embed/hashing.js';
import { columnMeans } from './cluster-scores.js';
import type { Points } from './kmeans.js';
import { seededRandom, shuffledIndices } from './random.js';
import { ridge } from './ridge.js';
import { countFeatures, inverseFrequencies, type SparseRows, timesBlock, weighRows } from './sparse.js';
import { principalSubspace } from './subspace.js';
import type { TrainingTable } from './training-data.js';

const MOST_TOPICS = 64;
/** Prompts per topic at least: with fewer, topics overfit. */
const PROMPTS_A_TOPIC = 8;
const RIDGE_PENALTY = 3;
const FOLDS = 4;
/** How long the predicted part of a vector may be; its root mean square over the training prompts is 1. */
const MOST_LENGTH = 1.5;
/** Share of a row's mean that is taken out of predictions: what all models find hard matters less than who is better. */
const COMMON_SHARE = 0.5;

/** A space in which prompts are clustered. */
export interface Space {
  readonly name: string;
  readonly parameters: HashingParameters | undefined;
  /** Where the rows lie that the space was fitted to. */
  readonly fitted: Points;
  /** Where other rows lie. */
  locate(rows: Int32Array): Points;
}

/** Features of all prompts, counted once and weighted anew for each part that a space is fitted to. */
export function hashedPrompts(prompts: readonly string[]): SparseRows {
  return countFeatures(prompts, DEFAULT_BUCKETS, DEFAULT_MAX_CHARACTERS);
}

/**
 * Two ways to project the hashed features, both fitted to `rows`: by topic alone, and by topic beside one column for
 * each model that predicts its score. In the second, prompts lie together when the same models do well on them.
 */
export function hashingSpaces(
  features: SparseRows,
  table: TrainingTable,
  rows: Int32Array,
  seed: number,
): readonly Space[] {
  const idf = inverseFrequencies(features, rows);
  const matrix = weighRows(features, idf);
  const topicColumns = Math.max(2, Math.min(MOST_TOPICS, Math.floor(rows.length / PROMPTS_A_TOPIC)));
  const topics = principalSubspace(matrix, rows, topicColumns, seededRandom(seed));
  const predictor = fitPredictor(matrix, table, rows, seed);
  const fitted = { matrix, idf, rows, topics, topicColumns };
  return [topicSpace(fitted), predictingSpace(fitted, predictor)];
}

interface Fitted {
  readonly matrix: SparseRows;
  readonly idf: Float32Array;
  readonly rows: Int32Array;
  readonly topics: Float32Array;
  readonly topicColumns: number;
}

interface Predictor {
  readonly width: number;
  /** One row for each bucket. */
  readonly weights: Float32Array;
  /** The prediction for each row by weights that were not fitted to it. */
  readonly unseen: Float32Array;
}

function topicSpace({ matrix, idf, rows, topics, topicColumns }: Fitted): Space {
  const parameters = quantise(idf, topics, { columns: topicColumns, unitColumns: topicColumns });
  const block = dequantise(parameters);
  const locate = (wanted: Int32Array): Points => pointsOf(timesBlock(matrix, wanted, block, topicColumns), parameters);
  return { name: 'topics', parameters, fitted: locate(rows), locate };
}

function predictingSpace(
  { matrix, idf, rows, topics, topicColumns }: Fitted,
  { width, weights, unseen }: Predictor,
): Space {
  const columns = topicColumns + width;
  const block = new Float32Array(matrix.columns * columns);
  for (let bucket = 0; bucket < matrix.columns; bucket++) {
    block.set(topics.subarray(bucket * topicColumns, (bucket + 1) * topicColumns), bucket * columns);
    block.set(weights.subarray(bucket * width, (bucket + 1) * width), bucket * columns + topicColumns);
  }
  const parameters = quantise(idf, block, { columns, unitColumns: topicColumns });
  const rounded = dequantise(parameters);
  const locate = (wanted: Int32Array): Points => pointsOf(timesBlock(matrix, wanted, rounded, columns), parameters);
  const fitted = locate(rows);
  // Predictions for rows that the weights were fitted to are too good, so other folds are used.
  for (let position = 0; position < rows.length; position++) {
    fitted.data.set(unseen.subarray(position * width, (position + 1) * width), position * columns + topicColumns);
  }
  for (let start = 0; start < fitted.data.length; start += columns) {
    scaleColumns(fitted.data.subarray(start, start + columns), parameters);
  }
  return { name: 'topics and predicted scores', parameters, fitted, locate };
}

/** Ridge regression of the scores, and its predictions for each row by weights fitted to the other folds. */
function fitPredictor(
  matrix: SparseRows,
  { models, scores }: TrainingTable,
  rows: Int32Array,
  seed: number,
): Predictor {
  const width = models.length;
  const means = columnMeans(scores, rows, width);
  const targetsOf = (part: Int32Array): Float32Array => {
    const targets = new Float32Array(part.length * width);
    for (const [position, row] of part.entries()) {
      for (let column = 0; column < width; column++) {
        const score = scores[row * width + column]!;
        targets[position * width + column] = Number.isNaN(score) ? 0 : score - means[column]!;
      }
    }
    return withoutCommonPart(targets, width);
  };
  const fit = (part: Int32Array): Float32Array =>
    ridge(matrix, part, targetsOf(part), { width, penalty: RIDGE_PENALTY });
  const order = shuffledIndices(rows.length, seededRandom(seed + 1));
  const unseen = new Float32Array(rows.length * width);
  for (let fold = 0; fold < FOLDS; fold++) {
    const outside = order.filter((_, index) => index % FOLDS === fold);
    const inside = order.filter((_, index) => index % FOLDS !== fold);
    const weights = fit(inside.map((position) => rows[position]!));
    const predicted = timesBlock(
      matrix,
      outside.map((position) => rows[position]!),
      weights,
      width,
    );
    for (const [index, position] of outside.entries()) {
      unseen.set(predicted.subarray(index * width, (index + 1) * width), position * width);
    }
  }
  const weights = fit(rows);
  const factor = 1 / (rootMeanSquareNorm(unseen, width) || 1);
  return { width, weights: weights.map((value) => value * factor), unseen: unseen.map((value) => value * factor) };
}

function withoutCommonPart(targets: Float32Array, width: number): Float32Array {
  for (let start = 0; start < targets.length; start += width) {
    let sum = 0;
    for (let column = 0; column < width; column++) sum += targets[start + column]!;
    for (let column = 0; column < width; column++) targets[start + column]! -= (COMMON_SHARE * sum) / width;
  }
  return targets;
}

function rootMeanSquareNorm(data: Float32Array, width: number): number {
  let sum = 0;
  for (const value of data) sum += value * value;
  return Math.sqrt(sum / Math.max(1, data.length / width));
}

/** The form that the embedder uses: eight bits per number, one scale per column. */
function quantise(
  idf: Float32Array,
  block: Float32Array,
  { columns, unitColumns }: { readonly columns: number; readonly unitColumns: number },
): HashingParameters {
  const scales = Array<number>(columns).fill(0);
  for (let index = 0; index < block.length; index++) {
    scales[index % columns] = Math.max(scales[index % columns]!, Math.abs(block[index]!) / 127);
  }
  const projection = Int8Array.from(block, (value, index) => Math.round(value / (scales[index % columns]! || 1)));
  return {
    buckets: idf.length,
    max_characters: DEFAULT_MAX_CHARACTERS,
    columns,
    unit_columns: unitColumns,
    unit_weight: 1,
    max_length: MOST_LENGTH,
    idf: toLittleEndian(idf),
    projection: new Uint8Array(projection.buffer),
    scales,
  };
}

function toLittleEndian(values: Float32Array): Uint8Array {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [index, value] of values.entries()) bytes.writeFloatLE(value, index * 4);
  return bytes;
}

function dequantise({ projection, scales, columns }: HashingParameters): Float32Array {
  const bytes = projection as Uint8Array;
  return Float32Array.from(bytes, (byte, index) => ((byte << 24) >> 24) * scales[index % columns]!);
}

function pointsOf(data: Float32Array, parameters: HashingParameters): Points {
  const { columns } = parameters;
  for (let start = 0; start < data.length; start += columns) {
    scaleColumns(data.subarray(start, start + columns), parameters);
  }
  return { width: columns, data };
}
