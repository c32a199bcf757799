import { parseCheckpoint } from '../checkpoint/parse.js';
import type { Checkpoint, CheckpointDocument, HashingParameters } from '../checkpoint/types.js';
import type { Embedder } from './embedder.js';
import { FeatureCounter } from './features.js';

export const DEFAULT_BUCKETS = 4_096;
export const DEFAULT_MAX_CHARACTERS = 4_096;

/** A synchronous embedder that needs no model. */
export interface HashingEmbedder extends Embedder {
  (text: string): Float32Array;
  /** The same embedder with the weights of a checkpoint. */
  readonly withCheckpoint: (checkpoint: Checkpoint) => HashingEmbedder;
}

/**
 * Hashed word and character n-grams, weighted and projected by what the trainer stored in the checkpoint. No model, no
 * download, no I/O. Reads the first 4,096 characters (or the number in the checkpoint).
 * @param checkpoint - @defaultValue the one of the router that it is given to. Without any, vectors are plain hashed
 * counts of unit length, 4,096 wide.
 * @throws TypeError for a checkpoint that was not trained with it.
 * @example
 * const embed = hashingEmbedder(checkpoint);
 * router.decide(embed('How many legs has a spider?'));
 */
export function hashingEmbedder(checkpoint?: Checkpoint | CheckpointDocument): HashingEmbedder {
  if (checkpoint === undefined) return Object.assign(plainHashing(), { withCheckpoint: boundTo });
  return boundTo(isParsed(checkpoint) ? checkpoint : parseCheckpoint(checkpoint));
}

function isParsed(checkpoint: Checkpoint | CheckpointDocument): checkpoint is Checkpoint {
  return 'centers' in checkpoint && checkpoint.centers instanceof Float32Array;
}

function boundTo({ extras, embedding }: Checkpoint): HashingEmbedder {
  if (extras.hashing === undefined) {
    throw new TypeError(
      `embed: the checkpoint was made with "${embedding.model}", not with the hashing embedder. Give an embedder of that model.`,
    );
  }
  return Object.assign(projectedHashing(extras.hashing), { withCheckpoint: boundTo });
}

function plainHashing(): (text: string) => Float32Array {
  const counter = new FeatureCounter(DEFAULT_BUCKETS, DEFAULT_MAX_CHARACTERS);
  return function embed(text) {
    const { buckets, counts } = counter.count(text);
    const vector = new Float32Array(DEFAULT_BUCKETS);
    let sum = 0;
    for (let index = 0; index < buckets.length; index++) {
      const value = 1 + Math.log(counts[index]!);
      vector[buckets[index]!] = value;
      sum += value * value;
    }
    const factor = sum > 0 ? 1 / Math.sqrt(sum) : 0;
    for (const bucket of buckets) vector[bucket]! *= factor;
    return vector;
  };
}

function projectedHashing(parameters: HashingParameters): (text: string) => Float32Array {
  const { buckets: size, columns, scales } = parameters;
  const counter = new FeatureCounter(size, parameters.max_characters);
  const idf = toFloats(parameters.idf);
  const projection = toSignedBytes(parameters.projection);
  return function embed(text) {
    const { buckets, counts } = counter.count(text);
    const vector = new Float32Array(columns);
    let sum = 0;
    for (let index = 0; index < buckets.length; index++) {
      const bucket = buckets[index]!;
      const weight = (1 + Math.log(counts[index]!)) * idf[bucket]!;
      sum += weight * weight;
      const row = bucket * columns;
      for (let column = 0; column < columns; column++) vector[column]! += weight * projection[row + column]!;
    }
    const norm = sum > 0 ? 1 / Math.sqrt(sum) : 0;
    for (let column = 0; column < columns; column++) {
      vector[column]! *= norm * scales[column]!;
    }
    scaleColumns(vector, parameters);
    return vector;
  };
}

/**
 * The topic columns count by their direction only, so that long and short texts compare. The others may be short, where
 * little is known, but are cut to a maximum length: a text that equals a training prompt would otherwise lie far outside.
 */
export function scaleColumns(
  vector: Float32Array,
  { unit_columns: unit, unit_weight: weight, max_length: most }: HashingParameters,
): void {
  const topics = vector.subarray(0, unit);
  const others = vector.subarray(unit);
  const topicLength = lengthOf(topics);
  multiply(topics, topicLength > 0 ? weight / topicLength : 0);
  const otherLength = lengthOf(others);
  if (otherLength > most) multiply(others, most / otherLength);
}

function lengthOf(vector: Float32Array): number {
  let sum = 0;
  for (const value of vector) sum += value * value;
  return Math.sqrt(sum);
}

function multiply(vector: Float32Array, factor: number): void {
  for (let index = 0; index < vector.length; index++) vector[index]! *= factor;
}

function toBytes(value: string | Uint8Array): Uint8Array {
  return typeof value === 'string' ? Buffer.from(value, 'base64') : value;
}

function toFloats(value: string | Uint8Array): Float32Array {
  const bytes = toBytes(value);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Float32Array.from({ length: bytes.byteLength / 4 }, (_, index) => view.getFloat32(index * 4, true));
}

function toSignedBytes(value: string | Uint8Array): Int8Array {
  return Int8Array.from(toBytes(value), (byte) => (byte << 24) >> 24);
}
