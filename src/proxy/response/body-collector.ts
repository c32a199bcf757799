/** Collects a body, up to a limit in bytes. */
export class BodyCollector {
  readonly #limit: number;
  #pieces: Buffer[] = [];
  #length = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get length(): number {
    return this.#length;
  }

  /** False: the body is larger than the limit. */
  add(bytes: Buffer): boolean {
    this.#length += bytes.length;
    if (this.#length > this.#limit) return false;
    this.#pieces.push(bytes);
    return true;
  }

  bytes(): Buffer {
    const whole = this.#pieces.length === 1 ? this.#pieces[0]! : Buffer.concat(this.#pieces, this.#length);
    this.#pieces = [whole];
    return whole;
  }
}
