import type { Checkpoint } from './checkpoint/types.js';

const FLOAT32_MAX = 3.4028234663852886e38;
/** Numbers after which a sum is compared with the best one so far: it can only grow. */
const BLOCK = 64;

/**
 * The centroid nearest to `point`, by squared Euclidean distance in float32; of equally near ones the first.
 * @throws TypeError where no distance is a number that float32 can hold.
 */
export function nearestCenter(
  { centers, clusters, dimension }: Pick<Checkpoint, 'centers' | 'clusters' | 'dimension'>,
  point: Float32Array,
): { readonly cluster: number; readonly distance: number } {
  let cluster = -1;
  let best = FLOAT32_MAX;
  for (let index = 0; index < clusters; index++) {
    const squared = squaredDistance(centers, index * dimension, point, best);
    if (squared < best) {
      best = squared;
      cluster = index;
    }
  }
  if (cluster < 0) throw new TypeError('vector is near no centroid: its numbers are NaN or too large for float32.');
  return { cluster, distance: Math.fround(Math.sqrt(best)) };
}

/** As float32; stops early where the sum exceeds `limit`. Four sums side by side: one alone waits for its last addition. */
function squaredDistance(centers: Float32Array, offset: number, point: Float32Array, limit: number): number {
  const { length } = point;
  const blocks = length - (length % BLOCK);
  let sum = 0;
  let index = 0;
  while (index < blocks) {
    let first = 0;
    let second = 0;
    let third = 0;
    let fourth = 0;
    for (const end = index + BLOCK; index < end; index += 4) {
      const a = point[index]! - centers[offset + index]!;
      const b = point[index + 1]! - centers[offset + index + 1]!;
      const c = point[index + 2]! - centers[offset + index + 2]!;
      const d = point[index + 3]! - centers[offset + index + 3]!;
      first += a * a;
      second += b * b;
      third += c * c;
      fourth += d * d;
    }
    sum += first + second + (third + fourth);
    if (sum > limit) return Number.POSITIVE_INFINITY;
  }
  for (; index < length; index++) {
    const difference = point[index]! - centers[offset + index]!;
    sum += difference * difference;
  }
  return Math.fround(sum);
}
