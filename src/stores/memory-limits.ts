import type { Clock } from '../contracts/clock.js';
import type {
  LimitHold,
  LimitOrder,
  LimitReply,
  LimitStore,
  LimitSync,
  SettleOrder,
} from '../contracts/limit-store.js';
import { systemClock } from '../util/clock.js';
import { defineOptions, type RowsFor } from '../options/group.js';
import { internal } from '../options/rows.js';
import { advance, emptyCounter, fits, hold, isSpent, levelOf, settle, type CounterState } from './limit-counters.js';

/** Options of `memoryLimits()`. */
export interface MemoryLimitsOptions {
  /** @internal Time, for tests. */
  readonly clock?: Clock | undefined;
}

export const MEMORY_LIMITS = defineOptions({
  path: 'memoryLimits',
  prefix: 'memoryLimits: ',
  rows: {
    clock: internal<Clock>(),
  } satisfies RowsFor<MemoryLimitsOptions>,
});

/** How long a window is kept after its end, as requests that began in it may still be settled. */
const GRACE_MS = 3_600_000;
/** Minimum time between two removals of expired counters and leases. */
const PRUNE_MS = 60_000;
/** Maximum number of counters; beyond it the oldest is removed, even if it holds amounts. */
const MAX_COUNTERS = 1_000_000;

interface Lease {
  expiresAt: number;
  /** `undefined`: the lease has expired, and its holds were returned. */
  held: readonly LimitHold[] | undefined;
}

/** The counters of a group by field, and its leases by name. */
interface Group {
  readonly counters: Map<string, CounterState>;
  readonly leases: Map<string, Lease>;
}

/**
 * Limits in the memory of this process: exact, and lost when it ends. Each process counts for itself; `redisLimits` counts
 * for all of them.
 *
 * @example
 * createGateway({ …, limits: { store: memoryLimits(), rules: [{ name: 'rpm', by: 'caller', requests: 600, per: '1m' }] } })
 */
export function memoryLimits(options: MemoryLimitsOptions = {}): LimitStore {
  const { clock = systemClock } = MEMORY_LIMITS.parse(options);
  return new MemoryLimits(clock);
}

