import { hash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Caller } from '../contracts/caller.js';
import { keyedDigest } from './keyed-digest.js';

interface KnownKey {
  readonly digest: Buffer;
  readonly caller: Caller;
}

/**
 * A lookup over fixed keys that never compares keys as text: a key is known by its digest under a secret that is
 * new with every process, so neither the time taken nor the table tells anything about keys.
 * @throws TypeError for a list that is empty or holds something unfit to be a key.
 */
export function staticKeys(keys: readonly string[], option = 'keys'): (key: string) => Caller | undefined {
  if (!Array.isArray(keys) || keys.length === 0) {
    const hint = option === 'keys' ? ' Where the host authenticates itself, say keys: false.' : '';
    throw new TypeError(`${option} must be a non-empty list of strings.${hint}`);
  }
  const digestOf = keyedDigest(randomBytes(32).toString('hex'));
  const known = new Map<string, KnownKey>();
  const asked = Buffer.alloc(32);
  for (const [index, key] of keys.entries()) {
    assertKey(key, `${option}[${index}]`);
    const digest = digestOf(key);
    known.set(digest, { digest: Buffer.from(digest, 'latin1'), caller: Object.freeze({ id: callerId(key) }) });
  }

  return function findCaller(key) {
    const digest = digestOf(key);
    const entry = known.get(digest);
    asked.write(digest, 'latin1');
    return entry !== undefined && timingSafeEqual(entry.digest, asked) ? entry.caller : undefined;
  };
}

/** A prefix of the key's SHA-256: the same in every process that knows the key, so a shared cache can use it. */
function callerId(key: string): string {
  return `key_${hash('sha256', key).slice(0, 16)}`;
}

function assertKey(key: unknown, path: string): asserts key is string {
  if (typeof key === 'string' && /^[\x21-\x2b\x2d-\x7e]{1,512}$/.test(key)) return;
  throw new TypeError(
    `${path} must be 1 to 512 printable ASCII characters without space or comma, got ${misfit(key)}. Is its environment variable set?`,
  );
}

/** What is wrong with a key, and nothing of the key itself. */
function misfit(key: unknown): string {
  if (typeof key !== 'string') return typeof key;
  if (key === '') return 'an empty string';
  return key.length > 512 ? `${key.length} characters` : 'a string with a character that no header can carry';
}
