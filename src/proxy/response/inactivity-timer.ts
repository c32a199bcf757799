import type { Clock, Timer } from '../../contracts/clock.js';

/**
 * A timeout for silence. Activity only updates a timestamp and does not re-arm the timer, so a stream of a thousand
 * events costs one timer. A timer that fires after a stall of the event loop checks again before it acts, because the
 * bytes that it waits for may be in the socket, unread.
 */
export class InactivityTimer {
  readonly #clock: Clock;
  readonly #onTimeout: (reason: string) => void;
  #timer: Timer | undefined;
  #reason = '';
  #limitMs = 0;
  #lastActivity = 0;
  #dueAt = 0;
  #generation = 0;

  constructor(clock: Clock, onTimeout: (reason: string) => void) {
    this.#clock = clock;
    this.#onTimeout = onTimeout;
  }

  /** `limitMs` without activity from `now` on is a timeout. Replaces the previous wait. */
  watch(reason: string, limitMs: number, now: number): void {
    this.#reason = reason;
    this.#limitMs = limitMs;
    this.#lastActivity = now;
    this.#generation++;
    // A running timer that is due earlier is kept and re-arms itself: most calls need only one.
    if (this.#timer === undefined || this.#dueAt > now + limitMs) this.#arm(limitMs, now);
  }

  /** Activity. */
  refresh(now: number): void {
    this.#lastActivity = now;
  }

  stop(): void {
    this.#limitMs = 0;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #arm(ms: number, now: number): void {
    this.#timer?.cancel();
    this.#dueAt = now + ms;
    this.#timer = this.#clock.setTimer(() => this.#checkAgain(), ms);
  }

  /** Two turns of the event loop: one to read waiting input, one to handle it. */
  #checkAgain(): void {
    this.#timer = undefined;
    const generation = this.#generation;
    setImmediate(() => setImmediate(() => this.#decide(generation)));
  }

  #decide(generation: number): void {
    // Stopped, or a new wait has its own timer.
    if (this.#limitMs === 0 || this.#timer !== undefined) return;
    const now = this.#clock.now();
    const left = this.#lastActivity + this.#limitMs - now;
    // Timers may fire a fraction of a millisecond early.
    if (left > 1 || generation !== this.#generation) {
      this.#arm(Math.max(1, left), now);
      return;
    }
    this.stop();
    this.#onTimeout(this.#reason);
  }
}
