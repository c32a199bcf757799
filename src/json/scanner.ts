import { MAX_DEPTH, MAX_TOKENS } from './limits.js';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_OBJECT = 0x7b;
const OPEN_ARRAY = 0x5b;
const CLOSE_OBJECT = 0x7d;
const CLOSE_ARRAY = 0x5d;
const SPACE = 0x20;
const DIGIT_0 = 0x30;
const DIGIT_9 = 0x39;
const LETTER_E = 0x45;
const LETTER_e = 0x65;
const LETTER_O = 0x4f;
const LETTER_f = 0x66;
const LETTER_u = 0x75;

/** Bytes of a string that are compared one by one: for shorter strings a native search costs more than it saves. */
const NEAR = 24;
/** Numbers with this many digits are represented exactly. */
const SAFE_DIGITS = 15;
/** A number with this many digits and no exponent is below `Number.MAX_VALUE`. */
const RANGE_DIGITS = 308;
/** No offset. */
const NONE = -1;

/**
 * One pass over the bytes of a JSON object before it is parsed. Finds what is too expensive to parse, what JSON.parse
 * would change, and the positions of top-level members. Results are meaningless for invalid JSON, which JSON.parse
 * refuses afterwards.
 */
export class JsonScanner {
  /** Three offsets for each top-level member: opening quote of the key, first byte of the value, one past its last. */
  readonly spans: number[] = [];
  /** Members of all objects; a repeated key counts every time. */
  memberCount = 0;
  /** There is an `Of…` key or an empty object, so some value may be a wrapped union. */
  mayHoldUnions = false;
  /** Start and end of each number with more digits than a JavaScript number keeps. */
  readonly longNumbers: number[] = [];
  /** Start and end of each key that is written with an escape. */
  readonly escapedKeys: number[] = [];
  /** Offset of the key of the first top-level member with a number that is too large for a JavaScript number. */
  overflowIn: number | undefined = undefined;
  /** The same for the first member that is nested too deeply. */
  tooDeepIn: number | undefined = undefined;
  /** The same for the member in which the limit of values was exceeded. The pass ended there: do not parse this text. */
  tooManyIn: number | undefined = undefined;

  readonly #bytes: Buffer;
  #depth = 0;
  /** The last string: its opening quote, and one past its closing one. */
  #stringStart = 0;
  #stringEnd = 0;
  /** The current top-level member: its key (`NONE` between members), its value, and the end of what was read. */
  #keyStart = NONE;
  #valueStart = NONE;
  #valueEnd = NONE;

  /** @param bytes UTF-8. */
  constructor(bytes: Buffer) {
    this.#bytes = bytes;
    const end = bytes.length;
    let tokens = 0;
    let at = 0;
    for (;;) {
      at = skipSpace(bytes, at);
      if (at >= end) return;
      if (++tokens > MAX_TOKENS) break;
      at = this.#token(at);
    }
    this.tooManyIn = this.#keyStart;
  }

