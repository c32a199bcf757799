import type { Clock } from '../contracts/clock.js';
import type { Lifeline } from './cancellation.js';

export interface Patience {
  readonly clock: Clock;
  readonly lifeline: Lifeline;
  /** Milliseconds. */
  readonly limitMs: number;
}

/** What came of the wait: a value, nobody who waits any more, or no time left. */
export type Waited<T> =
  | { readonly kind: 'done'; readonly value: T }
  | { readonly kind: 'gone' }
  | { readonly kind: 'late' };

/**
 * Waits for a host's own code, but no longer than anybody waits for its result: a promise that never settles must not
 * hold its request, nor a shutdown, for ever.
 * @throws what the code throws.
 */
export async function patiently<T>(work: () => T | Promise<T>, patience: Patience): Promise<Waited<T>> {
  const { clock, lifeline, limitMs } = patience;
  const given = work();
  if (!isThenable(given)) return { kind: 'done', value: given };
  if (lifeline.gone) return { kind: 'gone' };

  let stopWaiting = (): void => {};
  const enough = new Promise<Waited<T>>((resolve) => {
    const timer = clock.setTimer(() => resolve({ kind: 'late' }), Math.max(1, limitMs));
    const stay = lifeline.onGone(() => resolve({ kind: 'gone' }));
    stopWaiting = () => {
      timer.cancel();
      stay();
    };
  });
  const done = Promise.resolve(given).then((value): Waited<T> => ({ kind: 'done', value }));
  return Promise.race([done, enough]).finally(stopWaiting);
}

function isThenable<T>(value: T | Promise<T>): value is Promise<T> {
  return typeof (value as { then?: unknown } | undefined)?.then === 'function';
}
