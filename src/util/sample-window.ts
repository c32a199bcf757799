import type { Percentiles } from '../contracts/routing.js';

/** Older samples are ignored. */
const WINDOW_MS = 300_000;
/** Enough for a steady p99, small enough for thousands of endpoints. */
const CAPACITY = 256;

/** The latest measurements of one quantity: a ring of at most 256 samples, of the last five minutes. */
export class SampleWindow {
  readonly #times = new Float64Array(CAPACITY);
  readonly #values = new Float32Array(CAPACITY);
  #next = 0;
  #held = 0;

  add(value: number, now: number): void {
    this.#times[this.#next] = now;
    this.#values[this.#next] = value;
    this.#next = (this.#next + 1) % CAPACITY;
    if (this.#held < CAPACITY) this.#held++;
  }

  /**
   * The percentiles at `now`; `undefined` without samples.
   * @param better - `low`: p90 is the value that 90 % stay below; `high`: the value that 90 % reach.
   */
  percentiles(now: number, better: 'low' | 'high'): Percentiles | undefined {
    const sorted = this.#recent(now).sort();
    if (sorted.length === 0) return undefined;
    if (better === 'high') sorted.reverse();
    return Object.freeze({
      p50: atRank(sorted, 0.5),
      p75: atRank(sorted, 0.75),
      p90: atRank(sorted, 0.9),
      p99: atRank(sorted, 0.99),
    });
  }

  /** The value that `share` of the samples do not exceed; `undefined` where there are fewer than `least`. */
  percentile(share: number, now: number, least: number): number | undefined {
    const sorted = this.#recent(now).sort();
    return sorted.length < least ? undefined : atRank(sorted, share);
  }

  #recent(now: number): Float32Array {
    const recent = new Float32Array(this.#held);
    let count = 0;
    for (let index = 0; index < this.#held; index++) {
      if (now - (this.#times[index] ?? 0) > WINDOW_MS) continue;
      recent[count++] = this.#values[index] ?? 0;
    }
    return recent.subarray(0, count);
  }
}

/** Nearest-rank percentile: always a measured value. */
function atRank(sorted: Float32Array, share: number): number {
  const value = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
  // Float32 keeps seven digits; the rest is noise.
  return Number(value.toPrecision(6));
}
