import type { Clock } from '../../contracts/clock.js';
import { addTenant } from './tenant-set.js';

/** State of a circuit breaker: `closed` lets attempts through, `open` none, `half-open` one probe at a time. */
export type BreakerState = 'closed' | 'half-open' | 'open';

/** One attempt as its circuit breaker sees it, from `begin` to its end. */
export interface BreakerTicket {
  /**
   * - `normal`: the breaker was closed
   * - `probe`: the one attempt that a half-open breaker lets through, and whose result decides
   * - `last-resort`: made although the breaker was open, because no other candidate was left
   */
  readonly kind: 'normal' | 'probe' | 'last-resort';
}

const NORMAL: BreakerTicket = Object.freeze({ kind: 'normal' });
const LAST_RESORT: BreakerTicket = Object.freeze({ kind: 'last-resort' });

/** State and counts of a circuit breaker. */
export interface BreakerStatus {
  /** `closed`, `open` or `half-open`. */
  readonly state: BreakerState;
  /** Attempts and failures within the last 30 seconds. */
  readonly samples: number;
  /** Failed calls within the window. */
  readonly failures: number;
  /** Milliseconds until a probe is allowed; 0 unless open. */
  readonly opensForMs: number;
}

const SLOTS = 10;
const SLOT_MS = 3_000;
const WINDOW_MS = SLOTS * SLOT_MS;
/** The breaker opens if this share of the attempts failed, given enough samples or consecutive failures. */
const FAILURE_RATIO = 0.5;
const MIN_SAMPLES = 20;
const MIN_CONSECUTIVE = 5;
const OPEN_MS = 30_000;
const MAX_OPEN_MS = 300_000;

/**
 * A circuit breaker over a rolling window of 30 seconds. It opens only if the failure ratio is high and there are
 * enough samples: "five failures in a row" alone would open it at a fifth of random failures, and turn a partial outage
 * into a full one. The failures must come from two tenants, unless the endpoint has only one, so that a single caller
 * cannot block an endpoint for all others.
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

  /** Monotonic time at which an open breaker next lets a probe through; 0 if closed. */
  get openUntil(): number {
    return this.#isOpen ? this.#openUntil : 0;
  }

  /** Whether the probe of a half-open breaker is in flight. */
  get probing(): boolean {
    return this.#probe !== undefined;
  }

  /** An attempt begins. It must end in exactly one of `succeed`, `fail` and `abandon`. */
  begin(): BreakerTicket {
    if (!this.#isOpen) return NORMAL;
    if (this.#probe !== undefined || this.state === 'open') return LAST_RESORT;
    return (this.#probe = { kind: 'probe' });
  }

  succeed(ticket: BreakerTicket, tenant: string): void {
    this.#consecutive = 0;
    // A stream that began before the breaker opened is no evidence about the endpoint's present state.
    if (this.#isOpen && ticket !== NORMAL) this.#close();
    const slot = this.#slot();
    slot.successes++;
    addTenant(slot.tenants, tenant);
    if (!this.#isOpen) this.#decayEjections();
  }

  fail(ticket: BreakerTicket, tenant: string): void {
    this.#consecutive++;
    const slot = this.#slot();
    slot.failures++;
    addTenant(slot.tenants, tenant);
    addTenant(slot.failing, tenant);
    // While the breaker is open, only a failed probe prolongs that: a failed last resort is no new evidence.
    if (this.#isOpen ? ticket === this.#probe : this.#hasTooManyFailures()) this.#open();
  }

  /** The attempt is no evidence about the endpoint: it was cancelled, or the gateway's own code failed. */
  abandon(ticket: BreakerTicket): void {
    if (ticket === this.#probe) this.#probe = undefined;
  }

  status(): BreakerStatus {
    const { samples, failures } = this.#count();
    const opensForMs = this.#isOpen ? Math.max(0, this.#openUntil - this.#clock.now()) : 0;
    return { state: this.state, samples, failures, opensForMs };
  }

  #hasTooManyFailures(): boolean {
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

  #close(): void {
    this.#isOpen = false;
    this.#probe = undefined;
    this.#healthySince = this.#clock.now();
    for (const slot of this.#slots) emptySlot(slot, 0);
  }

  /** Each 30 healthy seconds take back one ejection, so that the next open period is shorter. */
  #decayEjections(): void {
    if (this.#ejections === 0) return;
    const healthyMs = this.#clock.now() - this.#healthySince;
    const decayed = Math.floor(healthyMs / OPEN_MS);
    if (decayed === 0) return;
    this.#ejections = Math.max(0, this.#ejections - decayed);
    this.#healthySince += decayed * OPEN_MS;
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
