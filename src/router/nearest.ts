import type { Checkpoint } from './checkpoint/types.js';

const FLOAT32_MAX = 3.4028234663852886e38;
/** Centroids that are compared side by side. Eight independent sums keep the processor busy and stay in registers. */
const LANES = 8;
/** Columns after which the sums are compared with the least one so far: a sum can only grow. */
const BLOCK = 64;

/** The centroid nearest to a point. */
export interface Nearest {
  readonly cluster: number;
  /** Euclidean, as float32. */
  readonly distance: number;
}

/**
 * Finds the centroid nearest to a point, by squared Euclidean distance of float32 numbers. Distances are summed directly,
 * not as |c|² − 2·c·x + |x|²: that form loses digits where a point lies near its centroid.
 */
export class CentroidIndex {
  readonly #clusters: number;
  readonly #dimension: number;
  /** Eight centroids at a time, column by column: what one number of a point is compared with lies side by side. */
  readonly #groups: Float32Array;
  readonly #sums = new Float64Array(LANES);

  constructor({ centers, clusters, dimension }: Pick<Checkpoint, 'centers' | 'clusters' | 'dimension'>) {
    this.#clusters = clusters;
    this.#dimension = dimension;
    const padded = Math.ceil(clusters / LANES) * LANES;
    this.#groups = new Float32Array(padded * dimension);
    for (let lane = 0; lane < padded; lane++) {
      // The last centroid fills its group: as the last of equally near ones it is never chosen.
      const row = Math.min(lane, clusters - 1) * dimension;
      const offset = (lane - (lane % LANES)) * dimension + (lane % LANES);
      for (let column = 0; column < dimension; column++) this.#groups[offset + column * LANES] = centers[row + column]!;
    }
  }

  /**
   * Of equally near centroids the first.
   * @param point - as many numbers as a centroid has.
   * @throws TypeError where no distance is a number that float32 can hold.
   */
  nearest(point: Float32Array): Nearest {
    const sums = this.#sums;
    let cluster = -1;
    let least = FLOAT32_MAX;
    for (let first = 0; first < this.#clusters; first += LANES) {
      if (!sumSquares(this.#groups, first * this.#dimension, point, least, sums)) continue;
      for (let lane = 0; lane < LANES; lane++) {
        const squared = Math.fround(sums[lane]!);
        if (squared < least) {
          least = squared;
          cluster = first + lane;
        }
      }
    }
    if (cluster < 0) throw new TypeError('vector is near no centroid: its numbers are NaN or too large for float32.');
    return { cluster, distance: Math.fround(Math.sqrt(least)) };
  }
}

/**
 * Writes the squared distances from `point` to the eight centroids of the group at `offset` into `sums`. `false` where
 * all of them exceed `limit`; `sums` is unchanged then. Written out: an inner loop over the lanes takes twice as long.
 */
function sumSquares(
  groups: Float32Array,
  offset: number,
  point: Float32Array,
  limit: number,
  sums: Float64Array,
): boolean {
  const { length } = point;
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  let s4 = 0;
  let s5 = 0;
  let s6 = 0;
  let s7 = 0;
  let at = offset;
  for (let column = 0; column < length;) {
    for (const end = Math.min(length, column + BLOCK); column < end; column++) {
      const value = point[column]!;
      const d0 = value - groups[at]!;
      const d1 = value - groups[at + 1]!;
      const d2 = value - groups[at + 2]!;
      const d3 = value - groups[at + 3]!;
      const d4 = value - groups[at + 4]!;
      const d5 = value - groups[at + 5]!;
      const d6 = value - groups[at + 6]!;
      const d7 = value - groups[at + 7]!;
      s0 += d0 * d0;
      s1 += d1 * d1;
      s2 += d2 * d2;
      s3 += d3 * d3;
      s4 += d4 * d4;
      s5 += d5 * d5;
      s6 += d6 * d6;
      s7 += d7 * d7;
      at += LANES;
    }
    const isLowerHalfFar = s0 > limit && s1 > limit && s2 > limit && s3 > limit;
    if (isLowerHalfFar && s4 > limit && s5 > limit && s6 > limit && s7 > limit) return false;
  }
  sums[0] = s0;
  sums[1] = s1;
  sums[2] = s2;
  sums[3] = s3;
  sums[4] = s4;
  sums[5] = s5;
  sums[6] = s6;
  sums[7] = s7;
  return true;
}
