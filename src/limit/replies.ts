import type { Exceeded } from './refusals.js';
import type { GrantedReply } from './grants.js';

/** Budgets alone refuse it: something cheaper may pass. */
export function isOnlyMoney(exceeded: readonly Exceeded[]): boolean {
  return exceeded.every(({ rule }) => rule.unit === 'usd');
}

/** Goes on at once where no reply has to be waited for. */
export function settledAll<T>(
  replies: readonly (GrantedReply | Promise<GrantedReply>)[],
  then: (replies: readonly GrantedReply[]) => T | Promise<T>,
): T | Promise<T> {
  if (replies.some((reply) => reply instanceof Promise)) return Promise.all(replies).then(then);
  return then(replies as readonly GrantedReply[]);
}
