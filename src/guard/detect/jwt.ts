import type { Finding } from '../../contracts/guard.js';
import { isAlphanumeric, isWordStart, runEnd } from './characters.js';
import type { FoldingDetector } from './fold.js';

/** What `{"` is in base64url, and `{` before white space: every JSON object begins so. */
const OPENING = /ey[A-DI-L]|ew[k-r0-3]/g;
const OPENING_LENGTH = 3;
const MAX_LENGTH = 16_384;
/** Header, payload and signature (RFC 7519), or the five parts of an encrypted token (RFC 7516). */
const TOKEN = /^(?:eyJ[\w-]{5,}|e[yw][\w-]{16,})\.[\w-]{5,}\.[\w-]*(?:\.[\w-]*){0,2}/;

/** JSON web tokens. */
export const jwtDetector: FoldingDetector = {
  folds: true,
  type: 'jwt',
  version: '2',
  find(text, from, final) {
    OPENING.lastIndex = from;
    for (let opening = OPENING.exec(text); opening !== null; opening = OPENING.exec(text)) {
      const start = opening.index;
      if (!isWordStart(text, start)) continue;
      const end = runEnd(text, start, start + MAX_LENGTH, isPart);
      if (end === text.length && end < start + MAX_LENGTH && !final) return { start, end: undefined };
      const token = TOKEN.exec(text.slice(start, end))?.[0].replace(/\.+$/, '');
      if (token !== undefined) return { start, end: start + token.length };
      OPENING.lastIndex = end;
    }
    return final ? undefined : trailingOpening(text, from);
  },
};

function trailingOpening(text: string, from: number): Finding | undefined {
  for (let start = Math.max(from, text.length - OPENING_LENGTH + 1); start < text.length; start++) {
    if (isWordStart(text, start) && ['e', 'ey', 'ew'].includes(text.slice(start))) return { start, end: undefined };
  }
  return undefined;
}

function isPart(unit: number): boolean {
  return isAlphanumeric(unit) || unit === 0x5f || unit === 0x2d || unit === 0x2e;
}
