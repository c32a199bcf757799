import type { Detector, Finding } from '../../contracts/guard.js';
import { isAlphanumeric, isWordStart, partialSuffix, runEnd } from './characters.js';

/** What `{"` is in base64url: every JSON object without white space begins so. */
const OPENING = 'eyJ';
const MAX_LENGTH = 16_384;
/** Header, payload and signature (RFC 7519), or the five parts of an encrypted token (RFC 7516). */
const TOKEN = /^eyJ[\w-]{5,}\.[\w-]{5,}\.[\w-]*(?:\.[\w-]*){0,2}/;

/** JSON web tokens. */
export const jwtDetector: Detector = {
  type: 'jwt',
  version: '1',
  find(text, from, final) {
    for (let start = text.indexOf(OPENING, from); start >= 0; start = text.indexOf(OPENING, start + 1)) {
      if (!isWordStart(text, start)) continue;
      const end = runEnd(text, start, start + MAX_LENGTH, isPart);
      if (end === text.length && end < start + MAX_LENGTH && !final) return { start, end: undefined };
      const token = TOKEN.exec(text.slice(start, end))?.[0].replace(/\.+$/, '');
      if (token !== undefined) return { start, end: start + token.length };
      start = end - 1;
    }
    return final ? undefined : trailingOpening(text, from);
  },
};

function trailingOpening(text: string, from: number): Finding | undefined {
  const length = partialSuffix(text, OPENING, from);
  const start = text.length - length;
  return length > 0 && isWordStart(text, start) ? { start, end: undefined } : undefined;
}

function isPart(unit: number): boolean {
  return isAlphanumeric(unit) || unit === 0x5f || unit === 0x2d || unit === 0x2e;
}
