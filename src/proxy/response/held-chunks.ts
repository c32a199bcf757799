/** Largest text that is held before the commit point, in characters: search results can be long. */
const MAX_HELD = 1024 * 1024;
/**
 * Empty deltas that are counted but not held, in characters: enough for ten minutes of them, too little for a flood.
 */
const MAX_EMPTY = 8 * 1024 * 1024;

/**
 * The chunks that arrived before the first content chunk, which may still be discarded for another endpoint's response.
 */
export class HeldChunks {
  #payloads: string[] = [];
  #length = 0;
  #emptyLength = 0;
  /** The last empty delta that was not held. */
  #lastEmpty = '';

  /** False: more than may be held. */
  add(payload: string): boolean {
    this.#payloads.push(payload);
    this.#length += payload.length;
    return this.#length <= MAX_HELD;
  }

  /** An empty delta after the first one means nothing to a client, so it is not held. False: too many of them. */
  countEmpty(payload: string): boolean {
    this.#lastEmpty = payload;
    this.#emptyLength += payload.length;
    return this.#emptyLength <= MAX_EMPTY;
  }

  /** Whether `payload` repeats the last empty delta, so that it need not be parsed. */
  repeatsEmpty(payload: string): boolean {
    return payload === this.#lastEmpty;
  }

  takeAll(): readonly string[] {
    const payloads = this.#payloads;
    this.#payloads = [];
    return payloads;
  }
}
