import type { Finding } from '../../contracts/guard.js';
import { isDigit, isSeparator, MAX_SEPARATORS } from './characters.js';
import type { FoldingDetector } from './fold.js';

const MIN_DIGITS = 13;
const MAX_DIGITS = 19;
const ZERO = 0x30;

/** Numbers of payment cards, in groups or not: 13 to 19 digits that pass Luhn's check (ISO/IEC 7812). */
export const cardDetector: FoldingDetector = {
  folds: true,
  type: 'card',
  version: '2',
  find(text, from, final) {
    for (let start = from; start < text.length; start++) {
      if (!isIssuerDigit(text.charCodeAt(start)) || (start > 0 && isDigit(text.charCodeAt(start - 1)))) continue;
      const found = cardAt(text, start, final);
      if (found !== undefined) return found;
    }
    return undefined;
  },
};

/** The longest number at `start` that ends where a group of digits ends. */
function cardAt(text: string, start: number, final: boolean): Finding | undefined {
  let digits = '';
  let end: number | undefined;
  let lastDigit = start;
  let index = start;
  for (; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (isSeparator(unit) && index - lastDigit <= MAX_SEPARATORS) continue;
    if (!isDigit(unit) || digits.length === MAX_DIGITS) break;
    digits += text[index]!;
    lastDigit = index;
    const endsGroup = index + 1 === text.length || !isDigit(text.charCodeAt(index + 1));
    if (digits.length >= MIN_DIGITS && endsGroup && passesLuhn(digits)) end = index + 1;
  }
  // More digits may come with the next chunk.
  if (index === text.length && !final) return { start, end: undefined };
  return end === undefined ? undefined : { start, end };
}

/** First digits of payment cards; telephone numbers, times and most identifiers begin with others. */
function isIssuerDigit(unit: number): boolean {
  return unit >= 0x32 && unit <= 0x36;
}

function passesLuhn(digits: string): boolean {
  let sum = 0;
  for (let index = digits.length - 1, isDoubled = false; index >= 0; index--, isDoubled = !isDoubled) {
    const digit = digits.charCodeAt(index) - ZERO;
    const doubled = digit > 4 ? digit * 2 - 9 : digit * 2;
    sum += isDoubled ? doubled : digit;
  }
  return sum % 10 === 0;
}
