/** Points of equal width, one behind the other. */
export interface Points {
  readonly width: number;
  readonly data: Float32Array;
}

export interface Clustering {
  readonly clusters: number;
  /** Row by row. */
  readonly centers: Float32Array;
  readonly assignment: Int32Array;
  readonly sizes: readonly number[];
  /** Sum of squared distances to the centroids. */
  readonly inertia: number;
}

export interface KMeansOptions {
  readonly clusters: number;
  readonly restarts: number;
  readonly maxIterations: number;
  readonly random: () => number;
}

/** k-means with k-means++ seeds: the best of `restarts` runs. Clusters that lose all their points are dropped. */
export function kMeans(points: Points, options: KMeansOptions): Clustering {
  let best: Clustering | undefined;
  for (let run = 0; run < Math.max(1, options.restarts); run++) {
    const found = dropEmpty(points, lloyd(points, seedCenters(points, options), options.maxIterations));
    if (best === undefined || found.inertia < best.inertia) best = found;
  }
  return best!;
}

/** Index of, and squared distance to, the nearest of `centers` for each point. */
export function assignPoints(
  { width, data }: Points,
  centers: Float32Array,
): { assignment: Int32Array; squares: Float64Array } {
  const count = data.length / width;
  const assignment = new Int32Array(count);
  const squares = new Float64Array(count);
  for (let point = 0; point < count; point++) {
    let best = Number.POSITIVE_INFINITY;
    for (let center = 0; center * width < centers.length; center++) {
      const square = squaredDistance(data, point * width, centers, center * width, width);
      if (square < best) {
        best = square;
        assignment[point] = center;
      }
    }
    squares[point] = best;
  }
  return { assignment, squares };
}

/** Each next centre is a point drawn with a chance that grows with its squared distance to those chosen before. */
function seedCenters({ width, data }: Points, { clusters, random }: KMeansOptions): Float32Array {
  const count = data.length / width;
  const centers = new Float32Array(Math.min(clusters, count) * width);
  const nearest = new Float64Array(count).fill(Number.POSITIVE_INFINITY);
  let chosen = Math.floor(random() * count);
  for (let center = 0; center * width < centers.length; center++) {
    centers.set(data.subarray(chosen * width, (chosen + 1) * width), center * width);
    let total = 0;
    for (let point = 0; point < count; point++) {
      nearest[point] = Math.min(nearest[point]!, squaredDistance(data, point * width, centers, center * width, width));
      total += nearest[point]!;
    }
    chosen = drawIndex(nearest, total * random());
  }
  return centers;
}

function drawIndex(weights: Float64Array, mark: number): number {
  let sum = 0;
  for (let index = 0; index < weights.length; index++) {
    sum += weights[index]!;
    if (sum > mark) return index;
  }
  return weights.length - 1;
}

function lloyd(points: Points, seeds: Float32Array, maxIterations: number): Float32Array {
  let centers = seeds;
  let before: Int32Array | undefined;
  for (let round = 0; round < maxIterations; round++) {
    const { assignment } = assignPoints(points, centers);
    if (before !== undefined && assignment.every((center, point) => center === before![point])) break;
    before = assignment;
    centers = meanCenters(points, assignment, centers);
  }
  return centers;
}

/** The mean of the points of each cluster; a cluster without points keeps its centre. */
function meanCenters({ width, data }: Points, assignment: Int32Array, before: Float32Array): Float32Array {
  const sums = new Float64Array(before.length);
  const sizes = new Int32Array(before.length / width);
  for (const [point, center] of assignment.entries()) {
    sizes[center]! += 1;
    for (let column = 0; column < width; column++) sums[center * width + column]! += data[point * width + column]!;
  }
  return Float32Array.from(before, (value, index) => {
    const size = sizes[Math.floor(index / width)]!;
    return size === 0 ? value : sums[index]! / size;
  });
}

function dropEmpty(points: Points, centers: Float32Array): Clustering {
  const { width } = points;
  const first = assignPoints(points, centers);
  const used = new Set(first.assignment);
  const kept = [...Array(centers.length / width).keys()].filter((center) => used.has(center));
  const remaining = new Float32Array(kept.length * width);
  for (const [index, center] of kept.entries())
    remaining.set(centers.subarray(center * width, (center + 1) * width), index * width);
  const { assignment, squares } = assignPoints(points, remaining);
  const sizes = Array<number>(kept.length).fill(0);
  for (const center of assignment) sizes[center]! += 1;
  return {
    clusters: kept.length,
    centers: remaining,
    assignment,
    sizes,
    inertia: squares.reduce((sum, square) => sum + square, 0),
  };
}

function squaredDistance(
  left: Float32Array,
  leftAt: number,
  right: Float32Array,
  rightAt: number,
  width: number,
): number {
  let sum = 0;
  for (let column = 0; column < width; column++) {
    const difference = left[leftAt + column]! - right[rightAt + column]!;
    sum += difference * difference;
  }
  return sum;
}
