/** Character classes by UTF-16 unit. */

export function isDigit(unit: number): boolean {
  return unit >= 0x30 && unit <= 0x39;
}

export function isLetter(unit: number): boolean {
  return (unit >= 0x41 && unit <= 0x5a) || (unit >= 0x61 && unit <= 0x7a);
}

export function isAlphanumeric(unit: number): boolean {
  return isDigit(unit) || isLetter(unit);
}

const LETTER = /[\p{L}\p{M}\p{N}]/u;
const WITHOUT_SPACES =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Bopomofo}\p{Script=Hangul}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;

/** A letter, mark or digit beyond ASCII: ü, я, 中. */
export function isForeignLetter(unit: number): boolean {
  return unit >= 0x80 && LETTER.test(String.fromCharCode(unit));
}

/** The same in scripts that put spaces between words, where a run of letters is a word. */
export function isForeignWordLetter(unit: number): boolean {
  return isForeignLetter(unit) && !WITHOUT_SPACES.test(String.fromCharCode(unit));
}

/** Between groups of digits: a space, hyphen or dash of any width, or a character without width. */
export function isSeparator(unit: number): boolean {
  if (unit < 0x80) return unit === 0x20 || unit === 0x2d;
  return (unit >= 0x2000 && unit <= 0x2015) || OTHER_SEPARATORS.has(unit);
}

/** No-break spaces, soft hyphen, mathematical and ideographic space, word joiner, minus, byte order mark. */
const OTHER_SEPARATORS: ReadonlySet<number> = new Set([0xa0, 0xad, 0x202f, 0x205f, 0x2060, 0x2212, 0x3000, 0xfeff]);

/** Separators that may follow each other between two groups: a dash between spaces. */
export const MAX_SEPARATORS = 3;

const BACKSLASH = 0x5c;
const LETTERS_OF_ESCAPES = 'nrtbf';

/** Whether a word may begin at `index`: after no letter or digit, or after an escape such as `\n` in code or JSON. */
export function isWordStart(text: string, index: number): boolean {
  if (index === 0 || !isAlphanumeric(text.charCodeAt(index - 1))) return true;
  return text.charCodeAt(index - 2) === BACKSLASH && LETTERS_OF_ESCAPES.includes(text[index - 1]!);
}

/** Where the run of units of one class that contains `index` begins; not before `from`. */
export function runStart(text: string, index: number, from: number, isPart: (unit: number) => boolean): number {
  let start = index;
  while (start > from && isPart(text.charCodeAt(start - 1))) start--;
  return start;
}

/** Where the run of units of one class that begins at `index` ends; not after `limit`. */
export function runEnd(text: string, index: number, limit: number, isPart: (unit: number) => boolean): number {
  let end = index;
  const last = Math.min(limit, text.length);
  while (end < last && isPart(text.charCodeAt(end))) end++;
  return end;
}

/** How many units at the end of `text`, from `from` on, are the beginning of `literal`, but not all of it. */
export function partialSuffix(text: string, literal: string, from: number): number {
  const longest = Math.min(literal.length - 1, text.length - from);
  for (let length = longest; length > 0; length--) {
    if (text.endsWith(literal.slice(0, length))) return length;
  }
  return 0;
}
