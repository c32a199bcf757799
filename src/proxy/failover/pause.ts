import type { Clock } from '../../contracts/clock.js';
import type { Lifeline } from '../../util/cancellation.js';

/** Waits, but no longer than anybody waits for it. */
export function pause(ms: number, clock: Clock, lifeline: Lifeline): Promise<void> {
  return new Promise((resolve) => {
    const timer = clock.setTimer(() => {
      stopListening();
      resolve();
    }, ms);
    const stopListening = lifeline.onGone(() => {
      timer.cancel();
      resolve();
    });
  });
}
