const SLOT_MS = 5_000;
/** Five minutes. */
const SLOTS = 60;

interface SuccessCount {
  readonly succeeded: number;
  readonly failed: number;
}

/** Counts successes and failures over the last five minutes, in slots of five seconds. */
export class SuccessWindow {
  readonly #succeeded = new Uint32Array(SLOTS);
  readonly #failed = new Uint32Array(SLOTS);
  /** The period that each slot counts: time divided by `SLOT_MS`. */
  readonly #slots = new Float64Array(SLOTS).fill(Number.NEGATIVE_INFINITY);

  add(ok: boolean, now: number): void {
    const slot = Math.floor(now / SLOT_MS);
    const index = indexOf(slot);
    if (this.#slots[index] !== slot) {
      this.#slots[index] = slot;
      this.#succeeded[index] = 0;
      this.#failed[index] = 0;
    }
    const counts = ok ? this.#succeeded : this.#failed;
    counts[index] = (counts[index] ?? 0) + 1;
  }

  /** Counts of the last `ms`, at most five minutes. */
  count(now: number, ms: number): SuccessCount {
    const current = Math.floor(now / SLOT_MS);
    const oldest = current - Math.min(SLOTS, Math.ceil(ms / SLOT_MS)) + 1;
    let succeeded = 0;
    let failed = 0;
    for (let slot = oldest; slot <= current; slot++) {
      const index = indexOf(slot);
      if (this.#slots[index] !== slot) continue;
      succeeded += this.#succeeded[index] ?? 0;
      failed += this.#failed[index] ?? 0;
    }
    return { succeeded, failed };
  }
}

/** Not negative: a monotonic clock may start below zero. */
function indexOf(slot: number): number {
  return ((slot % SLOTS) + SLOTS) % SLOTS;
}
