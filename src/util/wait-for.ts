import type { Clock } from '../contracts/clock.js';
import type { CancelSignal } from './cancellation.js';
import { isPromise } from './is-promise.js';

export interface WaitLimits {
  readonly clock: Clock;
  readonly cancelSignal: CancelSignal;
  /** Milliseconds. */
  readonly limitMs: number;
}

/** Result of `waitFor`: a value, aborted, or timed out. */
export type WaitResult<T> =
  | { readonly kind: 'value'; readonly value: T }
  | { readonly kind: 'aborted' }
  | { readonly kind: 'timed-out' };

/**
 * Waits for the host's own code until it settles, the signal aborts or the limit passes: a promise that never settles
 * must not hold its request, or a shutdown, open.
 * @throws what `work` throws.
 */
export async function waitFor<T>(work: () => T | Promise<T>, limits: WaitLimits): Promise<WaitResult<T>> {
  const { clock, cancelSignal, limitMs } = limits;
  const given = work();
  if (!isPromise(given)) return { kind: 'value', value: given };
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
