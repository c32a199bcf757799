import type { Server } from 'node:net';
import type { Admission } from './admission.js';
import type { Clock } from '../contracts/clock.js';
import { closeListener } from './close-listener.js';
import { optionError } from '../options/checks.js';
import { defineOptions, type RowsFor } from '../options/group.js';
import { custom } from '../options/row.js';
import { milliseconds } from '../options/rows.js';

/** Limits of `gateway.drain()`. */
export interface DrainOptions {
  /**
   * Milliseconds for the whole shutdown, `delayMs` included.
   * @defaultValue `25_000`: Kubernetes kills a pod after 30 s
   */
  readonly timeoutMs?: number | undefined;
  /**
   * Milliseconds for which new requests are still served while `gateway.health` already responds with 503 and every response
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

export const DRAIN = defineOptions({
  path: 'drain',
  prefix: 'drain: ',
  renamed: { graceMs: 'timeoutMs', noticeMs: 'delayMs' },
  rows: {
    timeoutMs: milliseconds('For the whole shutdown, `delayMs` included.').or(25_000),
    delayMs: milliseconds(
      'How long new requests are still served while `gateway.health` already responds with 503.',
    ).defaultsTo('none: new requests are refused at once'),
    server: custom('what `listen()` returned', checkServer, 'Its listener is closed without resetting connections.'),
  } satisfies RowsFor<DrainOptions>,
});

function checkServer(path: string, value: unknown): Server {
  const methods = ['close', 'on'] as const;
  const isServer =
    typeof value === 'object' && methods.every((name) => typeof Reflect.get(Object(value), name) === 'function');
  if (isServer) return value as Server;
  throw optionError(path, 'must be the server that listen() returned', value);
}

/** Requests still in flight are aborted this long before the timeout, so that their error event still arrives. */
const ABORT_PHASE_MS = 2_000;

/**
 * Graceful shutdown: report unhealthy → stop accepting → wait for the requests in flight → shortly before `timeoutMs`,
 * end the rest with `server_shutdown`.
 * @throws TypeError for an invalid option
 */
export async function drain(admission: Admission, clock: Clock, options: DrainOptions): Promise<void> {
  const { timeoutMs, delayMs, server } = DRAIN.parse(options);
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
