import { seededRandom } from '../train/random.js';

/** A mean and its 95 % interval, from resampled prompts. */
export interface Interval {
  /** The mean. */
  readonly mean: number;
  /** Lower end of the 95 % interval. */
  readonly low: number;
  /** Upper end of the 95 % interval. */
  readonly high: number;
}

/** Percentile bootstrap of the mean. Values of the same rows and the same seed are resampled alike. */
export function bootstrapMean(values: Float64Array, resamples: number, seed: number): Interval {
  const random = seededRandom(seed);
  const { length } = values;
  const means = Float64Array.from({ length: resamples }, () => {
    let sum = 0;
    for (let draw = 0; draw < length; draw++) sum += values[Math.floor(random() * length)]!;
    return sum / length;
  }).sort();
  const at = (share: number): number => means[Math.min(resamples - 1, Math.floor(share * resamples))]!;
  return { mean: values.reduce((sum, value) => sum + value, 0) / length, low: at(0.025), high: at(0.975) };
}
