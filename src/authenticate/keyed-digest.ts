import { hash } from 'node:crypto';

/** SHA-256 works on blocks of this many bytes. */
const BLOCK = 64;
const DIGEST = 32;

/**
 * HMAC-SHA256 under one secret (RFC 2104), as 32 characters of latin1 (`binary` to Node). Both padded keys are made once and results are
 * asked for as text: `createHmac` builds a key object each time and costs ten times as much.
 *
 * @param secret - at most 64 bytes
 */
export function keyedDigest(secret: Uint8Array): (text: string) => string {
  const inner = paddedKey(secret, 0x36);
  const outer = Buffer.concat([paddedKey(secret, 0x5c), Buffer.alloc(DIGEST)]);
  return function digest(text) {
    const message = Buffer.allocUnsafe(BLOCK + Buffer.byteLength(text));
    inner.copy(message);
    message.write(text, BLOCK);
    outer.write(hash('sha256', message, 'binary'), BLOCK, 'latin1');
    return hash('sha256', outer, 'binary');
  };
}

function paddedKey(secret: Uint8Array, pad: number): Buffer {
  const block = Buffer.alloc(BLOCK, pad);
  for (const [index, byte] of secret.entries()) block[index] = byte ^ pad;
  return block;
}
