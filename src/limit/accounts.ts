import type { Caller } from '../contracts/caller.js';
import type { CallerUsage, LimitUsage } from '../contracts/limits.js';
import type { BoundRule } from './bound-rules.js';
import type { ResilientStore } from './resilient-store.js';

/** Callers that are remembered; those that have not called for longest go. */
const MAX_CALLERS = 10_000;

interface Account {
  readonly caller: Caller;
  requests: number;
  tokens: number;
  costUsd: number;
}

/** What each caller has used, as this process has seen it. */
export class Accounts {
  readonly #accounts = new Map<string, Account>();

  add(caller: Caller, { usd, tokens }: { readonly usd: number; readonly tokens: number }): void {
    const before = this.#accounts.get(caller.id);
    this.#accounts.delete(caller.id);
    this.#accounts.set(caller.id, {
      caller,
      requests: (before?.requests ?? 0) + 1,
      tokens: (before?.tokens ?? 0) + tokens,
      costUsd: (before?.costUsd ?? 0) + usd,
    });
    if (this.#accounts.size > MAX_CALLERS) this.#accounts.delete(this.#accounts.keys().next().value!);
  }

  /** The caller with this id as it last called: its team and tenant, which rules may count by. */
  callerOf(id: string): Caller | undefined {
    return this.#accounts.get(id)?.caller;
  }

  /** The callers that have cost most, and among equals those that have used most tokens and requests. */
  highest(count: number): readonly Omit<CallerUsage, 'limits'>[] {
    return [...this.#accounts.values()]
      .sort((a, b) => b.costUsd - a.costUsd || b.tokens - a.tokens || b.requests - a.requests)
      .slice(0, count)
      .map(({ caller, requests, tokens, costUsd }) => ({ caller: caller.id, requests, tokens, costUsd }));
  }

  /** What `caller` has used, and where its rules stand in the store. */
  async usage(caller: Caller, rules: readonly BoundRule[], store: ResilientStore, now: number): Promise<CallerUsage> {
    const account = this.#accounts.get(caller.id);
    const limits = await Promise.all(rules.map(async (bound) => usageOf(bound, store, now)));
    return {
      caller: caller.id,
      requests: account?.requests ?? 0,
      tokens: account?.tokens ?? 0,
      costUsd: account?.costUsd ?? 0,
      limits,
    };
  }
}

/** How far a rule is used up for whom it is bound to, as the store counts it. */
export async function usageOf(
  { rule, group, counter }: BoundRule,
  store: ResilientStore,
  now: number,
): Promise<LimitUsage> {
  const { levels } = await store.read({ group, holds: [{ counter, amount: 0, enforced: false }] });
  const level = levels[0] ?? { used: 0, settled: 0, waitMs: 0 };
  const resetsAt = rule.resetsAt(now);
  return {
    rule: rule.name,
    unit: rule.unit,
    limit: rule.limit,
    used: level.used / rule.scale,
    remaining: rule.remaining(level),
    resetsAt: resetsAt === undefined ? undefined : new Date(resetsAt).toISOString(),
  };
}
