import type { Server } from 'node:net';

/**
 * Node lets in one connection in a turn of the event loop, so a turn without one says that nobody waits in the kernel's
 * queue any more. What came with the last one is read in the turns behind it.
 */
const QUIET_TURNS = 3;

/**
 * Closes the listener behind the last connection that the kernel has accepted for it. `server.close()` alone resets all
 * that Node has not let in yet: on a busy machine these are many, and their clients believe that they were heard.
 * @param isOutOfTime - Asked each turn: whether there is no time left for that.
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
