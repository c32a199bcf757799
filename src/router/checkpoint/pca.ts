import { checkpointError, integerAt, listAt, numbersAt, objectAt } from './check-values.js';
import type { Pca } from './types.js';
import { isRecord } from '../../util/json-object.js';

/**
 * The reduction of a checkpoint, ready to use.
 * @throws TypeError for anything but `null` and PCA: a UMAP fit can only be run by the library that made it.
 */
export function parseReduction(value: unknown, dimension: number): Pca | undefined {
  if (value === undefined) throw checkpointError('reduction', 'is missing; it may be null');
  if (value === null) return undefined;
  const { kind, config, state } = objectAt('reduction', value);
  if (typeof kind !== 'string' || kind === '')
    throw checkpointError('reduction.kind', 'must be a non-empty string', kind);
  if (kind === 'umap') {
    throw new TypeError(
      'checkpoint: reduction.kind "umap" cannot be run outside of Python. Train with PCA or without a reduction (reduction: null).',
    );
  }
  if (kind !== 'pca') throw checkpointError('reduction.kind', 'must be "pca", or reduction must be null', kind);
  return parsePca(config, state, dimension);
}

function parsePca(config: unknown, state: unknown, dimension: number): Pca {
  const {
    components: rows,
    mean,
    explained_variance: variance,
    n_features_in: featuresIn,
  } = objectAt('reduction.state', state);
  const means = Float64Array.from(numbersAt('reduction.state.mean', mean));
  const inputs = integerAt('reduction.state.n_features_in', featuresIn, means.length);
  if (means.length !== inputs)
    throw checkpointError('reduction.state.mean', `must have ${inputs} numbers, got ${means.length}`);
  const list = listAt('reduction.state.components', rows);
  if (list.length !== dimension) {
    throw checkpointError(
      'reduction.state.components',
      `must have ${dimension} rows, the width of a centroid, got ${list.length}`,
    );
  }
  const components = new Float64Array(dimension * inputs);
  for (const [index, row] of list.entries()) {
    components.set(numbersAt(`reduction.state.components[${index}]`, row, inputs), index * inputs);
  }
  if (isWhitened(config))
    whiten(components, inputs, numbersAt('reduction.state.explained_variance', variance, dimension));
  return { inputs, outputs: dimension, components, mean: means };
}

function isWhitened(config: unknown): boolean {
  const members = isRecord(config) ? config : {};
  const { kwargs } = members;
  return (isRecord(kwargs) && kwargs['whiten'] === true) || members['whiten'] === true;
}

function whiten(components: Float64Array, inputs: number, variance: readonly number[]): void {
  for (const [index, value] of variance.entries()) {
    if (!(value > 0))
      throw checkpointError(`reduction.state.explained_variance[${index}]`, 'must be above 0 to whiten', value);
    const factor = 1 / Math.sqrt(value);
    for (let column = 0; column < inputs; column++) components[index * inputs + column]! *= factor;
  }
}

/** `vector` reduced, in float64 and narrowed to float32 at the end. Not scaled to unit length again. */
export function reduce(
  { inputs, outputs, components, mean }: Pca,
  vector: Float32Array | readonly number[],
): Float32Array {
  const reduced = new Float32Array(outputs);
  for (let row = 0; row < outputs; row++) {
    let sum = 0;
    for (let column = 0; column < inputs; column++)
      sum += (vector[column]! - mean[column]!) * components[row * inputs + column]!;
    reduced[row] = sum;
  }
  return reduced;
}
