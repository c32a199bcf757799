import type { LimitHold, LimitLevel } from '../contracts/limit-store.js';
import type { Grantor } from './grants.js';
import type { Rule } from './rules.js';

/** A rule of one request: whom it counts, and what it holds for it. */
export interface BoundRule {
  readonly rule: Rule;
  readonly key: string;
  readonly group: string;
  /** `rule.counterAt` of the moment at which the request began: it is settled in the window that it began in. */
  readonly counter: LimitHold['counter'];
  enforced: boolean;
  /** In requests, tokens or USD. */
  held: number;
  level: LimitLevel | undefined;
}

/** Rules whose counters live in one group of the store: one call serves them all. */
export interface Group {
  readonly name: string;
  readonly rules: readonly BoundRule[];
  by: Grantor | undefined;
}

/** `rules` by the group that they live in. */
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

/** What the rules of a group hold. Only money stops a further attempt: the tokens that it takes are counted. */
export function onlyMoneyEnforced({ rules }: Group): readonly LimitHold[] {
  return rules.map((bound) => ({
    ...holdOf(bound, bound.held),
    enforced: bound.enforced && bound.rule.unit === 'usd',
  }));
}
