import { hash } from 'node:crypto';

/** SHA-256 works on blocks of this many bytes. */
const BLOCK = 64;
const DIGEST = 32;

/**
 * HMAC-SHA256 under one secret (RFC 2104), with both padded keys made once. `createHmac` builds a key object each
 * time, which costs twenty times as much as hashing a key of a few dozen characters.
 *
 * @param secret - at most 64 bytes
 */
export function keyedDigest(secret: Uint8Array): (text: string) => Buffer {
  const inner = paddedKey(secret, 0x36);
  const outer = Buffer.concat([paddedKey(secret, 0x5c), Buffer.alloc(DIGEST)]);
  return function digest(text) {
    const message = Buffer.allocUnsafe(BLOCK + Buffer.byteLength(text));
    inner.copy(message);
    message.write(text, BLOCK);
    hash('sha256', message, 'buffer').copy(outer, BLOCK);
    return hash('sha256', outer, 'buffer');
  };
}

function paddedKey(secret: Uint8Array, pad: number): Buffer {
  const block = Buffer.alloc(BLOCK, pad);
  for (const [index, byte] of secret.entries()) block[index] = byte ^ pad;
  return block;
}
