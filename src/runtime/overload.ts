import type { Clock, Timer } from '../contracts/clock.js';
import { NodeProcessLoad, type ProcessLoadMonitor, type ProcessLoad } from './process-load.js';

/**
 * `0`: normal. `1`: under pressure; optional work is skipped (keep-alive, cache writes, hedging).
 * `2`: overloaded; new requests are refused. Responses that have begun are never cut.
 */
export type LoadLevel = 0 | 1 | 2;

export interface OverloadParts {
  readonly clock: Clock;
  readonly processLoad: ProcessLoadMonitor;
  /** Requests in flight as a share of `maxInFlight`. */
  readonly occupancy: () => number;
}

const CHECK_MS = 250;
const PRESSURE = { loopDelayMs: 100, heapShare: 0.85, occupancy: 0.8, checks: 2 };
/** A single stall does not count as overload; eight late checks in a row (two seconds) do. */
const OVERLOADED = { loopDelayMs: 250, heapShare: 0.92, checks: 8 };
/**
 * Below this CPU share a late event loop waits for a core that other processes use: refusing requests would not help.
 */
const BUSY_SHARE = 0.5;

/** Monitors this process. */
export function overloadOf(clock: Clock): (occupancy: () => number) => Overload {
  return (occupancy) => new Overload({ clock, processLoad: new NodeProcessLoad(clock), occupancy });
}

/** Checks the process a few times a second while requests are in flight, and rates its load. */
export class Overload {
  level: LoadLevel = 0;
  readonly #parts: OverloadParts;
  #timer: Timer | undefined;
  #pressureChecks = 0;
  #overloadedChecks = 0;

  constructor(parts: OverloadParts) {
    this.#parts = parts;
  }

  /** A request has arrived: start sampling. */
  watch(): void {
    if (this.#timer !== undefined) return;
    this.#parts.processLoad.start();
    this.#arm();
  }

  /** No requests in flight: stop sampling. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#parts.processLoad.stop();
    this.#pressureChecks = 0;
    this.#overloadedChecks = 0;
    this.level = 0;
  }

  #arm(): void {
    this.#timer = this.#parts.clock.setTimer(() => this.#check(), CHECK_MS);
  }

  #check(): void {
    const occupancy = this.#parts.occupancy();
    this.level = this.#levelOf(this.#parts.processLoad.read(), occupancy);
    if (occupancy === 0) this.stop();
    else this.#arm();
  }

  #levelOf({ loopDelayMs, busyShare, heapShare }: ProcessLoad, occupancy: number): LoadLevel {
    const lateMs = busyShare < BUSY_SHARE ? 0 : loopDelayMs;
    this.#pressureChecks = lateMs > PRESSURE.loopDelayMs ? this.#pressureChecks + 1 : 0;
    this.#overloadedChecks = lateMs > OVERLOADED.loopDelayMs ? this.#overloadedChecks + 1 : 0;
    if (this.#overloadedChecks >= OVERLOADED.checks || heapShare > OVERLOADED.heapShare) return 2;
    const underPressure =
      this.#pressureChecks >= PRESSURE.checks || heapShare > PRESSURE.heapShare || occupancy > PRESSURE.occupancy;
    return underPressure ? 1 : 0;
  }
}
