import type { Checkpoint } from '../checkpoint/types.js';

/** A text as a list of numbers. */
export type Vector = readonly number[] | Float32Array;

/**
 * Turns a text into a vector. What it throws, and what takes too long, makes the router abstain; a request never fails
 * because of it.
 */
export interface Embedder {
  (text: string, context: EmbedContext): Vector | Promise<Vector>;
  /** The same embedder with the weights that a checkpoint holds for it. Called once, when the router is created. */
  readonly withCheckpoint?: ((checkpoint: Checkpoint) => Embedder) | undefined;
}

/** What an embedder gets beside the text. */
export interface EmbedContext {
  /** Aborted when no client waits for the vector any more, and at the deadline. */
  readonly signal: AbortSignal;
}

/** `vector` scaled to length 1; a vector of zeros stays as it is. */
export function toUnitLength(vector: Vector): Float32Array {
  let sum = 0;
  for (const value of vector) sum += value * value;
  const factor = sum > 0 ? 1 / Math.sqrt(sum) : 1;
  return Float32Array.from(vector, (value) => value * factor);
}
