import type { Checkpoint } from './checkpoint/types.js';

const FLOAT32_MAX = 3.4028234663852886e38;
/** Numbers after which a sum is compared with the best one so far: it can only grow. */
const BLOCK = 32;

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

/** As float32; stops early where the sum exceeds `limit`. */
function squaredDistance(centers: Float32Array, offset: number, point: Float32Array, limit: number): number {
  const { length } = point;
  let sum = 0;
  for (let start = 0; start < length; start += BLOCK) {
    const end = Math.min(start + BLOCK, length);
    let block = 0;
    for (let index = start; index < end; index++) {
      const difference = Math.fround(point[index]! - centers[offset + index]!);
      block += difference * difference;
    }
    sum += block;
    if (sum > limit) return Number.POSITIVE_INFINITY;
  }
  return Math.fround(sum);
}
