import type { Detector, Finding } from '../../contracts/guard.js';
import { isAlphanumeric, isDigit, isLatinLetter, runEnd, runStart } from './characters.js';

/** Longest local part and domain (RFC 5321, 4.5.3.1). */
const MAX_LOCAL = 64;
const MAX_DOMAIN = 255;
const LOCAL_PUNCTUATION = "._%+-'~=";
const MIN_TOP_LEVEL = 2;

/** E-mail addresses: `name@example.com`. */
export const emailDetector: Detector = {
  type: 'email',
  version: '1',
  find(text, from, final) {
    for (let at = text.indexOf('@', from); at >= 0; at = text.indexOf('@', at + 1)) {
      const start = runStart(text, at, Math.max(from, at - MAX_LOCAL), isLocal);
      if (start === at) continue;
      const found = domainFrom(text, start, at + 1, final);
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
    const last = labels[count - 1]!.replace(/-+$/, '');
    if (isTopLevel(last) && labels[count - 2] !== '') {
      return labels.slice(0, count - 1).join('.').length + 1 + last.length;
    }
  }
  return 0;
}

function isTopLevel(label: string): boolean {
  return label.length >= MIN_TOP_LEVEL && !isDigit(label.charCodeAt(0)) && !label.startsWith('-');
}

function trailingLocalPart(text: string, from: number): Finding | undefined {
  const start = runStart(text, text.length, Math.max(from, text.length - MAX_LOCAL), isLocal);
  return start === text.length ? undefined : { start, end: undefined };
}

function isLocal(unit: number): boolean {
  return isAlphanumeric(unit) || LOCAL_PUNCTUATION.includes(String.fromCharCode(unit)) || isLatinLetter(unit);
}

function isDomain(unit: number): boolean {
  return isAlphanumeric(unit) || unit === 0x2d || unit === 0x2e || isLatinLetter(unit);
}
