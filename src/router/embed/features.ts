/** Hashed features of one text: which buckets, and how often each. Views into shared memory: read before the next text. */
export interface Features {
  readonly buckets: Int32Array;
  readonly counts: Float32Array;
}

const SPACE = 32;
const WORD_SEED = 0x811c9dc5;
const PAIR_SEED = 0x5bd1e995;
const GRAM_SEED = 0x27d4eb2f;
const GRAM = 4;

/**
 * Counts words, pairs of neighbouring words, and runs of four characters of a text, each hashed into one of `buckets`.
 * Letter case and the width of white space do not matter. Digits and punctuation marks are words of their own, so code
 * and arithmetic look different from prose.
 */
export class FeatureCounter {
  readonly #buckets: number;
  readonly #maxCharacters: number;
  readonly #codes: Uint16Array;
  readonly #table: Float32Array;
  readonly #touched: Int32Array;
  readonly #values: Float32Array;
  #size = 0;

  constructor(buckets: number, maxCharacters: number) {
    this.#buckets = buckets;
    this.#maxCharacters = maxCharacters;
    this.#codes = new Uint16Array(maxCharacters + 2);
    this.#table = new Float32Array(buckets);
    this.#touched = new Int32Array(buckets);
    this.#values = new Float32Array(buckets);
  }

  count(text: string): Features {
    const length = this.#normalise(text);
    this.#countWords(length);
    this.#countGrams(length);
    const size = this.#size;
    for (let index = 0; index < size; index++) {
      const bucket = this.#touched[index]!;
      this.#values[index] = this.#table[bucket]!;
      this.#table[bucket] = 0;
    }
    this.#size = 0;
    return { buckets: this.#touched.subarray(0, size), counts: this.#values.subarray(0, size) };
  }

  /** Lower case, one space for any run of white space, one at each end. Returns how many codes there are. */
  #normalise(text: string): number {
    const lower = text.slice(0, this.#maxCharacters).toLowerCase();
    const codes = this.#codes;
    let length = 1;
    codes[0] = SPACE;
    for (let index = 0; index < lower.length && length <= this.#maxCharacters; index++) {
      const code = lower.charCodeAt(index);
      const isSpace = code <= SPACE || code === 0xa0;
      if (!isSpace) codes[length++] = code;
      else if (codes[length - 1] !== SPACE) codes[length++] = SPACE;
    }
    if (codes[length - 1] !== SPACE) codes[length++] = SPACE;
    return length;
  }

  #countWords(length: number): void {
    const codes = this.#codes;
    let previous = PAIR_SEED;
    let index = 0;
    while (index < length) {
      const code = codes[index++]!;
      if (code === SPACE) continue;
      let hash = mix(WORD_SEED, code);
      if (isLetter(code)) {
        while (index < length && isLetter(codes[index]!)) hash = mix(hash, codes[index++]!);
      }
      this.#add(hash);
      this.#add(mix(previous, hash));
      previous = mix(PAIR_SEED, hash);
    }
  }

  /** Written out, as it runs once for each character. */
  #countGrams(length: number): void {
    const codes = this.#codes;
    const table = this.#table;
    const touched = this.#touched;
    const buckets = this.#buckets;
    let size = this.#size;
    for (let index = 0; index + GRAM <= length; index++) {
      let hash = Math.imul(GRAM_SEED ^ codes[index]!, PRIME);
      hash = Math.imul(hash ^ codes[index + 1]!, PRIME);
      hash = Math.imul(hash ^ codes[index + 2]!, PRIME);
      const bucket = spread(Math.imul(hash ^ codes[index + 3]!, PRIME)) % buckets;
      const count = table[bucket]!;
      if (count === 0) touched[size++] = bucket;
      table[bucket] = count + 1;
    }
    this.#size = size;
  }

  #add(hash: number): void {
    const bucket = spread(hash) % this.#buckets;
    const count = this.#table[bucket]!;
    if (count === 0) this.#touched[this.#size++] = bucket;
    this.#table[bucket] = count + 1;
  }
}

const PRIME = 0x01000193;

/** Mixes the high bits into the low ones. Below 2³¹, where the remainder of a division is one of whole numbers. */
function spread(hash: number): number {
  const mixed = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return (mixed ^ (mixed >>> 13)) & 0x7fffffff;
}

/** One step of FNV-1a, over whole numbers instead of bytes. */
function mix(hash: number, value: number): number {
  return Math.imul(hash ^ value, PRIME);
}

function isLetter(code: number): boolean {
  return (code >= 97 && code <= 122) || code === 95 || code >= 128;
}
