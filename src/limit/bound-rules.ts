import type { LimitHold, LimitLevel } from '../contracts/limit-store.js';
import type { Grantor } from './grants.js';
import type { Rule } from './rules.js';

/** A rule applied to one request: whom it counts, and what it reserves. */
export interface BoundRule {
  readonly rule: Rule;
  readonly key: string;
  readonly group: string;
  /** `rule.counterAt` for the start of the request, which is settled in the window in which it began. */
  readonly counter: LimitHold['counter'];
  enforced: boolean;
  /** In requests, tokens or USD. */
  held: number;
  level: LimitLevel | undefined;
}

/** `rule` for the subject `key` of `tenant`, at the start of a request (`now`, Unix time in milliseconds). */
export function boundTo(rule: Rule, key: string, tenant: string, now: number): BoundRule {
  const { group, counter } = rule.placeOf(key, tenant, now);
  return { rule, key, group, counter, enforced: rule.onExceeded !== 'warn', held: 0, level: undefined };
}

/** Rules whose counters are in one group of the store, so that one call updates them all. */
export interface Group {
  readonly name: string;
  readonly rules: readonly BoundRule[];
  by: Grantor | undefined;
}

/** `rules` by the group of their counters. */
export function groupsOf(rules: readonly BoundRule[]): readonly Group[] {
  // Of a few groups the right one is found faster by looking at each than by a map.
  const groups: { name: string; rules: BoundRule[]; by: Grantor | undefined }[] = [];
  for (const bound of rules) {
    const group = groups.find(({ name }) => name === bound.group);
    if (group === undefined) groups.push({ name: bound.group, rules: [bound], by: undefined });
    else group.rules.push(bound);
  }
  return groups;
}

/** `amount` requests, tokens or USD of a rule, as the store counts them. */
export function holdOf({ rule, counter, enforced }: BoundRule, amount: number): LimitHold {
  return { counter, amount: rule.toStore(amount), enforced };
}

/** By how much the reservation of a rule has grown since it held `before`, as the store counts it. */
export function growthOf({ rule, held }: BoundRule, before: number): number {
  return rule.toStore(held) - rule.toStore(before);
}

/** The holds of a group. Only a money rule refuses a further attempt; its tokens are counted without a check. */
export function onlyMoneyEnforced({ rules }: Group): readonly LimitHold[] {
  return rules.map((bound) => ({
    ...holdOf(bound, bound.held),
    enforced: bound.enforced && bound.rule.unit === 'usd',
  }));
}
