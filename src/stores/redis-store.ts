import type { Clock } from '../contracts/clock.js';
import type { CacheStore } from '../contracts/store.js';
import { systemClock } from '../util/clock.js';
import { optionError } from '../options/checks.js';
import { defineOptions, type RowsFor } from '../options/group.js';
import { custom } from '../options/row.js';
import { count, internal, numeric, word } from '../options/rows.js';
import { LRU_STORE, lruStore, type LruStoreOptions } from './lru-store.js';
import { NearCopies } from './near-copies.js';
import { RedisValues } from './redis-values.js';
import { redisCommands, type RedisClient } from './redis-client.js';
import { CopyAges } from './copy-ages.js';
import { createValueSigner } from './authenticated-value.js';

/** How responses are stored in Redis and authenticated. */
export interface RedisStoreOptions {
  /** Prefix of every key in Redis. @defaultValue `'nordlys:'` */
  readonly prefix?: string | undefined;
  /**
   * Authenticates the values (HMAC); must be the same in all processes that share them. Without it, the key is derived
   * from `prefix`: damaged and misplaced values are found, but everyone who can write to Redis can forge one.
   */
  readonly secret?: string | undefined;
  /** The memory in front of Redis; `false` for none. @defaultValue 1,000 entries, 64 MiB */
  readonly l1?: LruStoreOptions | false | undefined;
  /**
   * How long the memory in front of Redis serves a value, in milliseconds, before it reads Redis again: the longest time
   * for which a process serves a response that another one has replaced (`no-cache`) or deleted. 0 reads Redis each time.
   * While Redis does not respond, the memory serves a value until it expires.
   * @defaultValue `1_000`
   */
  readonly revalidateMs?: number | undefined;
  /** Values larger than this are not sent to Redis, in bytes. @defaultValue `1_048_576` (1 MiB) */
  readonly maxValueBytes?: number | undefined;
  /**
   * The lifetime of each value is shortened at random by up to this share, so that values that were stored together do
   * not expire together. @defaultValue `0.1`
   */
  readonly jitter?: number | undefined;
  /** @internal Time, for tests. */
  readonly clock?: Clock | undefined;
  /** @internal Numbers in [0, 1), for tests. */
  readonly random?: (() => number) | undefined;
}

const MIN_SECRET_LENGTH = 16;

export const REDIS_STORE = defineOptions({
  path: 'redisStore',
  prefix: 'redisStore: ',
  rows: {
    prefix: word('Prefix of every key in Redis.').or('nordlys:'),
    secret: custom(
      `a string of at least ${MIN_SECRET_LENGTH} characters`,
      checkSecret,
      'Authenticates the values. Without it, damaged values are found, but forged ones are not.',
    ),
    l1: custom(
      `\`false\`, ${LRU_STORE.shape}`,
      (path, value) => (value === false ? false : LRU_STORE.parse(value, path)),
      'The memory in front of Redis; `false`: none.',
    ).defaultsTo('1,000 entries, 64 MiB'),
    revalidateMs: numeric(
      'milliseconds, 0 or more',
      (value) => value >= 0,
      'How long the memory in front of Redis serves a value before it reads Redis again; `0`: reads each time.',
    ).or(1_000),
    maxValueBytes: count('bytes', 'Larger values are not sent to Redis.').or(1_048_576, '`1_048_576` (1 MiB)'),
    jitter: numeric(
      'a share between 0 and 0.5',
      (value) => value >= 0 && value <= 0.5,
      'The share of its time that is taken from each value at random, so that values do not all expire at once.',
    ).or(0.1),
    clock: internal<Clock>(),
    random: internal<() => number>(),
  } satisfies RowsFor<RedisStoreOptions>,
});

/** The error never contains the secret. */
function checkSecret(path: string, value: unknown): string {
  if (typeof value === 'string' && value.length >= MIN_SECRET_LENGTH) return value;
  throw optionError(path, `must be a string of at least ${MIN_SECRET_LENGTH} characters`);
}

/** Counters of a Redis store. */
export interface RedisStoreStatistics {
  /** Commands that failed or timed out. */
  readonly faults: number;
  /** Commands that were not sent, because Redis kept failing. */
  readonly skipped: number;
  /** Writes that were not sent, because too many were in flight. */
  readonly dropped: number;
  /** Values that were too large to send. */
  readonly tooLarge: number;
  /** Values in Redis whose signature was invalid. */
  readonly badSeals: number;
}

/** A store in Redis with counters. */
export interface RedisStore extends CacheStore {
  /** Counts of failures, skipped commands and rejected values. */
  statistics(): RedisStoreStatistics;
}

/**
 * A cache store in Redis, over the host's own `redis` (5 or newer) or `ioredis` client, with copies in the memory of this
 * process. Copies are compared with Redis once a second, so no process serves a replaced response for longer.
 * While Redis is slow, full, damaged or down, lookups are misses after at most 50 ms, and never errors.
 * The host connects, monitors and closes the client.
 *
 * @example
 * createGateway({ keys, providers, cache: { store: redisStore(client, { secret: process.env.CACHE_SECRET }) } });
 */
export function redisStore(client: RedisClient, options: RedisStoreOptions = {}): RedisStore {
  const { clock = systemClock, random = Math.random, secret, l1, revalidateMs, ...given } = REDIS_STORE.parse(options);
  const signer = createValueSigner(secret ?? `unsealed:${given.prefix}`);
  const values = new RedisValues({ ...given, clock, random, commands: redisCommands(client), signer });
  const store = l1 === false ? withoutMemory(values) : behindMemory(values, l1, clock, revalidateMs);
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

function behindMemory(
  values: RedisValues,
  options: LruStoreOptions = {},
  clock: Clock,
  revalidateMs: number,
): CacheStore {
  const memory = lruStore(
    clock === systemClock ? options : { ...options, now: options.now ?? (() => clock.wallNow()) },
  );
  // One age for each value in memory.
  return new NearCopies(memory, values, new CopyAges(clock, revalidateMs, options.maxEntries ?? 1_000));
}

function withoutMemory(values: RedisValues): CacheStore {
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
