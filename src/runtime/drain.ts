import type { Server } from 'node:net';
import type { Admission } from './admission.js';
import type { Clock } from '../contracts/clock.js';
import { closeListener } from './close-listener.js';
import { knownMembers, optionalMilliseconds, optionError } from '../options/checks.js';

/** How `gateway.drain()` goes about it, and how long it may take. */
export interface DrainOptions {
  /**
   * The whole of it, `delayMs` included.
   * @defaultValue `25_000`: Kubernetes kills after 30 s
   */
  readonly timeoutMs?: number | undefined;
  /**
   * So long requests are still taken, while `gateway.health` says 503 already and every answer `connection: close`: the
   * time that a balancer needs to send its requests elsewhere.
   * @defaultValue none: new requests are refused at once
   */
  readonly delayMs?: number | undefined;
  /**
   * What `listen()` gave: it is closed when whoever the kernel has accepted for it was let in, and not earlier. Call
   * `server.close()` yourself, and connections that wait in that queue are reset.
   */
  readonly server?: Server | undefined;
}

/** Open answers get their error event this long before the grace ends, so that it still arrives. */
const LAST_CALL_MS = 2_000;

/**
 * Says that we are leaving, lets nobody in any more, waits for those inside, and ends honestly what is left shortly before
 * the grace is over. @throws TypeError for an option that is wrong.
 */
export async function drain(admission: Admission, clock: Clock, options: DrainOptions): Promise<void> {
  knownMembers('drain', options, ['timeoutMs', 'delayMs', 'server']);
  const timeoutMs = optionalMilliseconds('timeoutMs', options.timeoutMs) ?? 25_000;
  const delayMs = optionalMilliseconds('delayMs', options.delayMs);
  const server = optionalServer(options.server);
  const lastCallMs = Math.max(timeoutMs / 2, timeoutMs - LAST_CALL_MS);
  let isOutOfTime = false;
  const lastCall = clock.setTimer(() => {
    isOutOfTime = true;
    admission.close();
    admission.abortAll();
  }, lastCallMs);

  async function letAllLeave(): Promise<void> {
    admission.startDraining();
    if (delayMs !== undefined) {
      await new Promise<void>((resolve) => clock.setTimer(resolve, Math.min(delayMs, lastCallMs)));
    }
    if (server !== undefined) await closeListener(server, () => isOutOfTime);
    admission.close();
    await admission.empty();
  }

  await new Promise<void>((resolve) => {
    const end = clock.setTimer(resolve, timeoutMs);
    letAllLeave().then(
      () => {
        end.cancel();
        resolve();
      },
      // What the host's own server threw must not end the process: nobody new comes in, and the grace runs out.
      () => admission.close(),
    );
  });
  lastCall.cancel();
}

function optionalServer(server: Server | null | undefined): Server | undefined {
  if (server === undefined || server === null) return undefined;
  if (typeof server.close !== 'function' || typeof server.on !== 'function') {
    throw optionError('server', 'must be the server that listen() gave', server);
  }
  return server;
}
