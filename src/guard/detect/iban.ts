import type { Finding } from '../../contracts/guard.js';
import { isAlphanumeric, isDigit, isLetter, isSeparator, isWordStart, MAX_SEPARATORS } from './characters.js';
import type { FoldingDetector } from './fold.js';

/** Characters of an IBAN by country (ISO 13616 registry). */
const LENGTHS: ReadonlyMap<string, number> = new Map(
  (
    'AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 EE20 EG29 ' +
    'ES24 FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 ' +
    'LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 ' +
    'PT25 QA29 RO24 RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 YE30'
  )
    .split(' ')
    .map((entry): [string, number] => [entry.slice(0, 2), Number(entry.slice(2))]),
);

/** International bank account numbers, in groups or not, whose check digits are right (mod 97, ISO 7064). */
export const ibanDetector: FoldingDetector = {
  folds: true,
  type: 'iban',
  version: '2',
  find(text, from, final) {
    for (let start = from; start < text.length; start++) {
      if (!isLetter(text.charCodeAt(start)) || !isWordStart(text, start)) continue;
      const found = ibanAt(text, start, final);
      if (found !== undefined) return found;
    }
    return undefined;
  },
};

function ibanAt(text: string, start: number, final: boolean): Finding | undefined {
  let compact = '';
  let length = Infinity;
  let lastPart = start;
  for (let index = start; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (isGap(unit) && compact.length >= 4 && index - lastPart <= MAX_SEPARATORS) continue;
    if (!isInPlace(unit, compact.length)) return undefined;
    compact += text[index]!.toUpperCase();
    lastPart = index;
    if (compact.length === 2) {
      const known = LENGTHS.get(compact);
      if (known === undefined) return undefined;
      length = known;
    }
    if (compact.length === length) return hasRightCheckDigits(compact) ? { start, end: index + 1 } : undefined;
  }
  return final ? undefined : { start, end: undefined };
}

/** Between groups, a line break included: check digits keep lists of numbers apart from it. */
function isGap(unit: number): boolean {
  return isSeparator(unit) || unit === 0x09 || unit === 0x0a || unit === 0x0d;
}

/** Two letters, two digits, then either. */
function isInPlace(unit: number, position: number): boolean {
  if (position < 2) return isLetter(unit);
  return position < 4 ? isDigit(unit) : isAlphanumeric(unit);
}

function hasRightCheckDigits(iban: string): boolean {
  let rest = 0;
  for (const character of iban.slice(4) + iban.slice(0, 4)) {
    const value = Number.parseInt(character, 36);
    rest = (rest * (value < 10 ? 10 : 100) + value) % 97;
  }
  return rest === 1;
}
