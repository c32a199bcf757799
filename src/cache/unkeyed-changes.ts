import type { Hooks } from '../contracts/hooks.js';

/**
 * Refuses to cache responses where `beforeAttempt` may change what was asked for them: the hook runs behind the
 * cache, so nothing of what it changes is in the key.
 * @throws TypeError where there is such a hook and the operator has not said that responses do not depend on it.
 */
export function checkUnkeyedChanges(
  ignoresBeforeAttempt: boolean,
  { beforeAttempt }: Pick<Hooks, 'beforeAttempt'>,
): void {
  if (beforeAttempt === undefined || ignoresBeforeAttempt) return;
  throw new TypeError(
    'cache: hooks.beforeAttempt changes requests behind the cache, so two requests that it changes differently would get each other’s responses. ' +
      'Change them in hooks.beforeRoute, which the cache key covers, or write `cache: { ignoresBeforeAttempt: true }` if responses do not depend on what the hook changes (trace headers, for example).',
  );
}
