import type { Clock } from '../contracts/clock.js';
import type { CacheStore } from '../contracts/store.js';
import { systemClock } from '../util/clock.js';
import { knownMembers, optionError } from '../options/checks.js';
import { lruStore, type LruStoreOptions } from './lru-store.js';
import { NearCopies } from './near-copies.js';
import { RedisValues } from './redis-values.js';
import { redisCommands, type RedisClient } from './redis-client.js';
import { CopyAges } from './copy-ages.js';
import { createValueSigner } from './authenticated-value.js';

/** How answers are kept in Redis, and sealed. */
export interface RedisStoreOptions {
  /** Before every key in Redis. @defaultValue `'nordlys:'` */
  readonly prefix?: string | undefined;
  /**
   * Seals the values; the same in all processes that share them. Without it the seal is derived from `prefix`
   * and only tells damaged or misplaced values: whoever can write to Redis and knows this package could forge one.
   */
  readonly secret?: string | undefined;
  /** The memory in front of Redis; `false` for none. @defaultValue 1,000 entries, 64 MiB */
  readonly l1?: LruStoreOptions | false | undefined;
  /**
   * How long the memory in front of Redis answers, in milliseconds, before it asks Redis again whether the value is still
   * the same: for so long at most does a process serve a response that another one has replaced (`no-cache`) or deleted.
   * 0 asks each time. While Redis does not answer, the memory goes on until the value expires.
   * @defaultValue `1_000`
   */
  readonly revalidateMs?: number | undefined;
  /** Values larger than this are not sent to Redis, in bytes. @defaultValue `1_048_576` (1 MiB) */
  readonly maxValueBytes?: number | undefined;
  /**
   * Up to this share of its time is taken from each value at random, so that what was stored together
   * does not expire together. @defaultValue `0.1`
   */
  readonly jitter?: number | undefined;
  /** @internal Time, for tests. */
  readonly clock?: Clock | undefined;
  /** @internal Numbers in [0, 1), for tests. */
  readonly random?: (() => number) | undefined;
}

/** What has happened between this store and its Redis. */
export interface RedisStoreStatistics {
  /** Commands that failed or came too late. */
  readonly faults: number;
  /** Commands that were not sent while Redis was being left alone after faults. */
  readonly skipped: number;
  /** Writes that were not sent because too many were under way. */
  readonly dropped: number;
  /** Values that were too large to send. */
  readonly tooLarge: number;
  /** Values in Redis whose seal was not ours. */
  readonly badSeals: number;
}

/** A store in Redis, and how it does. */
export interface RedisStore extends CacheStore {
  statistics(): RedisStoreStatistics;
}

const KNOWN_OPTIONS = ['prefix', 'secret', 'l1', 'revalidateMs', 'maxValueBytes', 'jitter', 'clock', 'random'] as const;
const MIN_SECRET_LENGTH = 16;

/**
 * Answers in Redis, over the host's own `redis` (5 or newer) or `ioredis` client, behind a memory of this process.
 * The memory is checked against Redis once a second, so that a replaced response does not outlive that in any process.
 * Redis may be slow, full, wrong or gone: then there is no value, at most 50 ms later, and never an error.
 * The client stays the host's to connect, to watch and to close.
 */
export function redisStore(client: RedisClient, options: RedisStoreOptions = {}): RedisStore {
  const { secret, revalidateMs, ...parts } = resolveOptions(options);
  const values = new RedisValues({ ...parts, commands: redisCommands(client), signer: createValueSigner(secret) });
  const store = storeOver(values, options, new CopyAges(parts.clock, revalidateMs, maxCopiesOf(options)));
  return {
    get: (key) => store.get(key),
    set: (key, value, expiresAt) => store.set(key, value, expiresAt),
    delete: (key) => store.delete(key),
    ...(store.size && { size: store.size }),
    close: () => store.close?.(),
    statistics() {
      const { failOpen, dropped, tooLarge, badSeals } = values;
      return { faults: failOpen.faults, skipped: failOpen.skipped, dropped, tooLarge, badSeals };
    },
  };
}

function storeOver(values: RedisValues, options: RedisStoreOptions, ages: CopyAges): CacheStore {
  const memory = createL1(options);
  if (memory !== undefined) return new NearCopies(memory, values, ages);
  return {
    get: (key) => (values.failOpen.admits() ? valueIn(values, key) : undefined),
    set: async (key, value, expiresAt) => void (await values.set(key, value, expiresAt)),
    delete: (key) => values.delete(key),
  };
}

async function valueIn(values: RedisValues, key: string): Promise<Uint8Array | undefined> {
  const found = await values.get(key);
  return found === 'unknown' ? undefined : found?.value;
}

/** As many as the memory holds; where it holds none there is nothing to check. */
function maxCopiesOf({ l1 }: RedisStoreOptions): number {
  return l1 === false ? 1 : (l1?.maxEntries ?? 1_000);
}

function createL1(options: RedisStoreOptions): CacheStore | undefined {
  if (options.l1 === false) return undefined;
  const { clock } = options;
  return lruStore({ now: clock && (() => clock.wallNow()), ...options.l1 });
}

function resolveOptions(options: RedisStoreOptions) {
  knownMembers('redisStore', options, KNOWN_OPTIONS);
  const prefix = options.prefix ?? 'nordlys:';
  const { secret, maxValueBytes = 1_048_576, jitter = 0.1 } = options;
  const revalidateMs = options.revalidateMs ?? 1_000;
  if (secret !== undefined && secret.length < MIN_SECRET_LENGTH) {
    throw new TypeError(`redisStore: secret must have at least ${MIN_SECRET_LENGTH} characters.`);
  }
  if (!(jitter >= 0 && jitter <= 0.5)) {
    throw optionError('redisStore: jitter', 'must be a share between 0 and 0.5', jitter);
  }
  if (!(maxValueBytes > 0)) {
    throw optionError('redisStore: maxValueBytes', 'must be a positive number', maxValueBytes);
  }
  if (typeof revalidateMs !== 'number' || !(revalidateMs >= 0)) {
    throw optionError('redisStore: revalidateMs', 'must be milliseconds, 0 or more', revalidateMs);
  }
  return {
    prefix,
    revalidateMs,
    secret: secret ?? `unsealed:${prefix}`,
    maxValueBytes,
    jitter,
    clock: options.clock ?? systemClock,
    random: options.random ?? Math.random,
  };
}
