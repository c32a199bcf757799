import { hash } from 'node:crypto';

/**
 * SHA-256 of `pepper` and text, as 32 characters of latin1 (`binary` to Node). For tables in memory: that such a digest
 * can be extended by who sees it, unlike an HMAC, does not matter where nobody ever does, and it costs half as much.
 *
 * @param pepper - secret, new with every process; always of the same length
 */
export function keyedDigest(pepper: string): (text: string) => string {
  return function digest(text) {
    return hash('sha256', pepper + text, 'binary');
  };
}
