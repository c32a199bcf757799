import { createHash } from 'node:crypto';

const LONGEST_ID = 64;
const HASH_LENGTH = 8;

/** Ids of tool calls in the form that Bedrock takes; the same id may be used by calls of several turns. */
export class ToolIds {
  readonly #used = new Set<string>();
  readonly #nineCharacters: boolean;

  /** @param nineCharacters - Mistral's models take ids of exactly nine letters and digits. */
  constructor(nineCharacters: boolean) {
    this.#nineCharacters = nineCharacters;
  }

  /** The id to send for one call; `fallback` where it has none. */
  next(id: string, fallback: string): string {
    const wanted = this.#fit(id === '' ? fallback : id);
    let sent = wanted;
    for (let repeat = 2; this.#used.has(sent); repeat++) sent = this.#fit(`${wanted}_${repeat}`);
    this.#used.add(sent);
    return sent;
  }

  #fit(id: string): string {
    if (this.#nineCharacters) return /^[a-zA-Z0-9]{9}$/.test(id) ? id : hashOf(id, 9);
    const clean = id.replaceAll(/[^a-zA-Z0-9_-]/g, '_');
    return clean.length <= LONGEST_ID ? clean : `${clean.slice(0, 40)}_${hashOf(id)}`;
  }
}

function hashOf(text: string, length = HASH_LENGTH): string {
  return createHash('sha256').update(text).digest('hex').slice(0, length);
}
