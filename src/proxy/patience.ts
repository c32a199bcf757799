import type { Clock } from '../contracts/clock.js';
import type { Lifeline } from '../http/presence.js';

export interface Patience {
  readonly clock: Clock;
  readonly lifeline: Lifeline;
  /** Milliseconds. */
  readonly limitMs: number;
}

/**
 * What a host's own code comes to, waited for no longer than anybody waits for the answer and no longer than the limit.
 * A promise that never settles would otherwise hold its request, and a shutdown, for ever.
 */
export function patiently<T>(work: T | Promise<T>, patience: Patience): T | Promise<T | 'gone' | 'late'> {
  return work instanceof Promise ? race(work, patience) : work;
}

function race<T>(work: Promise<T>, { clock, lifeline, limitMs }: Patience): Promise<T | 'gone' | 'late'> {
  return new Promise((resolve, reject) => {
    const timer = clock.setTimer(() => finish('late'), Math.max(1, limitMs));
    const stay = lifeline.onGone(() => finish('gone'));
    const finish = (result: T | 'gone' | 'late'): void => {
      timer.cancel();
      stay();
      resolve(result);
    };
    work.then(finish, (error: unknown) => {
      timer.cancel();
      stay();
      reject(error);
    });
  });
}
