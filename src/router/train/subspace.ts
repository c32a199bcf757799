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
  for (let column = 0; column < width; column++) {
    const before = dot(block, { height, width, left: column, right: column });
    for (let other = 0; other < column; other++) {
      const overlap = dot(block, { height, width, left: column, right: other });
      for (let row = 0; row < height; row++) block[row * width + column]! -= overlap * block[row * width + other]!;
    }
    const after = dot(block, { height, width, left: column, right: column });
    const factor = after > before * 1e-10 ? 1 / Math.sqrt(after) : 0;
    for (let row = 0; row < height; row++) block[row * width + column]! *= factor;
  }
}

interface Columns {
  readonly height: number;
  readonly width: number;
  readonly left: number;
  readonly right: number;
}

function dot(block: Float32Array, { height, width, left, right }: Columns): number {
  let sum = 0;
  for (let row = 0; row < height; row++) sum += block[row * width + left]! * block[row * width + right]!;
  return sum;
}
