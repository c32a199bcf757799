import type { Hooks } from '../contracts/hooks.js';

/**
 * Refuses a cache together with the hook `beforeAttempt`: it runs after the cache stage, so what it changes is not part
 * of the key.
 * @throws TypeError where the hook is set and `ignoresBeforeAttempt` is not
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
