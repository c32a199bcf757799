import type { Admission } from './admission.js';
import type { Clock } from './contracts/clock.js';
import { optionalMilliseconds } from './option-checks.js';

/** How long `gateway.drain()` may take. */
export interface DrainOptions {
  /** @defaultValue `25_000`: Kubernetes kills after 30 s */
  readonly graceMs?: number | undefined;
}

/** Open answers get their error event this long before the grace ends, so that it still arrives. */
const LAST_CALL_MS = 2_000;

/** Lets nobody in, waits for those inside, ends honestly what is left shortly before the grace is over. @throws TypeError for a grace that is none. */
export async function drain(admission: Admission, clock: Clock, options: DrainOptions): Promise<void> {
  const graceMs = optionalMilliseconds('graceMs', options.graceMs) ?? 25_000;
  admission.close();
  const lastCall = clock.setTimer(() => admission.evict(), Math.max(graceMs / 2, graceMs - LAST_CALL_MS));
  await new Promise<void>((resolve) => {
    const end = clock.setTimer(resolve, graceMs);
    void admission.empty().then(() => {
      end.cancel();
      resolve();
    });
  });
  lastCall.cancel();
}
