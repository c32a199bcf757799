import { createHmac, randomBytes } from 'node:crypto';
import type { Detector, DetectorPlaceholders } from '../contracts/guard.js';

const OPEN = '⟨';
const CLOSE = '⟩';
/** Hexadecimal digits of a placeholder; more where two values of a conversation would have the same. */
const SHORTEST = 8;
const LONGEST = 64;
/** `⟨`, a type of at most 32 characters, `_`, 64 digits, `⟩`. */
const MAX_LENGTH = 99;
const PLACEHOLDER = /⟨[A-Za-z0-9-]{1,32}_[0-9a-f]{8,64}⟩/g;
const BEGINNING = /^⟨(?:[A-Za-z0-9-]{1,32}(?:_[0-9a-f]{0,64})?)?$/;

/** Placeholders by HMAC of conversation and value: stable without stored state, and the value cannot be computed from them. */
export class ConversationPlaceholders implements DetectorPlaceholders {
  readonly restore: boolean;
  readonly #key: Buffer | string;

  constructor(restore: boolean, secret: string | undefined) {
    this.restore = restore;
    this.#key = secret ?? randomBytes(32);
  }

  placeholderFor(type: string, value: string, conversation: string, length: number): string {
    const digest = createHmac('sha256', this.#key)
      .update(JSON.stringify([conversation, type, value]))
      .digest('hex');
    return `${OPEN}${type}_${digest.slice(0, length)}${CLOSE}`;
  }
}

/** What takes the place of a value in a response. */
export function genericPlaceholder(type: string): string {
  return `${OPEN}${type}${CLOSE}`;
}

/** The placeholders of one request, and the values that they replace. */
export class PlaceholderTable {
  readonly #conversation: string;
  readonly #values = new Map<string, string>();

  /** @param conversation - caller and conversation */
  constructor(conversation: string) {
    this.#conversation = conversation;
  }

  get size(): number {
    return this.#values.size;
  }

  /** The placeholder of `value`; kept for `valueOf` where the guard restores. */
  add(placeholders: DetectorPlaceholders, type: string, value: string): string {
    for (let length = SHORTEST; ; length = LONGEST) {
      const placeholder = placeholders.placeholderFor(type, value, this.#conversation, length);
      if (!placeholders.restore) return placeholder;
      const known = this.#values.get(placeholder);
      if (known !== undefined && known !== value && length < LONGEST) continue;
      this.#values.set(placeholder, value);
      return placeholder;
    }
  }

  valueOf(placeholder: string): string | undefined {
    return this.#values.get(placeholder);
  }
}

/** Finds placeholders, known or not. */
export const placeholderDetector: Detector = {
  type: 'placeholder',
  version: '1',
  find(text, from, final) {
    PLACEHOLDER.lastIndex = from;
    const found = PLACEHOLDER.exec(text);
    if (found !== null) return { start: found.index, end: found.index + found[0].length };
    const open = text.lastIndexOf(OPEN);
    const mayFollow = open >= from && text.length - open < MAX_LENGTH && BEGINNING.test(text.slice(open));
    return mayFollow && !final ? { start: open, end: undefined } : undefined;
  },
};
