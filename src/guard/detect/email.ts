import type { Finding } from '../../contracts/guard.js';
import { isAlphanumeric, isForeignLetter, isForeignWordLetter, runEnd, runStart } from './characters.js';
import type { FoldingDetector } from './fold.js';

/** Longest local part and domain (RFC 5321, 4.5.3.1). */
const MAX_LOCAL = 64;
const MAX_DOMAIN = 255;
const LOCAL_PUNCTUATION: ReadonlySet<number> = new Set([..."._%+-'~="].map((sign) => sign.charCodeAt(0)));
/** `@`, also as URLs spell it. */
const AT = /@|%40/g;
/** The last label of a domain. Where it begins with a Latin letter, letters of another script behind it are text. */
const TOP_LEVEL = /^(?:\p{Script=Latin}[\p{Script=Latin}\p{M}\d-]*[\p{Script=Latin}\p{M}\d]|\P{ASCII}[^-_]+)/u;

/** E-mail addresses: `name@example.com`. */
export const emailDetector: FoldingDetector = {
  folds: true,
  type: 'email',
  version: '2',
  find(text, from, final) {
    AT.lastIndex = from;
    for (let at = AT.exec(text); at !== null; at = AT.exec(text)) {
      const start = runStart(text, at.index, Math.max(from, at.index - MAX_LOCAL), isLocal);
      if (start === at.index) continue;
      const found = domainFrom(text, start, AT.lastIndex, final);
      if (found !== undefined) return found;
    }
    return final ? undefined : trailingLocalPart(text, from);
  },
};

function domainFrom(text: string, start: number, domainStart: number, final: boolean): Finding | undefined {
  const end = runEnd(text, domainStart, domainStart + MAX_DOMAIN, isDomain);
  // The domain may go on with the next chunk.
  if (end === text.length && end < domainStart + MAX_DOMAIN && !final) return { start, end: undefined };
  const domain = text.slice(domainStart, end);
  const length = lengthOfDomain(domain);
  return length === 0 ? undefined : { start, end: domainStart + length };
}

/** Characters up to the last label that can be a top-level domain; 0: there is none. */
function lengthOfDomain(domain: string): number {
  const labels = domain.split('.');
  for (let count = labels.length; count >= 2; count--) {
    const last = TOP_LEVEL.exec(labels[count - 1]!)?.[0];
    if (last !== undefined && labels[count - 2] !== '') {
      return labels.slice(0, count - 1).join('.').length + 1 + last.length;
    }
  }
  return 0;
}

function trailingLocalPart(text: string, from: number): Finding | undefined {
  const start = runStart(text, text.length, Math.max(from, text.length - MAX_LOCAL), isLocal);
  return start === text.length ? undefined : { start, end: undefined };
}

function isLocal(unit: number): boolean {
  return isAlphanumeric(unit) || LOCAL_PUNCTUATION.has(unit) || isForeignWordLetter(unit);
}

function isDomain(unit: number): boolean {
  return isAlphanumeric(unit) || unit === 0x2d || unit === 0x2e || unit === 0x5f || isForeignLetter(unit);
}
