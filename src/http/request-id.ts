import { randomFillSync } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

const SAFE_ID = /^[\w.-]{1,128}$/;
// Random bytes are drawn in bulk: one call to the system serves 256 requests.
const pool = Buffer.allocUnsafe(256 * 12);
let used = pool.length;

/** The caller's `x-request-id` where it is safe to repeat, a new `req_…` otherwise. */
export function requestIdOf(req: IncomingMessage): string {
  const given = req.headers['x-request-id'];
  return typeof given === 'string' && SAFE_ID.test(given) ? given : newRequestId();
}

function newRequestId(): string {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  const id = pool.toString('hex', used, used + 12);
  used += 12;
  return `req_${id}`;
}
