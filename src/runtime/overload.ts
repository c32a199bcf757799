import type { Clock, Timer } from '../contracts/clock.js';
import { NodeProcessLoad, type ProcessLoadMonitor, type ProcessLoad } from './process-load.js';

/**
 * `0`: all is well. `1`: strained, and what can wait is left out: kept connections, cache writes.
 * `2`: overloaded, and nobody new is let in. Answers that have begun are never cut.
 */
export type LoadLevel = 0 | 1 | 2;

export interface OverloadParts {
  readonly clock: Clock;
  readonly processLoad: ProcessLoadMonitor;
  /** Share of the requests that may be at work at once. */
  readonly occupancy: () => number;
}

const CHECK_MS = 250;
const STRAINED = { loopDelayMs: 100, heapShare: 0.85, occupancy: 0.8, checks: 2 };
/** One stall is no overload: two seconds of them in a row are. */
const OVERLOADED = { loopDelayMs: 250, heapShare: 0.92, checks: 8 };
/** A loop that is late without computing waits for a processor: its neighbours' load is not cured by refusing ours. */
const BUSY_SHARE = 0.5;

/** Watches this process. */
export function overloadOf(clock: Clock): (occupancy: () => number) => Overload {
  return (occupancy) => new Overload({ clock, processLoad: new NodeProcessLoad(clock), occupancy });
}

/** Looks at the process a few times a second while requests are at work, and says how much it can still take. */
export class Overload {
  level: LoadLevel = 0;
  readonly #parts: OverloadParts;
  #timer: Timer | undefined;
  #strainedChecks = 0;
  #overloadedChecks = 0;

  constructor(parts: OverloadParts) {
    this.#parts = parts;
  }

  /** A request came in: from now on it is worth looking. */
  watch(): void {
    if (this.#timer !== undefined) return;
    this.#parts.processLoad.start();
    this.#arm();
  }

  /** Nobody is there any more. */
  rest(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#parts.processLoad.stop();
    this.#strainedChecks = 0;
    this.#overloadedChecks = 0;
    this.level = 0;
  }

  #arm(): void {
    this.#timer = this.#parts.clock.setTimer(() => this.#check(), CHECK_MS);
  }

  #check(): void {
    const occupancy = this.#parts.occupancy();
    this.level = this.#judge(this.#parts.processLoad.read(), occupancy);
    if (occupancy === 0) this.rest();
    else this.#arm();
  }

  #judge({ loopDelayMs, busyShare, heapShare }: ProcessLoad, occupancy: number): LoadLevel {
    const lateMs = busyShare < BUSY_SHARE ? 0 : loopDelayMs;
    this.#strainedChecks = lateMs > STRAINED.loopDelayMs ? this.#strainedChecks + 1 : 0;
    this.#overloadedChecks = lateMs > OVERLOADED.loopDelayMs ? this.#overloadedChecks + 1 : 0;
    if (this.#overloadedChecks >= OVERLOADED.checks || heapShare > OVERLOADED.heapShare) return 2;
    const underPressure =
      this.#strainedChecks >= STRAINED.checks || heapShare > STRAINED.heapShare || occupancy > STRAINED.occupancy;
    return underPressure ? 1 : 0;
  }
}
