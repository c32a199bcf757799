import { createHash } from 'node:crypto';

const LONGEST_NAME = 64;
const LONGEST_ID = 64;
const HASH_LENGTH = 8;
const VALID_NAME = /^[a-zA-Z0-9_-]{1,64}$/;

/**
 * Tool names of one request in the form that Bedrock takes, and back. Names that fit stay as they are, whatever the
 * order, so a name that must be changed never takes the place of another.
 */
export class ToolNames {
  readonly #sent = new Map<string, string>();
  readonly #original = new Map<string, string>();

  constructor(names: readonly string[]) {
    for (const name of names) if (VALID_NAME.test(name)) this.#set(name, name);
    for (const name of names) if (!this.#sent.has(name)) this.#set(name, this.#free(name));
  }

  sent(original: string): string {
    return this.#sent.get(original) ?? original;
  }

  original(sent: string): string {
    return this.#original.get(sent) ?? sent;
  }

  /** A name close to `wanted` for a tool that the request does not have. */
  unused(wanted: string): string {
    return this.#free(wanted);
  }

  #set(original: string, sent: string): void {
    this.#sent.set(original, sent);
    this.#original.set(sent, original);
  }

  #free(name: string): string {
    const clean = name.replaceAll(/[^a-zA-Z0-9_-]/g, '_');
    if (clean !== '' && clean.length <= LONGEST_NAME && !this.#original.has(clean)) return clean;
    let hashed = shortened(clean, name);
    while (this.#original.has(hashed)) hashed = shortened(clean, hashed);
    return hashed;
  }
}

function shortened(clean: string, hashed: string): string {
  return `${clean.slice(0, LONGEST_NAME - HASH_LENGTH - 1)}_${hashOf(hashed)}`;
}

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
