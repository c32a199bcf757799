import { getHeapStatistics } from 'node:v8';
import type { Clock, Timer } from '../contracts/clock.js';

/** How a process is. */
export interface ProcessLoad {
  /** How late the event loop was at worst since the last reading, in milliseconds. */
  readonly loopDelayMs: number;
  /** Share of that time in which the process itself was computing. More than 1 where several threads were. */
  readonly busyShare: number;
  /** Share of the heap's limit that is used. */
  readonly heapShare: number;
}

/** Measures while somebody wants to know. */
export interface ProcessLoadMonitor {
  start(): void;
  /** What it was since the last reading. */
  read(): ProcessLoad;
  stop(): void;
}

const SAMPLE_MS = 25;

/**
 * The vital signs of this process. The delay of the loop is how late a timer comes; `monitorEventLoopDelay()` would
 * forget, at each `reset()`, the very stall that it falls into.
 */
export class NodeProcessLoad implements ProcessLoadMonitor {
  readonly #clock: Clock;
  #timer: Timer | undefined;
  #dueAt = 0;
  #worst = 0;
  #readAt = 0;
  #computedMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  start(): void {
    if (this.#timer !== undefined) return;
    this.#readAt = this.#clock.now();
    this.#computedMs = computedMs();
    this.#arm();
  }

  read(): ProcessLoad {
    // A timer that is overdue now would tell of the same stall once more.
    if (this.#timer !== undefined && this.#note() > 0) this.#arm();
    const loopDelayMs = this.#worst;
    this.#worst = 0;
    const { used_heap_size: used, heap_size_limit: limit } = getHeapStatistics();
    return { loopDelayMs, busyShare: this.#busyShare(), heapShare: used / limit };
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#worst = 0;
  }

  #busyShare(): number {
    const [since, before] = [this.#readAt, this.#computedMs];
    this.#readAt = this.#clock.now();
    this.#computedMs = computedMs();
    return (this.#computedMs - before) / Math.max(1, this.#readAt - since);
  }

  #arm(): void {
    this.#timer?.cancel();
    this.#dueAt = this.#clock.now() + SAMPLE_MS;
    this.#timer = this.#clock.setTimer(() => {
      this.#note();
      this.#arm();
    }, SAMPLE_MS);
  }

  #note(): number {
    const late = this.#clock.now() - this.#dueAt;
    this.#worst = Math.max(this.#worst, late);
    return late;
  }
}

function computedMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}
