import type { LimitOrder } from '../contracts/limit-store.js';
import type { GrantedReply } from './grants.js';
import type { Exceeded } from './refusals.js';
import type { ResilientStore } from './resilient-store.js';

/** Only budgets refuse the request, so a cheaper endpoint may pass. */
export function isOnlyMoney(exceeded: readonly Exceeded[]): boolean {
  return exceeded.every(({ rule }) => rule.unit === 'usd');
}

/** Continues synchronously where no reply is a promise. */
export function settledAll<T>(
  replies: readonly (GrantedReply | Promise<GrantedReply>)[],
  then: (replies: readonly GrantedReply[]) => T | Promise<T>,
): T | Promise<T> {
  if (replies.some((reply) => reply instanceof Promise)) return Promise.all(replies).then(then);
  return then(replies as readonly GrantedReply[]);
}

/** The reply to `order` by the levels that the store last reported, for a caller that cannot wait for the store. */
export function lastKnownReply(store: ResilientStore, { group, holds }: LimitOrder): GrantedReply {
  const levels = holds.map(({ counter, amount }) => {
    const { used, settled } = store.known(group, counter.field) ?? { used: 0, settled: 0 };
    return { used, settled, waitMs: used + amount <= counter.capacity ? 0 : undefined };
  });
  return { outcome: 'granted', levels, by: 'none' };
}
