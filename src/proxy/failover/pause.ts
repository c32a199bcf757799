import type { Clock } from '../../contracts/clock.js';
import type { CancelSignal } from '../../util/cancellation.js';

/** Resolves after `ms`, or at once when the signal aborts. */
export function pause(ms: number, clock: Clock, cancelSignal: CancelSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = clock.setTimer(() => {
      unsubscribe();
      resolve();
    }, ms);
    const unsubscribe = cancelSignal.onAbort(() => {
      timer.cancel();
      resolve();
    });
  });
}
