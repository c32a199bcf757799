import type { Clock, Timer } from '../../contracts/clock.js';

/**
 * Ends a wait that has lasted too long. Activity is only noted, not re-armed, so a stream of a thousand events costs
 * one timer; and a timer that fires after a stall of the event loop looks again before it acts, because the bytes it
 * waited for may lie unread in the socket.
 */
export class InactivityTimer {
  readonly #clock: Clock;
  readonly #onTimeout: (reason: string) => void;
  #timer: Timer | undefined;
  #reason = '';
  #limitMs = 0;
  #lastSign = 0;
  #dueAt = 0;
  #generation = 0;

  constructor(clock: Clock, onTimeout: (reason: string) => void) {
    this.#clock = clock;
    this.#onTimeout = onTimeout;
  }

  /** From `now` on, `limitMs` without a sign of life is too long. Replaces what was watched before. */
  watch(reason: string, limitMs: number, now: number): void {
    this.#reason = reason;
    this.#limitMs = limitMs;
    this.#lastSign = now;
    this.#generation++;
    // A timer that fires earlier finds out for itself that it is too early: a call usually needs but one.
    if (this.#timer === undefined || this.#dueAt > now + limitMs) this.#arm(limitMs, now);
  }

  /** A sign of life. */
  refresh(now: number): void {
    this.#lastSign = now;
  }

  stop(): void {
    this.#limitMs = 0;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #arm(ms: number, now: number): void {
    this.#timer?.cancel();
    this.#dueAt = now + ms;
    this.#timer = this.#clock.setTimer(() => this.#lookAgain(), ms);
  }

  /** Two turns of the loop: one in which waiting input is read, one in which it has been handled. */
  #lookAgain(): void {
    this.#timer = undefined;
    const generation = this.#generation;
    setImmediate(() => setImmediate(() => this.#decide(generation)));
  }

  #decide(generation: number): void {
    // At rest, or watched anew with a timer of its own.
    if (this.#limitMs === 0 || this.#timer !== undefined) return;
    const now = this.#clock.now();
    const left = this.#lastSign + this.#limitMs - now;
    // Timers may fire a fraction of a millisecond early.
    if (left > 1 || generation !== this.#generation) {
      this.#arm(Math.max(1, left), now);
      return;
    }
    this.stop();
    this.#onTimeout(this.#reason);
  }
}
