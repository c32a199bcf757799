/** A body that is wanted whole, with a limit. */
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

  /** False: the body is larger than allowed. */
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

const BYTE_ORDER_MARK = 0xfeff;

/** The JSON value in `bytes`, or `undefined` when there is none. */
export function parseJson(bytes: Buffer): unknown {
  try {
    const text = bytes.toString('utf8');
    return JSON.parse(text.charCodeAt(0) === BYTE_ORDER_MARK ? text.slice(1) : text) as unknown;
  } catch {
    return undefined;
  }
}
