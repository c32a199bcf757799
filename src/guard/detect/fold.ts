import type { Detector } from '../../contracts/guard.js';

/** A detector of this package. It is shown folded text, so that it needs to know ASCII forms only. */
export interface FoldingDetector extends Detector {
  readonly folds: true;
}

export function isFolding(detector: Detector): boolean {
  return (detector as Partial<FoldingDetector>).folds === true;
}

/** Full-width forms of ASCII, and digits: Arabic-Indic, Persian, Devanagari, Bengali, Thai. */
const FOLDED = /[\uff01-\uff5e\u0660-\u0669\u06f0-\u06f9\u0966-\u096f\u09e6-\u09ef\u0e50-\u0e59]/;
const EACH_FOLDED = new RegExp(FOLDED.source, 'g');
const FULL_WIDTH_OFFSET = 0xfee0;
const ZEROS = [0x0660, 0x06f0, 0x0966, 0x09e6, 0x0e50];
const ASCII_ZERO = 0x30;

/** `text` with those characters as ASCII. Each stays one UTF-16 unit, so positions are the same in both. */
export function fold(text: string): string {
  return FOLDED.test(text) ? text.replaceAll(EACH_FOLDED, asciiOf) : text;
}

function asciiOf(character: string): string {
  const unit = character.charCodeAt(0);
  const zero = ZEROS.find((first) => unit >= first && unit < first + 10);
  return String.fromCharCode(zero === undefined ? unit - FULL_WIDTH_OFFSET : unit - zero + ASCII_ZERO);
}
