import { FeatureCounter } from '../embed/features.js';

/** Rows of few non-zero numbers each, one behind the other. */
export interface SparseRows {
  readonly columns: number;
  /** Where each row begins; one more entry than rows. */
  readonly starts: Int32Array;
  readonly indices: Int32Array;
  readonly values: Float32Array;
}

/** The hashed features of `texts`: 1 + ln(count), not weighted yet. */
export function countFeatures(texts: readonly string[], buckets: number, maxCharacters: number): SparseRows {
  const counter = new FeatureCounter(buckets, maxCharacters);
  const starts = new Int32Array(texts.length + 1);
  const indices: Int32Array[] = [];
  const values: Float32Array[] = [];
  for (const [row, text] of texts.entries()) {
    const features = counter.count(text);
    indices.push(features.buckets.slice());
    values.push(features.counts.map((count) => 1 + Math.log(count)));
    starts[row + 1] = starts[row]! + features.buckets.length;
  }
  const total = starts[texts.length]!;
  return { columns: buckets, starts, indices: joinInts(indices, total), values: joinFloats(values, total) };
}

function joinInts(parts: readonly Int32Array[], total: number): Int32Array {
  const whole = new Int32Array(total);
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

function joinFloats(parts: readonly Float32Array[], total: number): Float32Array {
  const whole = new Float32Array(total);
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

/** How rare each column is: ln((1 + rows) / (1 + rows that have it)). */
export function inverseFrequencies({ starts, indices, columns }: SparseRows, rows: Int32Array): Float32Array {
  const seen = new Float32Array(columns);
  for (const row of rows) {
    for (let at = starts[row]!; at < starts[row + 1]!; at++) seen[indices[at]!]! += 1;
  }
  return seen.map((count) => Math.log((1 + rows.length) / (1 + count)));
}

/** `rows` with each column weighted and each row scaled to unit length. */
export function weighRows({ columns, starts, indices, values }: SparseRows, weights: Float32Array): SparseRows {
  const weighed = new Float32Array(values.length);
  for (let row = 0; row + 1 < starts.length; row++) {
    let sum = 0;
    for (let at = starts[row]!; at < starts[row + 1]!; at++) {
      const value = values[at]! * weights[indices[at]!]!;
      weighed[at] = value;
      sum += value * value;
    }
    const factor = sum > 0 ? 1 / Math.sqrt(sum) : 0;
    for (let at = starts[row]!; at < starts[row + 1]!; at++) weighed[at]! *= factor;
  }
  return { columns, starts, indices, values: weighed };
}

/** `matrix[rows] · block`: one dense row of `width` for each of `rows`. `block` has `width` numbers for each column. */
export function timesBlock(matrix: SparseRows, rows: Int32Array, block: Float32Array, width: number): Float32Array {
  const { starts, indices, values } = matrix;
  const product = new Float32Array(rows.length * width);
  for (let position = 0; position < rows.length; position++) {
    const row = rows[position]!;
    const offset = position * width;
    for (let at = starts[row]!; at < starts[row + 1]!; at++) {
      const value = values[at]!;
      const from = indices[at]! * width;
      for (let column = 0; column < width; column++) product[offset + column]! += value * block[from + column]!;
    }
  }
  return product;
}

/** `matrix[rows]ᵀ · dense`: one row of `width` for each column of the matrix. */
export function transposedTimes(
  matrix: SparseRows,
  rows: Int32Array,
  dense: Float32Array,
  width: number,
): Float32Array {
  const { starts, indices, values, columns } = matrix;
  const product = new Float32Array(columns * width);
  for (let position = 0; position < rows.length; position++) {
    const row = rows[position]!;
    const offset = position * width;
    for (let at = starts[row]!; at < starts[row + 1]!; at++) {
      const value = values[at]!;
      const to = indices[at]! * width;
      for (let column = 0; column < width; column++) product[to + column]! += value * dense[offset + column]!;
    }
  }
  return product;
}
