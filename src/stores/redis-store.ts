import type { Clock } from '../contracts/clock.js';
import type { CacheStore } from '../contracts/store.js';
import { systemClock } from '../util/clock.js';
import { optionError } from '../options/checks.js';
import { defineOptions, type RowsFor } from '../options/group.js';
import { custom } from '../options/row.js';
import { count, internal, numeric, word } from '../options/rows.js';
import { FailOpen } from './fail-open.js';
import { LRU_STORE, lruStore, type LruStoreOptions } from './lru-store.js';
import { redisCommands, type RedisClient } from './redis-client.js';
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

const MIN_SECRET_LENGTH = 16;

export const REDIS_STORE = defineOptions({
  path: 'redisStore',
  prefix: 'redisStore: ',
  rows: {
    prefix: word('Stands before every key in Redis.').or('nordlys:'),
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

/** The secret is never shown. */
function checkSecret(path: string, value: unknown): string {
  if (typeof value === 'string' && value.length >= MIN_SECRET_LENGTH) return value;
  throw optionError(path, `must be a string of at least ${MIN_SECRET_LENGTH} characters`);
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

const GET_LIMIT_MS = 50;
const SET_LIMIT_MS = 200;
const MAX_WRITES_UNDER_WAY = 100;

/**
 * Answers in Redis, over the host's own `redis` (5 or newer) or `ioredis` client, behind a memory of this process.
 * Redis may be slow, full, wrong or gone: then there is no value, at most 50 ms later, and never an error.
 * The client stays the host's to connect, to watch and to close.
 */
export function redisStore(client: RedisClient, options: RedisStoreOptions = {}): RedisStore {
  const { prefix, secret, l1, maxValueBytes, jitter, clock, random } = resolveOptions(options);
  const commands = redisCommands(client);
  const sealer = createValueSigner(secret);
  const redis = new FailOpen(clock);
  let writesUnderWay = 0;
  let dropped = 0;
  let tooLarge = 0;
  let badSeals = 0;

  async function readThrough(key: string): Promise<Uint8Array | undefined> {
    const sealed = await redis.run(() => commands.get(prefix + key), GET_LIMIT_MS);
    if (sealed === undefined) return undefined;
    const unsealed = sealer.unseal(prefix + key, sealed);
    if (unsealed === undefined) {
      badSeals++;
      return undefined;
    }
    // Redis may keep a value longer than it was told to: it was restored, or its clock was turned.
    if (unsealed.expiresAt <= clock.wallNow()) return undefined;
    await l1?.set(key, unsealed.value, unsealed.expiresAt);
    return unsealed.value;
  }

  async function write(key: string, value: Uint8Array, expiresAt: number): Promise<void> {
    const ttlMs = Math.floor((expiresAt - clock.wallNow()) * (1 - jitter * random()));
    if (ttlMs < 1) {
      await redis.run(() => commands.delete(prefix + key), SET_LIMIT_MS);
      return;
    }
    const sealed = sealer.seal(prefix + key, value, clock.wallNow() + ttlMs);
    writesUnderWay++;
    await redis.run(() => commands.set(prefix + key, sealed, ttlMs), SET_LIMIT_MS);
    writesUnderWay--;
  }

  return {
    get(key) {
      const near = l1?.get(key);
      if (near !== undefined) return near;
      return redis.admits() ? readThrough(key) : undefined;
    },
    async set(key, value, expiresAt) {
      await l1?.set(key, value, expiresAt);
      if (value.byteLength > maxValueBytes) tooLarge++;
      else if (writesUnderWay >= MAX_WRITES_UNDER_WAY) dropped++;
      else await write(key, value, expiresAt);
    },
    async delete(key) {
      await l1?.delete(key);
      await redis.run(() => commands.delete(prefix + key), SET_LIMIT_MS);
    },
    ...(l1?.size && { size: l1.size }),
    close: () => l1?.close?.(),
    statistics: () => ({ faults: redis.faults, skipped: redis.skipped, dropped, tooLarge, badSeals }),
  };
}

function resolveOptions(options: RedisStoreOptions) {
  const { clock = systemClock, random = Math.random, ...given } = REDIS_STORE.parse(options);
  return {
    ...given,
    secret: given.secret ?? `unsealed:${given.prefix}`,
    l1: given.l1 === false ? undefined : lruStore(withClock(given.l1, clock)),
    clock,
    random,
  };
}

function withClock(options: LruStoreOptions = {}, clock: Clock): LruStoreOptions {
  return clock === systemClock ? options : { ...options, now: options.now ?? (() => clock.wallNow()) };
}
