import type { LimitCounter, LimitHold, LimitStore } from '../contracts/limit-store.js';

/** @internal One test of a limit store. */
export type LimitCase = readonly [name: string, run: (lab: LimitLab) => Promise<void>];

/** @internal A limit store under test, its time, and a group of counters that no other test uses. */
export interface LimitLab {
  readonly store: LimitStore;
  readonly group: string;
  now(): number;
  pass(ms: number): Promise<void>;
}

/** @internal Milliseconds that a lease lives. */
export const LEASE_TTL = 60_000;

/** @internal Units of the store per USD. */
export const NANO = 1_000_000_000;

/** @internal */
export function counterOf(
  counter: Partial<LimitCounter> & Pick<LimitCounter, 'field' | 'kind' | 'capacity'>,
): LimitCounter {
  return { rate: 0, expiresAt: 0, ...counter };
}

/** @internal A budget of one calendar window. */
export function budget(usd: number, expiresAt: number): LimitCounter {
  return counterOf({ field: 'day', kind: 'window', capacity: usd * NANO, expiresAt });
}

/** @internal */
export function holding(counter: LimitCounter, amount: number, more: Partial<LimitHold> = {}): LimitHold {
  return { counter, amount, enforced: true, ...more };
}

/** @internal */
export async function usedIn({ store, group }: LimitLab, counter: LimitCounter): Promise<number> {
  const { levels } = await store.read({ group, holds: [holding(counter, 0)] });
  return levels[0]!.used;
}

/** @internal */
export async function reserve(
  { store, group }: LimitLab,
  lease: string,
  holds: LimitHold[],
  ttlMs = LEASE_TTL,
): Promise<string> {
  return (await store.reserve({ group, lease, ttlMs, holds })).outcome;
}

/** @internal */
export async function adjust({ store, group }: LimitLab, lease: string, holds: LimitHold[]): Promise<string> {
  return (await store.adjust({ group, lease, ttlMs: LEASE_TTL, holds })).outcome;
}

/** @internal */
export async function settle({ store, group }: LimitLab, lease: string, holds: LimitHold[]): Promise<string> {
  return (await store.settle({ group, lease, holds, unknown: 'ignore' })).outcome;
}
