/** Lowest, middle and highest of some figures. */
export interface Spread {
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

/** The value that the share `at` of `sorted` is below. */
export function quantile(sorted: readonly number[], at: number): number {
  if (sorted.length === 0) return NaN;
  const place = (sorted.length - 1) * at;
  const below = Math.floor(place);
  const low = sorted[below]!;
  return low + (sorted[Math.min(below + 1, sorted.length - 1)]! - low) * (place - below);
}

export function median(values: readonly number[]): number {
  return quantile(ascending(values), 0.5);
}

function spread(values: readonly number[]): Spread {
  const sorted = ascending(values);
  return { min: sorted[0] ?? NaN, median: quantile(sorted, 0.5), max: sorted.at(-1) ?? NaN };
}

/**
 * The ratios of two series, round by round. A disturbance of the machine affects a whole round, so a ratio within one
 * round varies less than either of its terms.
 */
export function pairedRatio(values: readonly number[], baseline: readonly number[]): Spread {
  return spread(values.map((value, round) => value / baseline[round]!));
}

/** The same as differences. */
export function pairedDifference(values: readonly number[], baseline: readonly number[]): Spread {
  return spread(values.map((value, round) => value - baseline[round]!));
}

function ascending(values: readonly number[]): number[] {
  return values.toSorted((a, b) => a - b);
}
