import { hash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Caller } from '../contracts/caller.js';
import { keyedDigest } from './keyed-digest.js';

interface KnownKey {
  readonly digest: Buffer;
  readonly caller: Caller;
}

/**
 * A lookup over fixed keys that never compares keys as text: keys are found by their digest under a secret of this
 * process, so neither the time taken nor the table discloses anything about them.
 */
export function staticKeys(keys: readonly string[]): (key: string) => Caller | undefined {
  const digestOf = keyedDigest(randomBytes(32).toString('hex'));
  const known = new Map<string, KnownKey>();
  const received = Buffer.alloc(32);
  for (const key of keys) {
    const digest = digestOf(key);
    known.set(digest, { digest: Buffer.from(digest, 'latin1'), caller: Object.freeze({ id: callerId(key) }) });
  }

  return function findCaller(key) {
    const digest = digestOf(key);
    const entry = known.get(digest);
    received.write(digest, 'latin1');
    return entry !== undefined && timingSafeEqual(entry.digest, received) ? entry.caller : undefined;
  };
}

/** A prefix of the key's SHA-256: the same in every process that knows the key, so a shared cache can use it. */
function callerId(key: string): string {
  return `key_${hash('sha256', key).slice(0, 16)}`;
}
