import type { LimitCounter, LimitLevel } from '../contracts/limit-store.js';

/** Slots of a sliding window. The oldest counts in full until it ends, so a window is never exceeded. */
export const SLOTS = 60;
/** Fractional rates cause rounding errors; differences below this are none. */
const TOLERANCE = 1e-6;

/** What is kept of one counter. */
export interface CounterState {
  readonly kind: LimitCounter['kind'];
  readonly rate: number;
  readonly expiresAt: number;
  /** `bucket`: its level at `at`. `window`: what was settled. */
  amount: number;
  /** What leases hold. A bucket holds it in its level. */
  held: number;
  /** `bucket`: when its level was counted; Unix time in milliseconds. */
  at: number;
  /** `sliding`: what was settled, by slot. */
  readonly slots: Map<number, number> | undefined;
}

/** An empty counter. */
export function emptyCounter({ kind, rate, expiresAt }: LimitCounter, now: number): CounterState {
  return { kind, rate, expiresAt, amount: 0, held: 0, at: now, slots: kind === 'sliding' ? new Map() : undefined };
}

/** Brings `state` up to `now`: a bucket drains, old slots are removed. */
export function advance(state: CounterState, now: number): void {
  if (state.kind === 'bucket') {
    // A clock that was set back drains nothing, and the same time is not drained twice.
    if (now <= state.at) return;
    state.amount = Math.max(0, state.amount - state.rate * (now - state.at));
    state.at = now;
    return;
  }
  if (state.slots === undefined) return;
  const oldest = Math.floor(now / state.rate) - SLOTS;
  for (const slot of state.slots.keys()) if (slot < oldest) state.slots.delete(slot);
}

/** Settled and reserved together. */
function usedOf(state: CounterState): number {
  let used = state.amount + state.held;
  if (state.slots !== undefined) for (const amount of state.slots.values()) used += amount;
  return used;
}

/** Changes what leases hold by `amount`. */
export function hold(state: CounterState, amount: number): void {
  if (state.kind === 'bucket') state.amount = Math.max(0, state.amount + amount);
  else state.held = Math.max(0, state.held + amount);
}

/** Replaces `held` of a lease by `actual`. */
export function settle(state: CounterState, held: number, actual: number, now: number): void {
  if (state.kind === 'bucket') {
    state.amount = Math.max(0, state.amount + actual - held);
    return;
  }
  state.held = Math.max(0, state.held - held);
  if (state.kind === 'window') state.amount += actual;
  if (state.slots !== undefined && actual !== 0) {
    const slot = Math.floor(now / state.rate);
    state.slots.set(slot, (state.slots.get(slot) ?? 0) + actual);
  }
}

/** Whether `amount` more would fit under `capacity`. */
export function fits(state: CounterState, amount: number, capacity: number): boolean {
  return usedOf(state) + amount <= capacity + TOLERANCE;
}

/** What `state` holds, and how long `amount` more would have to wait. */
export function levelOf(state: CounterState, amount: number, capacity: number, now: number): LimitLevel {
  const used = usedOf(state);
  const settled = state.kind === 'window' ? state.amount : 0;
  return { used, settled, waitMs: waitFor(state, amount, capacity, now) };
}

function waitFor(state: CounterState, amount: number, capacity: number, now: number): number | undefined {
  if (fits(state, amount, capacity)) return 0;
  if (amount > capacity + TOLERANCE) return Infinity;
  switch (state.kind) {
    case 'bucket':
      return Math.ceil((state.amount + amount - capacity - TOLERANCE) / state.rate);
    case 'window':
      return Math.max(1, state.expiresAt - now);
    case 'sliding':
      return waitForSlots(state, usedOf(state) + amount - capacity, now);
    case 'held':
      return undefined;
  }
}

/** Time until enough slots have ended to remove `excess`. Amounts held by leases may stay longer. */
function waitForSlots({ slots, rate }: CounterState, excess: number, now: number): number | undefined {
  let ended = 0;
  for (const [slot, amount] of [...(slots ?? [])].sort(([a], [b]) => a - b)) {
    ended += amount;
    if (ended + TOLERANCE >= excess) return Math.max(1, (slot + SLOTS + 1) * rate - now);
  }
  return undefined;
}

/** `state` contains nothing that is still needed. */
export function isSpent(state: CounterState, now: number, timeoutMs: number): boolean {
  advance(state, now);
  if (state.kind === 'window') return now > state.expiresAt + timeoutMs;
  return usedOf(state) <= TOLERANCE;
}
