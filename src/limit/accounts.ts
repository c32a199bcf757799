import type { Caller } from '../contracts/caller.js';
import type { CallerUsage, LimitUsage } from '../contracts/limits.js';
import type { BoundRule } from './bound-rules.js';
import type { ResilientStore } from './resilient-store.js';

/** Most callers that are kept; the least recently seen are removed first. */
const MAX_CALLERS = 10_000;

interface Account {
  caller: Caller;
  requests: number;
  tokens: number;
  costUsd: number;
}

/** What each caller has used through this process. */
export class Accounts {
  readonly #accounts = new Map<string, Account>();

  add(caller: Caller, { usd, tokens }: { readonly usd: number; readonly tokens: number }): void {
    let account = this.#accounts.get(caller.id);
    if (account === undefined) {
      account = { caller, requests: 0, tokens: 0, costUsd: 0 };
      this.#accounts.set(caller.id, account);
      if (this.#accounts.size > MAX_CALLERS) this.#accounts.delete(this.#accounts.keys().next().value!);
    } else if (this.#accounts.size > MAX_CALLERS / 2) {
      // Entries are moved to the end on use only when the map may become full, because moving one is expensive.
      this.#accounts.delete(caller.id);
      this.#accounts.set(caller.id, account);
    }
    account.caller = caller;
    account.requests++;
    account.tokens += tokens;
    account.costUsd += usd;
  }

  /** The caller with this id, as of its last request: rules may count by its team and tenant. */
  callerOf(id: string): Caller | undefined {
    return this.#accounts.get(id)?.caller;
  }

  /** The callers with the highest cost; equal ones by tokens, then by requests. */
  highest(count: number): readonly Omit<CallerUsage, 'limits'>[] {
    return [...this.#accounts.values()]
      .sort((a, b) => b.costUsd - a.costUsd || b.tokens - a.tokens || b.requests - a.requests)
      .slice(0, count)
      .map(({ caller, requests, tokens, costUsd }) => ({ caller: caller.id, requests, tokens, costUsd }));
  }

  /** What `caller` has used, and the levels of its rules in the store. */
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

/** How much of a rule is used by its subject, as the store counts it. */
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
