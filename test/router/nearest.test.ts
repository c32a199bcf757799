import { describe, expect, it } from 'vitest';
import { CentroidIndex } from '../../src/router/nearest.js';
import { seededRandom } from '../../src/router/train/random.js';

/** What `CentroidIndex` promises, written the slow way. */
function nearestOf(centers: Float32Array, dimension: number, point: Float32Array) {
  let cluster = -1;
  let least = Number.POSITIVE_INFINITY;
  for (let row = 0; row * dimension < centers.length; row++) {
    let sum = 0;
    for (let column = 0; column < dimension; column++) {
      const difference = point[column]! - centers[row * dimension + column]!;
      sum += difference * difference;
    }
    const squared = Math.fround(sum);
    if (squared < least) [least, cluster] = [squared, row];
  }
  return { cluster, distance: Math.fround(Math.sqrt(least)) };
}

const random = seededRandom(7);
const numbers = (length: number, scale: number, offset = 0) =>
  Float32Array.from({ length }, () => offset + (random() - 0.5) * scale);

describe('the nearest centroid', () => {
  const sizes = [1, 2, 7, 8, 9, 16, 17, 100];
  const widths = [1, 3, 63, 64, 65, 384];

  it.each(sizes.flatMap((clusters) => widths.map((dimension) => [clusters, dimension] as const)))(
    'of %s centroids × %s columns is the one that comparing with each gives',
    (clusters, dimension) => {
      const centers = numbers(clusters * dimension, 2);
      const index = new CentroidIndex({ centers, clusters, dimension });
      for (let round = 0; round < 20; round++) {
        const row = Math.floor(random() * clusters) * dimension;
        const near = centers.slice(row, row + dimension).map((value) => value + (random() - 0.5) * 0.1);
        for (const point of [numbers(dimension, 2), near])
          expect(index.nearest(point)).toEqual(nearestOf(centers, dimension, point));
      }
    },
  );

  it('keeps small distances between long vectors exact', () => {
    const dimension = 384;
    const centers = numbers(20 * dimension, 0.01, 1_000);
    const index = new CentroidIndex({ centers, clusters: 20, dimension });
    for (let row = 0; row < 20; row++) {
      const point = centers.slice(row * dimension, (row + 1) * dimension);
      expect(index.nearest(point)).toEqual({ cluster: row, distance: 0 });
      point[0]! += 0.001;
      expect(index.nearest(point)).toEqual(nearestOf(centers, dimension, point));
    }
  });

  it('is the first of equal centroids, wherever they stand', () => {
    const dimension = 5;
    const centers = numbers(24 * dimension, 2);
    for (const row of [12, 19, 23]) centers.copyWithin(row * dimension, 5 * dimension, 6 * dimension);
    const index = new CentroidIndex({ centers, clusters: 24, dimension });
    expect(index.nearest(centers.slice(5 * dimension, 6 * dimension))).toEqual({ cluster: 5, distance: 0 });
  });

  it('is found beside centroids whose distance exceeds float32', () => {
    const centers = Float32Array.from([3e38, 1, -3e38]);
    const index = new CentroidIndex({ centers, clusters: 3, dimension: 1 });
    expect(index.nearest(Float32Array.of(0))).toEqual({ cluster: 1, distance: 1 });
  });
});
