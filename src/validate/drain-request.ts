import type { IncomingMessage } from 'node:http';
import type { Clock } from '../contracts/clock.js';

const MOST_BYTES = 64 * 1024 * 1024;
const MOST_MS = 5_000;

/**
 * Reads and discards the rest of a body, for a limited time. If the connection closed while the client is still sending,
 * the client would get a reset and lose the error response.
 */
export function drainRequestBody(req: IncomingMessage, clock: Clock): void {
  let left = MOST_BYTES;

  const count = (chunk: Uint8Array | string): void => {
    left -= chunk.length;
    if (left < 0) cut();
  };
  const cut = (): void => {
    stop();
    req.destroy();
  };
  const stop = (): void => {
    timer.cancel();
    req.off('data', count).off('end', stop).off('close', stop);
  };

  const timer = clock.setTimer(cut, MOST_MS);
  req.on('data', count).on('end', stop).on('close', stop);
}
