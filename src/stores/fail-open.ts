import type { Clock } from '../contracts/clock.js';

/** Consecutive faults after which calls are skipped. */
const FAULTS_TO_SKIP = 5;
/** How long calls are skipped, in milliseconds. Then one call probes the server. */
const SKIP_MS = 5_000;

/**
 * Runs calls that may fail or never settle. A call that fails or times out gives `undefined`; while a server keeps
 * failing, calls are skipped.
 */
export class FailOpen {
  /** Calls that failed or timed out. */
  faults = 0;
  /** Calls that were skipped. */
  skipped = 0;
  readonly #clock: Clock;
  #faultsInARow = 0;
  #skipUntil = Number.NEGATIVE_INFINITY;
  #trying = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether a call would be made now; otherwise counts it as skipped. */
  admits(): boolean {
    if (this.#faultsInARow < FAULTS_TO_SKIP) return true;
    if (!this.#trying && this.#clock.now() >= this.#skipUntil) return true;
    this.skipped++;
    return false;
  }

  /** The result of `call`; `undefined` where it fails or takes longer than `limitMs`. Never rejects. */
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
      // One turn of the event loop later: after a stall of this process the reply may already be in the socket.
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
