import type { RuleUsage } from '../contracts/limits.js';
import { usageOf } from './accounts.js';
import type { BoundRule } from './bound-rules.js';
import type { ResilientStore } from './resilient-store.js';

/** Most counters that are kept; the least recently used are removed first. */
const MAX_COUNTERS = 1_000;
/** A report reads at most `MAX_RULES × MAX_KEYS` counters from the store. */
const MAX_RULES = 16;
const MAX_KEYS = 5;

/** Records which counters recent requests used, and reports those with the highest usage. */
export class UsageWatch {
  readonly #met = new Map<string, BoundRule>();

  note(rules: readonly BoundRule[]): void {
    for (const bound of rules) {
      if (bound.level === undefined) continue;
      const name = `${bound.rule.name} ${bound.key}`;
      this.#met.delete(name);
      this.#met.set(name, bound);
      if (this.#met.size > MAX_COUNTERS) this.#met.delete(this.#met.keys().next().value!);
    }
  }

  /** For each rule the keys with the highest usage, as the store counts them now. */
  async report(store: ResilientStore, now: number): Promise<readonly RuleUsage[]> {
    const rules = [...this.#byRule()].slice(0, MAX_RULES);
    return Promise.all(rules.map(async ([name, met]) => ruleUsage(name, met, store, now)));
  }

  #byRule(): ReadonlyMap<string, readonly BoundRule[]> {
    const rules = new Map<string, BoundRule[]>();
    for (const bound of this.#met.values()) {
      const known = rules.get(bound.rule.name);
      if (known === undefined) rules.set(bound.rule.name, [bound]);
      else known.push(bound);
    }
    return rules;
  }
}

async function ruleUsage(
  name: string,
  met: readonly BoundRule[],
  store: ResilientStore,
  now: number,
): Promise<RuleUsage> {
  const most = [...met].sort((a, b) => shareOf(b) - shareOf(a)).slice(0, MAX_KEYS);
  const read = await Promise.all(
    most.map(async (bound) => ({ key: bound.key, ...(await usageOf(atNow(bound, now), store, now)) })),
  );
  const keys = read
    .sort((a, b) => b.used / b.limit - a.used / a.limit)
    .map(({ key, limit, used, remaining, resetsAt }) => ({ key, limit, used, remaining, resetsAt }));
  const { rule } = most[0]!;
  return { rule: name, unit: rule.unit, windowMs: rule.windowMs(now), keys };
}

/** Ordered by the level after the last request. */
function shareOf({ rule, level }: BoundRule): number {
  return level === undefined ? 0 : level.used / rule.scale / rule.limit;
}

/** The counter of the current window, as the window of the last request may have ended. */
function atNow(bound: BoundRule, now: number): BoundRule {
  return { ...bound, counter: bound.rule.counterAt(bound.key, now) };
}
