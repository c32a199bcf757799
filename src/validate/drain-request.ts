import type { IncomingMessage } from 'node:http';
import type { Clock } from '../contracts/clock.js';

const MOST_BYTES = 64 * 1024 * 1024;
const MOST_MS = 5_000;

/**
 * Reads on and throws away, for a bounded while. A client that is still sending when the connection is closed gets a
 * reset, and with it loses the answer that says why.
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
