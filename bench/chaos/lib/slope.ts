/** A straight line through samples, and the significance of its slope. */
export interface Slope {
  /** Per unit of x. */
  readonly perUnit: number;
  /** Slope divided by its standard error; within ±2 it is not significant. */
  readonly t: number;
}

/** Least squares. */
export function slopeOf(samples: readonly (readonly [x: number, y: number])[]): Slope {
  const count = samples.length;
  const meanX = samples.reduce((sum, [x]) => sum + x, 0) / count;
  const meanY = samples.reduce((sum, [, y]) => sum + y, 0) / count;
  const spreadX = samples.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
  const perUnit = samples.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0) / spreadX;
  const residue = samples.reduce((sum, [x, y]) => sum + (y - meanY - perUnit * (x - meanX)) ** 2, 0);
  return { perUnit, t: perUnit / Math.sqrt(residue / (count - 2) / spreadX) };
}
