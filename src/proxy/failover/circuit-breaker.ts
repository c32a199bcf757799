import type { Clock } from '../../contracts/clock.js';

/** Whether a circuit breaker lets calls through: `half-open` lets one through to find out. */
export type BreakerState = 'closed' | 'half-open' | 'open';

/** One call as its breaker knows it, from `begin` to its end. */
export interface BreakerTicket {
  /**
   * `usual`: the breaker was closed; `probe`: the one call that a half-open breaker lets through, and which decides;
   * `resort`: made although the breaker was open, because nobody else was left.
   */
  readonly kind: 'usual' | 'probe' | 'resort';
}

const USUAL: BreakerTicket = Object.freeze({ kind: 'usual' });
const RESORT: BreakerTicket = Object.freeze({ kind: 'resort' });

/** What a circuit breaker has counted, and how it stands. */
export interface BreakerStatus {
  /** `closed`, `open` or `half-open`. */
  readonly state: BreakerState;
  /** Calls and failures within the window. */
  readonly samples: number;
  /** Failed calls within the window. */
  readonly failures: number;
  /** Milliseconds until a probe is allowed; 0 unless open. */
  readonly opensForMs: number;
}

const SLOTS = 10;
const SLOT_MS = 3_000;
const WINDOW_MS = SLOTS * SLOT_MS;
/** Half of the calls failed, and they were many or the last ones in a row. */
const FAILURE_RATIO = 0.5;
const MIN_SAMPLES = 20;
const MIN_CONSECUTIVE = 5;
const OPEN_MS = 30_000;
const MAX_OPEN_MS = 300_000;

/**
 * A circuit breaker over a rolling window. It opens only when the ratio is bad AND there is enough to judge by:
 * "five failures in a row" alone trips on a fifth of random faults and makes a partial outage a whole one.
 * Failures must come from two tenants, unless there is only one, so that nobody can shut a provider for all others.
 */
export class CircuitBreaker {
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #slots: Slot[] = Array.from({ length: SLOTS }, newSlot);
  #consecutive = 0;
  #ejections = 0;
  #openUntil = 0;
  #isOpen = false;
  #probe: BreakerTicket | undefined;
  #healthySince = 0;

  constructor(clock: Clock, random: () => number) {
    this.#clock = clock;
    this.#random = random;
  }

  get state(): BreakerState {
    if (!this.#isOpen) return 'closed';
    return this.#clock.now() < this.#openUntil ? 'open' : 'half-open';
  }

  /** When an open breaker next lets a probe through, on the monotonic scale. */
  get openUntil(): number {
    return this.#isOpen ? this.#openUntil : 0;
  }

  /** A half-open breaker lets one call through at a time. */
  get probing(): boolean {
    return this.#probe !== undefined;
  }

  /** A call begins. It ends in exactly one of `succeed`, `fail` and `abandon`. */
  begin(): BreakerTicket {
    if (!this.#isOpen) return USUAL;
    if (this.#probe !== undefined || this.state === 'open') return RESORT;
    return (this.#probe = { kind: 'probe' });
  }

  succeed(call: BreakerTicket, tenant: string): void {
    this.#consecutive = 0;
    // A stream that began before the trouble and ends well says nothing of how things are now.
    if (this.#isOpen && call !== USUAL) this.#shut();
    const slot = this.#slot();
    slot.successes++;
    remember(slot.tenants, tenant);
    if (!this.#isOpen) this.#forgive();
  }

  fail(call: BreakerTicket, tenant: string): void {
    this.#consecutive++;
    const slot = this.#slot();
    slot.failures++;
    remember(slot.tenants, tenant);
    remember(slot.failing, tenant);
    // Over an open breaker only the probe decides: a call of the last resort that fails tells nothing new.
    if (this.#isOpen ? call === this.#probe : this.#isBad()) this.#open();
  }

  /** The call says nothing of the upstream: the client left, or the fault was ours. */
  abandon(call: BreakerTicket): void {
    if (call === this.#probe) this.#probe = undefined;
  }

  status(): BreakerStatus {
    const { samples, failures } = this.#count();
    const opensForMs = this.#isOpen ? Math.max(0, this.#openUntil - this.#clock.now()) : 0;
    return { state: this.state, samples, failures, opensForMs };
  }

  #isBad(): boolean {
    const { samples, failures, tenants, failing } = this.#count();
    if (failures / samples < FAILURE_RATIO) return false;
    if (samples < MIN_SAMPLES && this.#consecutive < MIN_CONSECUTIVE) return false;
    return failing.size >= 2 || tenants.size <= 1;
  }

  #open(): void {
    this.#isOpen = true;
    this.#probe = undefined;
    this.#ejections++;
    const jitter = 0.9 + 0.2 * this.#random();
    this.#openUntil = this.#clock.now() + Math.min(OPEN_MS * this.#ejections, MAX_OPEN_MS) * jitter;
  }

  #shut(): void {
    this.#isOpen = false;
    this.#probe = undefined;
    this.#healthySince = this.#clock.now();
    for (const slot of this.#slots) emptySlot(slot, 0);
  }

  /** One ejection is forgotten for each 30 healthy seconds. */
  #forgive(): void {
    if (this.#ejections === 0) return;
    const healthyMs = this.#clock.now() - this.#healthySince;
    const forgiven = Math.floor(healthyMs / OPEN_MS);
    if (forgiven === 0) return;
    this.#ejections = Math.max(0, this.#ejections - forgiven);
    this.#healthySince += forgiven * OPEN_MS;
  }

  #slot(): Slot {
    const epoch = Math.floor(this.#clock.now() / SLOT_MS);
    const slot = this.#slots[epoch % SLOTS]!;
    if (slot.epoch !== epoch) emptySlot(slot, epoch);
    return slot;
  }

  #count(): { samples: number; failures: number; tenants: Set<string>; failing: Set<string> } {
    const oldest = Math.floor((this.#clock.now() - WINDOW_MS) / SLOT_MS);
    const tenants = new Set<string>();
    const failing = new Set<string>();
    let successes = 0;
    let failures = 0;
    for (const slot of this.#slots) {
      if (slot.epoch <= oldest) continue;
      successes += slot.successes;
      failures += slot.failures;
      for (const tenant of slot.tenants) tenants.add(tenant);
      for (const tenant of slot.failing) failing.add(tenant);
    }
    return { samples: successes + failures, failures, tenants, failing };
  }
}

interface Slot {
  epoch: number;
  successes: number;
  failures: number;
  readonly tenants: Set<string>;
  readonly failing: Set<string>;
}

function newSlot(): Slot {
  return { epoch: Number.NEGATIVE_INFINITY, successes: 0, failures: 0, tenants: new Set(), failing: new Set() };
}

function emptySlot(slot: Slot, epoch: number): void {
  slot.epoch = epoch;
  slot.successes = 0;
  slot.failures = 0;
  slot.tenants.clear();
  slot.failing.clear();
}

/** Two are enough to tell "one" from "several". */
function remember(tenants: Set<string>, tenant: string): void {
  if (tenants.size < 2) tenants.add(tenant);
}