  /** Reads the token that begins at `at`. Returns the offset after it. */
  #token(at: number): number {
    switch (this.#bytes[at]) {
      case QUOTE:
        return this.#string(at);
      case COMMA:
        if (this.#depth === 1) this.#endMember();
        return at + 1;
      case COLON:
        this.memberCount++;
        this.#endKey();
        return at + 1;
      case OPEN_OBJECT:
        if (this.#bytes[skipSpace(this.#bytes, at + 1)] === CLOSE_OBJECT) this.mayHoldUnions = true;
        return this.#open(at);
      case OPEN_ARRAY:
        return this.#open(at);
      case CLOSE_OBJECT:
      case CLOSE_ARRAY:
        return this.#close(at);
      default:
        return this.#numberOrWord(at);
    }
  }

  #string(start: number): number {
    const end = endOfString(this.#bytes, start);
    this.#stringStart = start;
    this.#stringEnd = end;
    const first = this.#bytes[start + 1];
    const second = this.#bytes[start + 2];
    // `\u004f` may be the `O` of `Of`.
    if ((first === LETTER_O && second === LETTER_f) || (first === BACKSLASH && second === LETTER_u)) {
      this.mayHoldUnions = true;
    }
    if (this.#depth !== 1) return end;
    if (this.#keyStart === NONE) this.#keyStart = start;
    else this.#value(start, end);
    return end;
  }

  #endKey(): void {
    if (hasEscape(this.#bytes, this.#stringStart, this.#stringEnd)) {
      this.escapedKeys.push(this.#stringStart, this.#stringEnd);
    }
    // In invalid JSON more colons may follow: none of them may search the string again.
    this.#stringStart = this.#stringEnd;
  }

  #value(start: number, end: number): void {
    this.#valueStart = start;
    this.#valueEnd = end;
  }

  #endMember(): void {
    if (this.#keyStart === NONE) return;
    this.spans.push(this.#keyStart, this.#valueStart, this.#valueEnd);
    this.#keyStart = NONE;
  }

  #open(at: number): number {
    if (this.#depth === 1) this.#valueStart = at;
    if (++this.#depth > MAX_DEPTH) this.tooDeepIn ??= this.#keyStart;
    return at + 1;
  }

  #close(at: number): number {
    this.#depth--;
    if (this.#depth === 1) this.#valueEnd = at + 1;
    else if (this.#depth === 0) this.#endMember();
    return at + 1;
  }

  /** Reads a number, or one of `true`, `false` and `null`, which have no digits. */
  #numberOrWord(start: number): number {
    const bytes = this.#bytes;
    let digits = 0;
    let hasExponent = false;
    let at = start;
    for (; at < bytes.length; at++) {
      const byte = bytes[at] as number;
      if (byte >= DIGIT_0 && byte <= DIGIT_9) digits++;
      else if (byte === LETTER_e || byte === LETTER_E) hasExponent = true;
      else if (endsScalar(byte)) break;
    }
    if (digits > SAFE_DIGITS) this.longNumbers.push(start, at);
    if ((hasExponent && digits > 0) || digits > RANGE_DIGITS) {
      if (overflows(bytes, start, at)) this.overflowIn ??= this.#keyStart;
    }
    if (this.#depth === 1) this.#value(start, at);
    return at;
  }
}

/** The key whose opening quote is at `start`; empty where there is none. */
export function keyAt(bytes: Buffer, start: number): string {
  if (bytes[start] !== QUOTE) return '';
  try {
    return String(JSON.parse(bytes.toString('utf8', start, endOfString(bytes, start))));
  } catch {
    return '';
  }
}

/** Offset of the next byte from `at` on that is not white space. */
function skipSpace(bytes: Buffer, at: number): number {
  let next = at;
  while (next < bytes.length && (bytes[next] as number) <= SPACE) next++;
  return next;
}

/** One past the closing quote of the string that opens at `start`; the end of the text if it is not closed. */
function endOfString(bytes: Buffer, start: number): number {
  let at = start + 1;
  for (;;) {
    const near = Math.min(at + NEAR, bytes.length);
    while (at < near) {
      const byte = bytes[at];
      if (byte === QUOTE) return at + 1;
      at += byte === BACKSLASH ? 2 : 1;
    }
    const quote = bytes.indexOf(QUOTE, at);
    if (quote === -1) return bytes.length;
    if (!isEscaped(bytes, quote, at)) return quote + 1;
    at = quote + 1;
  }
}

function hasEscape(bytes: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (bytes[at] === BACKSLASH) return true;
  return false;
}

/** Whether an odd number of backslashes precedes `at`, not counting those before `from`. */
function isEscaped(bytes: Buffer, at: number, from: number): boolean {
  let before = at - 1;
  while (before >= from && bytes[before] === BACKSLASH) before--;
  return (at - before) % 2 === 0;
}

/** Whether `byte` ends a number or a literal. */
function endsScalar(byte: number): boolean {
  return byte === COMMA || byte === CLOSE_OBJECT || byte === CLOSE_ARRAY || byte <= SPACE;
}

function overflows(bytes: Buffer, start: number, end: number): boolean {
  return Math.abs(Number(bytes.toString('latin1', start, end))) === Infinity;
}
