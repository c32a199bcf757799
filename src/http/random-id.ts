import { randomFillSync } from 'node:crypto';

/** Bytes of one id: 96 bits, so that two are never the same. */
const ID_BYTES = 12;
// Drawn in bulk: one call to the system serves 256 ids.
const pool = Buffer.allocUnsafe(256 * ID_BYTES);
let used = pool.length;

/** 24 random hexadecimal digits. */
export function randomId(): string {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += ID_BYTES;
  return pool.toString('hex', used - ID_BYTES, used);
}
