import { hash } from 'node:crypto';

/**
 * SHA-256 of `pepper` and text, as 32 characters of latin1 (`binary` to Node), for tables in memory. Unlike an HMAC it
 * is open to length extension, which needs a digest to be disclosed; these never are, and they cost half as much.
 *
 * @param pepper - secret, new with every process; always of the same length
 */
export function keyedDigest(pepper: string): (text: string) => string {
  return function digest(text) {
    return hash('sha256', pepper + text, 'binary');
  };
}
