import { reduce } from './checkpoint/pca.js';
import { parseCheckpoint } from './checkpoint/parse.js';
import type { Checkpoint, CheckpointDocument } from './checkpoint/types.js';
import { optionError } from '../options/checks.js';
import { type Embedder, toUnitLength, type Vector } from './embed/embedder.js';
import { hashingEmbedder } from './embed/hashing.js';

/** A checkpoint as it was read, or a document that is checked now. @throws TypeError naming the place. */
export function toCheckpoint(checkpoint: Checkpoint | CheckpointDocument): Checkpoint {
  const isReady = 'centers' in checkpoint && checkpoint.centers instanceof Float32Array;
  return isReady ? (checkpoint as Checkpoint) : parseCheckpoint(checkpoint);
}

/** The embedder that goes with `checkpoint`. @throws TypeError where none was given and the checkpoint has none in it. */
export function embedderFor(checkpoint: Checkpoint, embed: Embedder | undefined): Embedder {
  if (embed === undefined) return hashingEmbedder(checkpoint);
  if (typeof embed !== 'function') throw optionError('embed', 'must be a function (text, { signal }) => vector', embed);
  return embed.withCheckpoint?.(checkpoint) ?? embed;
}

/** An embedder's vector as the checkpoint compares it: unit length where it asks for that, then reduced. */
export function pointOf(checkpoint: Checkpoint, vector: Vector): Float32Array {
  const { reduction, dimension, normalization } = checkpoint;
  const expected = reduction?.inputs ?? dimension;
  if (vector.length !== expected) {
    throw new TypeError(
      `The embedder gave ${vector.length} numbers, the checkpoint needs ${expected} ("${checkpoint.embedding.model}").`,
    );
  }
  const scaled = normalization === 'l2' ? toUnitLength(vector) : vector;
  if (reduction !== undefined) return reduce(reduction, scaled);
  return scaled instanceof Float32Array ? scaled : Float32Array.from(scaled);
}
