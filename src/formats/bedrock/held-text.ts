import type { ChunkDelta } from '../../chat/types.js';

/** Held text beyond this, in characters, is no preamble of a JSON response: it is passed on. */
const MOST_HELD = 256 * 1024;

/** The text of a stream, which may be held until it is known whether it belongs to the response. */
export class HeldText {
  /** Characters that belong to `content` so far. */
  length = 0;
  #holding: boolean;
  #held = '';

  constructor(holding: boolean) {
    this.#holding = holding;
  }

  add(text: string): ChunkDelta[] {
    if (text === '') return [];
    this.length += text.length;
    if (!this.#holding) return [{ content: text }];
    this.#held += text;
    return this.#held.length > MOST_HELD ? this.release() : [];
  }

  /** What was held, as content. From now on nothing is held. */
  release(): ChunkDelta[] {
    const text = this.#held;
    this.#held = '';
    this.#holding = false;
    return text === '' ? [] : [{ content: text }];
  }
}
