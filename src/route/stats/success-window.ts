const SLOT_MS = 5_000;
/** Five minutes. */
const SLOTS = 60;

interface SuccessCount {
  readonly succeeded: number;
  readonly failed: number;
}

/** How many requests went well, in slots of five seconds over the last five minutes. */
export class SuccessWindow {
  readonly #succeeded = new Uint32Array(SLOTS);
  readonly #failed = new Uint32Array(SLOTS);
  /** Which five seconds each slot counts. */
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

  /** What was counted in the last `ms`, which is at most five minutes. */
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

/** Clocks may begin below zero. */
function indexOf(slot: number): number {
  return ((slot % SLOTS) + SLOTS) % SLOTS;
}
