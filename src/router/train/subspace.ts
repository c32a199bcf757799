import { normal } from './random.js';
import { timesBlock, transposedTimes, type SparseRows } from './sparse.js';

const ROUNDS = 4;

/**
 * The directions in which texts differ most (latent semantic analysis), as `width` orthonormal columns, found by
 * subspace iteration. Which basis of the subspace it is does not matter to distances, so none is singled out.
 */
export function principalSubspace(
  matrix: SparseRows,
  rows: Int32Array,
  width: number,
  random: () => number,
): Float32Array {
  let basis = Float32Array.from({ length: matrix.columns * width }, () => normal(random));
  orthonormalise(basis, matrix.columns, width);
  for (let round = 0; round < ROUNDS; round++) {
    basis = Float32Array.from(transposedTimes(matrix, rows, timesBlock(matrix, rows, basis, width), width));
    orthonormalise(basis, matrix.columns, width);
  }
  return basis;
}

/** Modified Gram–Schmidt, column by column. A column that depends on earlier ones becomes zero. */
function orthonormalise(block: Float32Array, height: number, width: number): void {
  // Columns are read again and again, so each is laid out in a row of its own.
  const columns = Array.from({ length: width }, (_, column) =>
    Float32Array.from({ length: height }, (_, row) => block[row * width + column]!),
  );
  for (const [index, column] of columns.entries()) {
    const before = dot(column, column);
    for (const other of columns.slice(0, index)) {
      const overlap = dot(column, other);
      for (let row = 0; row < height; row++) column[row]! -= overlap * other[row]!;
    }
    const after = dot(column, column);
    const factor = after > before * 1e-10 ? 1 / Math.sqrt(after) : 0;
    for (let row = 0; row < height; row++) column[row]! *= factor;
  }
  for (const [index, column] of columns.entries()) {
    for (let row = 0; row < height; row++) block[row * width + index] = column[row]!;
  }
}

function dot(left: Float32Array, right: Float32Array): number {
  let sum = 0;
  for (let row = 0; row < left.length; row++) sum += left[row]! * right[row]!;
  return sum;
}
