/** The latest values of one number, oldest first. What has not been yet is NaN. */
export class Ring {
  readonly #values: Float64Array;
  #next = 0;

  constructor(size: number) {
    this.#values = new Float64Array(size).fill(Number.NaN);
  }

  push(value: number): void {
    this.#values[this.#next] = value;
    this.#next = (this.#next + 1) % this.#values.length;
  }

  toArray(): number[] {
    return [...this.#values.subarray(this.#next), ...this.#values.subarray(0, this.#next)];
  }
}
