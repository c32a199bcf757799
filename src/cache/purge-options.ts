import { knownMembers, text } from '../options/checks.js';
import { tenantPart } from './key.js';

/** Whose responses are purged. */
export interface PurgeOptions {
  /** The id of a caller. @defaultValue the responses of all callers */
  readonly callerId?: string;
}

/**
 * The tenant whose responses `options` purge; `undefined`: those of all callers. Not an option table, in which a
 * `callerId` of `undefined` would mean "not set": the caller's id was not found then, and all responses would go.
 * @throws TypeError for a `callerId` that names no caller, and for any where callers share one cache
 */
export function tenantToPurge(options: PurgeOptions, shared: boolean): string | undefined {
  const given = knownMembers('purge', options, ['callerId']);
  if (!Object.hasOwn(given, 'callerId')) return undefined;
  if (shared) {
    throw new TypeError('purge: all callers share one cache. Leave callerId out to purge it.');
  }
  return tenantPart(text('purge: callerId', given['callerId']));
}
