import type { Clock, Timer } from '../contracts/clock.js';

class SystemTimer implements Timer {
  readonly #timeout: NodeJS.Timeout;

  constructor(fire: () => void, ms: number) {
    this.#timeout = setTimeout(fire, ms);
    this.#timeout.unref();
  }

  cancel(): void {
    clearTimeout(this.#timeout);
  }
}

/** Real time. */
export const systemClock: Clock = {
  now: () => performance.now(),
  wallNow: () => Date.now(),
  setTimer: (fire, ms) => new SystemTimer(fire, ms),
};
