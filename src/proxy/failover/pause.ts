import type { Clock } from '../../contracts/clock.js';
import type { CancelSignal } from '../../util/cancellation.js';

/** Waits, but no longer than anybody waits for it. */
export function pause(ms: number, clock: Clock, cancelSignal: CancelSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = clock.setTimer(() => {
      stopListening();
      resolve();
    }, ms);
    const stopListening = cancelSignal.onAbort(() => {
      timer.cancel();
      resolve();
    });
  });
}
