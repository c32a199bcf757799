import type { Clock } from '../contracts/clock.js';
import type { CancelSignal } from './cancellation.js';

export interface WaitLimits {
  readonly clock: Clock;
  readonly cancelSignal: CancelSignal;
  /** Milliseconds. */
  readonly limitMs: number;
}

/** What came of the wait: a value, nobody who waits any more, or no time left. */
export type WaitResult<T> =
  | { readonly kind: 'value'; readonly value: T }
  | { readonly kind: 'aborted' }
  | { readonly kind: 'timed-out' };

/**
 * Waits for a host's own code, but no longer than anybody waits for its result: a promise that never settles must not
 * hold its request, nor a shutdown, for ever.
 * @throws what the code throws.
 */
export async function waitFor<T>(work: () => T | Promise<T>, limits: WaitLimits): Promise<WaitResult<T>> {
  const { clock, cancelSignal, limitMs } = limits;
  const given = work();
  if (!isThenable(given)) return { kind: 'value', value: given };
  if (cancelSignal.aborted) return { kind: 'aborted' };

  let stopWaiting = (): void => {};
  const enough = new Promise<WaitResult<T>>((resolve) => {
    const timer = clock.setTimer(() => resolve({ kind: 'timed-out' }), Math.max(1, limitMs));
    const stay = cancelSignal.onAbort(() => resolve({ kind: 'aborted' }));
    stopWaiting = () => {
      timer.cancel();
      stay();
    };
  });
  const done = Promise.resolve(given).then((value): WaitResult<T> => ({ kind: 'value', value }));
  return Promise.race([done, enough]).finally(stopWaiting);
}

function isThenable<T>(value: T | Promise<T>): value is Promise<T> {
  return typeof (value as { then?: unknown } | undefined)?.then === 'function';
}
