import type { Hooks } from '../contracts/hooks.js';
import { optionalBoolean } from '../options/checks.js';
import type { CacheOptions } from '../options/types.js';

/**
 * Whether responses may be cached although `beforeAttempt` has changed what was asked for them: the hook runs behind the
 * cache, so nothing of what it changes is in the key.
 * @throws TypeError where there is such a hook and the operator has not said that responses do not depend on it.
 */
export function mayIgnoreBeforeAttempt(
  { ignoresBeforeAttempt }: CacheOptions,
  { beforeAttempt }: Pick<Hooks, 'beforeAttempt'>,
): boolean {
  const ignores = optionalBoolean('cache.ignoresBeforeAttempt', ignoresBeforeAttempt) ?? false;
  if (beforeAttempt === undefined || ignores) return ignores;
  throw new TypeError(
    'cache: hooks.beforeAttempt changes requests behind the cache, so two requests that it changes differently would get each other’s responses. ' +
      'Change them in hooks.beforeRoute, which the cache key covers, or write `cache: { ignoresBeforeAttempt: true }` if responses do not depend on what the hook changes (trace headers, for example).',
  );
}
