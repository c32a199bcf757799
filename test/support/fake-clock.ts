import type { Clock, Timer } from '../../src/contracts/clock.js';

interface Alarm extends Timer {
  readonly at: number;
  readonly fire: () => void;
}

/** A clock whose time passes only by `advance` and similar methods. */
export class FakeClock implements Clock {
  /** Timers that have neither fired nor been cancelled. */
  readonly pending = new Set<Timer>();
  #now: number;
  #wallOffset: number;

  constructor({ now = 1_000, wallNow = 1_750_000_000_000 }: { now?: number; wallNow?: number } = {}) {
    this.#now = now;
    this.#wallOffset = wallNow - now;
  }

  now(): number {
    return this.#now;
  }

  wallNow(): number {
    return this.#now + this.#wallOffset;
  }

  setTimer(fire: () => void, ms: number): Timer {
    const alarm: Alarm = { at: this.#now + Math.max(0, ms), fire, cancel: () => this.pending.delete(alarm) };
    this.pending.add(alarm);
    return alarm;
  }

  /** Lets `ms` pass: each due timer fires in order and at its own time, also timers that are set meanwhile. */
  advance(ms: number): void {
    const until = this.#now + ms;
    for (let next = this.#earliest(until); next !== undefined; next = this.#earliest(until)) {
      this.#now = Math.max(this.#now, next.at);
      this.pending.delete(next);
      next.fire();
    }
    this.#now = until;
  }

  /** As `advance`, and lets promises and sockets run between two timers, so that timers they set fire as well. */
  async advanceAsync(ms: number): Promise<void> {
    const until = this.#now + ms;
    await turnOfTheLoop();
    for (let next = this.#earliest(until); next !== undefined; next = this.#earliest(until)) {
      this.advance(Math.max(0, next.at - this.#now));
      await turnOfTheLoop();
    }
    this.#now = until;
  }

  /** Simulates an event loop that is blocked for `ms`: all timers that are due fire afterwards, late. */
  stall(ms: number): void {
    this.#now += ms;
    this.advance(0);
  }

  /** Steps the wall clock forward or back; monotonic time is not affected. */
  jumpWall(ms: number): void {
    this.#wallOffset += ms;
  }

  #earliest(until: number): Alarm | undefined {
    let earliest: Alarm | undefined;
    for (const alarm of this.pending as Set<Alarm>) {
      if (alarm.at <= until && (earliest === undefined || alarm.at < earliest.at)) earliest = alarm;
    }
    return earliest;
  }
}

function turnOfTheLoop(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
