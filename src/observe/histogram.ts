/** Counts of measurements by size, and their sum. Its memory does not grow. */
export class Histogram {
  readonly bounds: readonly number[];
  sum = 0;
  count = 0;
  readonly #counts: Float64Array;

  /** @param bounds - upper ends of the buckets, rising; one more bucket takes what is larger than all */
  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.#counts = new Float64Array(bounds.length + 1);
  }

  record(value: number): void {
    const { bounds } = this;
    let bucket = 0;
    while (bucket < bounds.length && value > bounds[bucket]!) bucket++;
    this.#counts[bucket]!++;
    this.sum += value;
    this.count++;
  }

  /** How many measurements were at most as large as each bound. */
  cumulative(): number[] {
    let seen = 0;
    return this.bounds.map((_, bucket) => (seen += this.#counts[bucket]!));
  }
}
