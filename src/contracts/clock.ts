/** Source of time. All timers of this package go through it, so that tests can control time. */
export interface Clock {
  /** Milliseconds on a monotonic scale, which never jumps or runs backwards. */
  now(): number;
  /** Unix time in milliseconds, for dates on the wire only. */
  wallNow(): number;
  /** Runs `fire` once after `ms`. The timer never keeps the process alive. */
  setTimer(fire: () => void, ms: number): Timer;
}

/** A timer that has been set. */
export interface Timer {
  /** Stops the timer; without effect once it has fired. */
  cancel(): void;
}
