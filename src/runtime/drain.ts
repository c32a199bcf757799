import type { Server } from 'node:net';
import type { Admission } from './admission.js';
import type { Clock } from '../contracts/clock.js';
import { closeListener } from './close-listener.js';
import { knownMembers, optionalMilliseconds, optionError } from '../options/checks.js';

/** Limits of `gateway.drain()`. */
export interface DrainOptions {
  /**
   * Milliseconds for the whole shutdown, `delayMs` included.
   * @defaultValue `25_000`: Kubernetes kills a pod after 30 s
   */
  readonly timeoutMs?: number | undefined;
  /**
   * Milliseconds for which new requests are still served while `gateway.health` already says 503 and every response
   * carries `connection: close`: the time that a load balancer needs to notice.
   * @defaultValue none: new requests are refused at once
   */
  readonly delayMs?: number | undefined;
  /**
   * The server that `listen()` returned. It is closed once the kernel's accept queue is empty; calling `server.close()`
   * yourself would reset the connections in that queue.
   */
  readonly server?: Server | undefined;
}

/** Requests still in flight are aborted this long before the timeout, so that their error event still arrives. */
const ABORT_PHASE_MS = 2_000;

/**
 * Graceful shutdown: report unhealthy → stop accepting → wait for the requests in flight → shortly before `timeoutMs`,
 * end the rest with `server_shutdown`.
 * @throws TypeError for an invalid option
 */
export async function drain(admission: Admission, clock: Clock, options: DrainOptions): Promise<void> {
  knownMembers('drain', options, ['timeoutMs', 'delayMs', 'server']);
  const timeoutMs = optionalMilliseconds('timeoutMs', options.timeoutMs) ?? 25_000;
  const delayMs = optionalMilliseconds('delayMs', options.delayMs);
  const server = optionalServer(options.server);
  const abortAfterMs = Math.max(timeoutMs / 2, timeoutMs - ABORT_PHASE_MS);
  let isOutOfTime = false;
  const abortTimer = clock.setTimer(() => {
    isOutOfTime = true;
    admission.close();
    admission.abortAll();
  }, abortAfterMs);

  async function waitForAll(): Promise<void> {
    admission.startDraining();
    if (delayMs !== undefined) {
      await new Promise<void>((resolve) => clock.setTimer(resolve, Math.min(delayMs, abortAfterMs)));
    }
    if (server !== undefined) await closeListener(server, () => isOutOfTime);
    admission.close();
    await admission.whenIdle();
  }

  await new Promise<void>((resolve) => {
    const end = clock.setTimer(resolve, timeoutMs);
    waitForAll().then(
      () => {
        end.cancel();
        resolve();
      },
      // An error of the host's server must not end the process: refuse new requests and let the timeout end the wait.
      () => admission.close(),
    );
  });
  abortTimer.cancel();
}

function optionalServer(server: Server | null | undefined): Server | undefined {
  if (server === undefined || server === null) return undefined;
  if (typeof server.close !== 'function' || typeof server.on !== 'function') {
    throw optionError('server', 'must be the server that listen() returned', server);
  }
  return server;
}
