import type { Server } from 'node:net';

/**
 * Node accepts one connection per turn of the event loop, so a turn without one means that the kernel's accept queue is
 * empty. The requests of the last connections are read in the turns after that.
 */
const QUIET_TURNS = 3;

/**
 * Closes the listener after the kernel's accept queue is empty. `server.close()` alone resets every connection that
 * Node has not accepted yet; on a busy machine these are many, and their clients have already sent requests.
 * @param isOutOfTime - called in each turn; `true` closes the listener at once
 */
export async function closeListener(server: Server, isOutOfTime: () => boolean): Promise<void> {
  let quiet = 0;
  const onArrival = (): void => void (quiet = 0);
  server.on('connection', onArrival).on('drop', onArrival);
  while (server.listening && quiet < QUIET_TURNS && !isOutOfTime()) {
    quiet++;
    await new Promise((resolve) => setImmediate(resolve));
  }
  server.off('connection', onArrival).off('drop', onArrival);
  if (server.listening) server.close();
}
