import type { Clock, Timer } from '../contracts/clock.js';

/**
 * Ends a wait that has lasted too long. Activity is only noted, not re-armed, so a stream of a thousand events costs
 * one timer; and a timer that fires after a stall of the event loop looks again before it acts, because the bytes it
 * waited for may lie unread in the socket.
 */
export class Watchdog {
  readonly #clock: Clock;
  readonly #bite: (reason: string) => void;
  #timer: Timer | undefined;
  #reason = '';
  #limitMs = 0;
  #lastSign = 0;
  #generation = 0;

  constructor(clock: Clock, bite: (reason: string) => void) {
    this.#clock = clock;
    this.#bite = bite;
  }

  /** From now on, `limitMs` without a sign of life is too long. Replaces what was watched before. */
  watch(reason: string, limitMs: number): void {
    this.#timer?.cancel();
    this.#generation++;
    this.#reason = reason;
    this.#limitMs = limitMs;
    this.#lastSign = this.#clock.now();
    this.#arm(limitMs);
  }

  /** A sign of life. */
  touch(): void {
    this.#lastSign = this.#clock.now();
  }

  rest(): void {
    this.#generation++;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #arm(ms: number): void {
    const generation = this.#generation;
    this.#timer = this.#clock.setTimer(() => this.#lookAgain(generation), ms);
  }

  /** Two turns of the loop: one in which waiting input is read, one in which it has been handled. */
  #lookAgain(generation: number): void {
    setImmediate(() => setImmediate(() => this.#decide(generation)));
  }

  #decide(generation: number): void {
    if (generation !== this.#generation) return;
    const left = this.#lastSign + this.#limitMs - this.#clock.now();
    // Timers may fire a fraction of a millisecond early.
    if (left > 1) {
      this.#arm(left);
      return;
    }
    this.rest();
    this.#bite(this.#reason);
  }
}