class MemoryLimits implements LimitStore {
  readonly #clock: Clock;
  readonly #groups = new Map<string, Group>();
  /** Counters of all groups. */
  #size = 0;
  /** Expiry times of claimed names and of charges. */
  readonly #marks = new Map<string, number>();
  readonly #blocks = new Map<string, number>();
  #nextExpiry = Infinity;
  #prunedAt = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  reserve(order: LimitOrder): LimitReply {
    const now = this.#begin();
    const { lease, holds } = order;
    const group = this.#groupOf(order.group);
    const states = this.#states(group, holds, now);
    const isKnown = lease !== '' && group.leases.get(lease)?.held !== undefined;
    if (!isKnown) {
      if (!states.every((state, index) => isFree(state, holds[index]!, holds[index]!.amount))) {
        return { outcome: 'refused', levels: levelsOf(states, holds, now) };
      }
      for (let at = 0; at < states.length; at++) hold(states[at]!, holds[at]!.amount);
      if (lease !== '') this.#keep(group, order, holds, now);
    }
    return { outcome: 'granted', levels: levelsOf(states, holds, now, 0) };
  }

  adjust(order: LimitOrder): LimitReply {
    const now = this.#begin();
    const { lease, holds } = order;
    const group = this.#groupOf(order.group);
    const states = this.#states(group, holds, now);
    const held = group.leases.get(lease)?.held;
    if (held === undefined) return { outcome: 'unknown', levels: levelsOf(states, holds, now) };
    const deltas = holds.map(({ counter, amount }) => amount - amountIn(held, counter.field));
    if (!states.every((state, index) => isFree(state, holds[index]!, deltas[index]!))) {
      return { outcome: 'refused', levels: levelsOf(states, holds, now) };
    }
    for (let at = 0; at < states.length; at++) hold(states[at]!, deltas[at]!);
    this.#keep(group, order, [...holds, ...without(held, holds)], now);
    return { outcome: 'granted', levels: levelsOf(states, holds, now, 0) };
  }

  settle({ group: name, lease, holds, unknown }: SettleOrder): LimitReply {
    const now = this.#begin();
    const group = this.#groupOf(name);
    const states = this.#states(group, holds, now);
    const kept = group.leases.get(lease);
    // A charge is marked, because a repeated one finds no lease and must not count twice.
    const isFirst = unknown === 'charge' ? this.#mark(`charge ${name} ${lease}`, GRACE_MS, now) : kept !== undefined;
    if (!isFirst) {
      return { outcome: 'unknown', levels: levelsOf(states, holds, now, 0) };
    }
    group.leases.delete(lease);
    const held = kept?.held ?? [];
    for (let at = 0; at < states.length; at++) {
      const { counter, amount } = holds[at]!;
      settle(states[at]!, amountIn(held, counter.field), amount, now);
    }
    giveBack(group, without(held, holds));
    return { outcome: 'granted', levels: levelsOf(states, holds, now, 0) };
  }

  read({ group, holds }: Pick<LimitOrder, 'group' | 'holds'>): LimitReply {
    const now = this.#begin();
    const levels = levelsOf(this.#states(this.#groupOf(group), holds, now), holds, now);
    const refused = levels.some(({ waitMs }, index) => holds[index]!.enforced && waitMs !== 0);
    return { outcome: refused ? 'refused' : 'granted', levels };
  }

  claim(group: string, name: string, ttlMs: number): boolean {
    return this.#mark(`claim ${group} ${name}`, ttlMs, this.#begin());
  }

  block(subject: string, untilMs: number): void {
    if (untilMs > this.#clock.wallNow()) this.#blocks.set(subject, untilMs);
    else this.#blocks.delete(subject);
  }

  sync(): LimitSync {
    const now = this.#clock.wallNow();
    for (const [subject, untilMs] of this.#blocks) if (untilMs <= now) this.#blocks.delete(subject);
    return { processes: 1, blocks: [...this.#blocks].map(([subject, untilMs]) => ({ subject, untilMs })) };
  }

  /** @internal Counters, leases and marks that are kept. */
  size(): number {
    let leases = 0;
    for (const group of this.#groups.values()) leases += group.leases.size;
    return this.#size + leases + this.#marks.size;
  }

  close(): void {
    this.#groups.clear();
    this.#size = 0;
    this.#marks.clear();
  }

  /** Removes what has expired, and returns the Unix time in milliseconds. */
  #begin(): number {
    const now = this.#clock.wallNow();
    if (now >= this.#nextExpiry) this.#sweep(now);
    if (now - this.#prunedAt >= PRUNE_MS) this.#prune(now);
    return now;
  }

  #groupOf(name: string): Group {
    let group = this.#groups.get(name);
    if (group === undefined) this.#groups.set(name, (group = { counters: new Map(), leases: new Map() }));
    return group;
  }

  #states(group: Group, holds: readonly LimitHold[], now: number): readonly CounterState[] {
    const states: CounterState[] = [];
    for (const entry of holds) states.push(this.#state(group.counters, entry, now));
    if (this.#size > MAX_COUNTERS) this.#forgetOldest(group);
    return states;
  }

  #state(counters: Map<string, CounterState>, { counter, floor = 0 }: LimitHold, now: number): CounterState {
    let state = counters.get(counter.field);
    if (state === undefined) {
      state = emptyCounter(counter, now);
      counters.set(counter.field, state);
      this.#size++;
    } else advance(state, now);
    if (state.kind === 'window' && floor > state.amount) state.amount = floor;
    return state;
  }

  /** Leases are kept, because their requests are settled still. `current` may get one. */
  #forgetOldest(current: Group): void {
    for (const [name, group] of this.#groups) {
      if (this.#size <= MAX_COUNTERS) return;
      this.#size -= group.counters.size;
      group.counters.clear();
      this.#groups.delete(name);
      if (group === current || group.leases.size > 0) this.#groups.set(name, group);
    }
  }

  #keep({ leases }: Group, { lease, ttlMs }: LimitOrder, held: readonly LimitHold[], now: number): void {
    const expiresAt = now + ttlMs;
    leases.set(lease, { expiresAt, held });
    if (expiresAt < this.#nextExpiry) this.#nextExpiry = expiresAt;
  }

  #sweep(now: number): void {
    this.#nextExpiry = Infinity;
    for (const group of this.#groups.values()) {
      for (const [name, lease] of group.leases) {
        if (lease.expiresAt <= now) expire(group, name, lease, now);
        if (lease.expiresAt > now) this.#nextExpiry = Math.min(this.#nextExpiry, lease.expiresAt);
      }
    }
  }

  #prune(now: number): void {
    this.#prunedAt = now;
    for (const [name, { counters, leases }] of this.#groups) {
      for (const [field, state] of counters) if (isSpent(state, now, GRACE_MS)) this.#forget(counters, field);
      if (counters.size === 0 && leases.size === 0) this.#groups.delete(name);
    }
    for (const [name, until] of this.#marks) if (until <= now) this.#marks.delete(name);
  }

  #forget(counters: Map<string, CounterState>, field: string): void {
    counters.delete(field);
    this.#size--;
  }

  #mark(name: string, ttlMs: number, now: number): boolean {
    const until = this.#marks.get(name);
    if (until !== undefined && until > now) return false;
    this.#marks.set(name, now + ttlMs);
    return true;
  }
}

/** What is held of one counter. A lease holds so few that looking at each is faster than a map. */
function amountIn(held: readonly LimitHold[], field: string): number {
  for (const { counter, amount } of held) if (counter.field === field) return amount;
  return 0;
}

/** What is held of counters that `holds` does not name. */
function without(held: readonly LimitHold[], holds: readonly LimitHold[]): readonly LimitHold[] {
  return held.filter(({ counter }) => !holds.some((each) => each.counter.field === counter.field));
}

/** Levels of the counters, and how long `amount` would have to wait. Default: the amount of each hold. */
function levelsOf(
  states: readonly CounterState[],
  holds: readonly LimitHold[],
  now: number,
  amount?: number,
): LimitReply['levels'] {
  return states.map((state, index) => {
    const entry = holds[index]!;
    return levelOf(state, amount ?? entry.amount, entry.counter.capacity, now);
  });
}

function isFree(state: CounterState, { counter, enforced }: LimitHold, amount: number): boolean {
  return !enforced || amount <= 0 || fits(state, amount, counter.capacity);
}

/** Returns what an expired lease holds. A late settlement must still find it for some time. */
function expire(group: Group, name: string, lease: Lease, now: number): void {
  if (lease.held === undefined) {
    group.leases.delete(name);
    return;
  }
  giveBack(group, lease.held);
  lease.held = undefined;
  lease.expiresAt = now + GRACE_MS;
}

function giveBack({ counters }: Group, held: readonly LimitHold[]): void {
  for (const { counter, amount } of held) {
    const state = counters.get(counter.field);
    if (state !== undefined) hold(state, -amount);
  }
}
