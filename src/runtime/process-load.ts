import { getHeapStatistics } from 'node:v8';
import type { Clock, Timer } from '../contracts/clock.js';

/** One reading of a process's load. */
export interface ProcessLoad {
  /** Largest event loop delay since the last reading, in milliseconds. */
  readonly loopDelayMs: number;
  /** CPU time since the last reading, as a share of the elapsed time. Above 1 with several busy threads. */
  readonly busyShare: number;
  /** Used share of the heap limit. */
  readonly heapShare: number;
}

/** Samples the load between `start` and `stop`. */
export interface ProcessLoadMonitor {
  start(): void;
  /** The load since the last reading. */
  read(): ProcessLoad;
  stop(): void;
}

const SAMPLE_MS = 25;

/**
 * Load of this process. Loop delay is how late a timer fires; `monitorEventLoopDelay()` would lose, at each `reset()`,
 * the stall during which it is called.
 */
export class NodeProcessLoad implements ProcessLoadMonitor {
  readonly #clock: Clock;
  #timer: Timer | undefined;
  #dueAt = 0;
  #maxDelayMs = 0;
  #readAt = 0;
  #cpuMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  start(): void {
    if (this.#timer !== undefined) return;
    this.#readAt = this.#clock.now();
    this.#cpuMs = cpuMs();
    this.#arm();
  }

  read(): ProcessLoad {
    // A timer that is overdue now would count the same stall again.
    if (this.#timer !== undefined && this.#measureDelay() > 0) this.#arm();
    const loopDelayMs = this.#maxDelayMs;
    this.#maxDelayMs = 0;
    const { used_heap_size: used, heap_size_limit: limit } = getHeapStatistics();
    return { loopDelayMs, busyShare: this.#busyShare(), heapShare: used / limit };
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#maxDelayMs = 0;
  }

  #busyShare(): number {
    const [since, before] = [this.#readAt, this.#cpuMs];
    this.#readAt = this.#clock.now();
    this.#cpuMs = cpuMs();
    return (this.#cpuMs - before) / Math.max(1, this.#readAt - since);
  }

  #arm(): void {
    this.#timer?.cancel();
    this.#dueAt = this.#clock.now() + SAMPLE_MS;
    this.#timer = this.#clock.setTimer(() => {
      this.#measureDelay();
      this.#arm();
    }, SAMPLE_MS);
  }

  #measureDelay(): number {
    const late = this.#clock.now() - this.#dueAt;
    this.#maxDelayMs = Math.max(this.#maxDelayMs, late);
    return late;
  }
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}
