import type { Finding } from '../../contracts/guard.js';
import { partialSuffix } from './characters.js';
import type { FoldingDetector } from './fold.js';

const BEGIN = '-----BEGIN ';
const END = '-----END ';
const DASHES = '-----';
const LABEL = /^[A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?$/;
const MAX_LABEL = 64;
/** An RSA key of 16,384 bits takes 12,700 characters. What is longer is cut here. */
const MAX_LENGTH = 16_384;

/** Private keys in PEM (RFC 7468), OpenSSH's and OpenPGP's forms included. One without its end is taken to the end of the text. */
export const privateKeyDetector: FoldingDetector = {
  folds: true,
  type: 'private-key',
  version: '2',
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
  const end = endOf(text, labelEnd + DASHES.length);
  if (end !== undefined && end <= limit) return { start, end };
  if (text.length >= limit) return { start, end: limit };
  return { start, end: final ? text.length : undefined };
}

/** One past the next END line of a private key. Those of other labels are part of what precedes it. */
function endOf(text: string, from: number): number | undefined {
  for (let footer = text.indexOf(END, from); footer >= 0; footer = text.indexOf(END, footer + 1)) {
    const labelStart = footer + END.length;
    const labelEnd = text.indexOf(DASHES, labelStart);
    if (labelEnd >= 0 && LABEL.test(text.slice(labelStart, Math.min(labelEnd, labelStart + MAX_LABEL))))
      return labelEnd + DASHES.length;
  }
  return undefined;
}

function trailingBegin(text: string, from: number): Finding | undefined {
  const length = partialSuffix(text, BEGIN, from);
  return length > 0 ? { start: text.length - length, end: undefined } : undefined;
}
