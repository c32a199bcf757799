import type { Clock } from '../contracts/clock.js';

/** Faults in a row after which the server is left alone. */
const FAULTS_TO_SKIP = 5;
/** How long it is left alone, in milliseconds. One call then tries whether it is back. */
const SKIP_MS = 5_000;

/**
 * Runs calls that may fail or never answer, and lets neither reach the caller: what does not come in time is
 * `undefined`, and a server that keeps failing is not asked at all for a while.
 */
export class FailOpen {
  /** Calls that failed or came too late. */
  faults = 0;
  /** Calls that were not made, because the server was being left alone. */
  skipped = 0;
  readonly #clock: Clock;
  #faultsInARow = 0;
  #skipUntil = Number.NEGATIVE_INFINITY;
  #trying = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether a call would be made now. Counts the one that is not. */
  admits(): boolean {
    if (this.#faultsInARow < FAULTS_TO_SKIP) return true;
    if (!this.#trying && this.#clock.now() >= this.#skipUntil) return true;
    this.skipped++;
    return false;
  }

  /** The result of `call`, or `undefined` when it fails or takes longer than `limitMs`. Never rejects. */
  run<T>(call: () => Promise<T>, limitMs: number): Promise<T | undefined> {
    if (!this.admits()) return Promise.resolve(undefined);
    this.#trying = true;
    return new Promise((resolve) => {
      let settled = false;
      const settle = (succeeded: boolean, result: T | undefined): void => {
        if (settled) return;
        settled = true;
        timer.cancel();
        this.#record(succeeded);
        resolve(result);
      };
      // One turn of the loop later: after a stall of our own the answer may be waiting in the socket.
      const timer = this.#clock.setTimer(() => setImmediate(settle, false, undefined), limitMs);
      call().then(
        (result) => settle(true, result),
        () => settle(false, undefined),
      );
    });
  }

  #record(succeeded: boolean): void {
    this.#trying = false;
    if (succeeded) {
      this.#faultsInARow = 0;
      return;
    }
    this.faults++;
    this.#faultsInARow++;
    this.#skipUntil = this.#clock.now() + SKIP_MS;
  }
}
