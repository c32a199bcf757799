import { knownMembers, text } from '../options/checks.js';
import { tenantPart } from './key.js';

/** Whose responses are purged. */
export interface PurgeOptions {
  /** The caller's id, as `authenticate` found it out. @defaultValue the responses of all callers */
  readonly callerId?: string;
}

/** @throws TypeError for a caller who cannot be told apart: then more would be purged than was asked for. */
export function tenantToPurge(options: PurgeOptions, shared: boolean): string | undefined {
  const given = knownMembers('purge', options, ['callerId']);
  if (!Object.hasOwn(given, 'callerId')) return undefined;
  if (shared) {
    throw new TypeError('purge: all callers share one cache. Leave callerId out to purge it.');
  }
  return tenantPart(text('purge: callerId', given['callerId']));
}
