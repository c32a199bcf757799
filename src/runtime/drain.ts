import type { Server } from 'node:net';
import type { Admission } from './admission.js';
import type { Clock } from '../contracts/clock.js';
import { stopListening } from './close-listener.js';
import { knownMembers, optionalMilliseconds, refusal } from '../options/checks.js';

/** How `gateway.drain()` goes about it, and how long it may take. */
export interface DrainOptions {
  /**
   * The whole of it, `noticeMs` included.
   * @defaultValue `25_000`: Kubernetes kills after 30 s
   */
  readonly graceMs?: number | undefined;
  /**
   * So long requests are still taken, while `gateway.health` says 503 already and every answer `connection: close`: the
   * time that a balancer needs to send its requests elsewhere.
   * @defaultValue none: new requests are refused at once
   */
  readonly noticeMs?: number | undefined;
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
  knownMembers('drain', options, ['graceMs', 'noticeMs', 'server']);
  const graceMs = optionalMilliseconds('graceMs', options.graceMs) ?? 25_000;
  const noticeMs = optionalMilliseconds('noticeMs', options.noticeMs);
  const server = optionalServer(options.server);
  const lastCallMs = Math.max(graceMs / 2, graceMs - LAST_CALL_MS);
  let hurry = false;
  const lastCall = clock.setTimer(() => {
    hurry = true;
    admission.close();
    admission.evict();
  }, lastCallMs);

  async function letAllLeave(): Promise<void> {
    admission.announce();
    if (noticeMs !== undefined) {
      await new Promise<void>((resolve) => clock.setTimer(resolve, Math.min(noticeMs, lastCallMs)));
    }
    if (server !== undefined) await stopListening(server, () => hurry);
    admission.close();
    await admission.empty();
  }

  await new Promise<void>((resolve) => {
    const end = clock.setTimer(resolve, graceMs);
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
    throw refusal('server', 'must be the server that listen() gave', server);
  }
  return server;
}
