import { timesBlock, transposedTimes, type SparseRows } from './sparse.js';

const ROUNDS = 15;

/**
 * Ridge regression of `targets` (one row of `width` for each of `rows`, already centred) on the rows of `matrix`:
 * weights that predict each model's score from the features, shrunk by `penalty`. Solved by conjugate gradients, one
 * run for each model, all in step.
 */
export function ridge(
  matrix: SparseRows,
  rows: Int32Array,
  targets: Float32Array,
  { width, penalty }: { readonly width: number; readonly penalty: number },
): Float32Array {
  const weights = new Float32Array(matrix.columns * width);
  const residual = transposedTimes(matrix, rows, targets, width);
  const direction = residual.slice();
  let squares = columnSquares(residual, residual, width);
  for (let round = 0; round < ROUNDS; round++) {
    const image = transposedTimes(matrix, rows, timesBlock(matrix, rows, direction, width), width);
    for (let index = 0; index < image.length; index++) image[index]! += penalty * direction[index]!;
    const curvature = columnSquares(direction, image, width);
    const steps = squares.map((square, column) => (curvature[column]! > 0 ? square / curvature[column]! : 0));
    for (let index = 0; index < weights.length; index++) {
      const step = steps[index % width]!;
      weights[index]! += step * direction[index]!;
      residual[index]! -= step * image[index]!;
    }
    const next = columnSquares(residual, residual, width);
    const turns = next.map((square, column) => (squares[column]! > 0 ? square / squares[column]! : 0));
    for (let index = 0; index < direction.length; index++) {
      direction[index] = residual[index]! + turns[index % width]! * direction[index]!;
    }
    squares = next;
  }
  return weights;
}

function columnSquares(left: Float32Array, right: Float32Array, width: number): Float64Array {
  const sums = new Float64Array(width);
  for (let index = 0; index < left.length; index++) sums[index % width]! += left[index]! * right[index]!;
  return sums;
}
