import type { Detector, Finding } from '../../contracts/guard.js';
import { partialSuffix } from './characters.js';

const BEGIN = '-----BEGIN ';
const END = '-----END ';
const DASHES = '-----';
const LABEL = /^[A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?$/;
const MAX_LABEL = 64;
/** An RSA key of 16,384 bits takes 12,700 characters. What is longer is cut here. */
const MAX_LENGTH = 16_384;

/** Private keys in PEM (RFC 7468), OpenSSH's and OpenPGP's forms included. One without its end is taken to the end of the text. */
export const privateKeyDetector: Detector = {
  type: 'private-key',
  version: '1',
  find(text, from, final) {
    for (let start = text.indexOf(BEGIN, from); start >= 0; start = text.indexOf(BEGIN, start + 1)) {
      const labelStart = start + BEGIN.length;
      const labelEnd = text.indexOf(DASHES, labelStart);
      if (labelEnd < 0 || labelEnd - labelStart > MAX_LABEL) {
        const mayFollow = labelEnd < 0 && text.length - labelStart <= MAX_LABEL + DASHES.length;
        if (mayFollow && !final) return { start, end: undefined };
        continue;
      }
      if (LABEL.test(text.slice(labelStart, labelEnd))) return keyFrom(text, start, labelEnd, final);
    }
    return final ? undefined : trailingBegin(text, from);
  },
};

function keyFrom(text: string, start: number, labelEnd: number, final: boolean): Finding {
  const limit = start + MAX_LENGTH;
  const footer = text.indexOf(END, labelEnd + DASHES.length);
  const close = footer < 0 ? -1 : text.indexOf(DASHES, footer + END.length);
  if (close >= 0 && close + DASHES.length <= limit) return { start, end: close + DASHES.length };
  if (text.length >= limit) return { start, end: limit };
  return { start, end: final ? text.length : undefined };
}

function trailingBegin(text: string, from: number): Finding | undefined {
  const length = partialSuffix(text, BEGIN, from);
  return length > 0 ? { start: text.length - length, end: undefined } : undefined;
}
