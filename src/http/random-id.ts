import { randomBytes } from 'node:crypto';

/** Hexadecimal digits of one id: 96 bits, so that two are never the same. */
const DIGITS = 24;
/** Ids that are drawn and written out at once: one call to the system serves all of them. */
const AT_ONCE = 128;
let pool = '';
let used = 0;

/** 24 random hexadecimal digits. */
export function randomId(): string {
  if (used === pool.length) {
    pool = randomBytes((AT_ONCE * DIGITS) / 2).toString('hex');
    used = 0;
  }
  used += DIGITS;
  return pool.slice(used - DIGITS, used);
}
