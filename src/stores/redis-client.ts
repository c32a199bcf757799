/** The methods of an `ioredis` client (or cluster) that this package uses. */
export interface IoredisLike {
  /** `GET`, as bytes. */
  getBuffer(key: string): Promise<Uint8Array | null>;
  /** `SET key value PX milliseconds`. */
  set(key: string, value: Buffer, unit: 'PX', milliseconds: number): Promise<unknown>;
  /** `DEL`. */
  del(key: string): Promise<unknown>;
}

/** The methods of a `redis` client, version 5 or newer, that this package uses. */
export interface NodeRedisLike {
  /** A client whose replies are mapped to these types. */
  withTypeMapping(mapping: BytesForStrings): { get(key: string): Promise<unknown> };
  /** `SET` with an expiry in milliseconds. */
  set(key: string, value: Buffer, options: { PX: number }): Promise<unknown>;
  /** `DEL`. */
  del(key: string): Promise<unknown>;
}

/** The host's own client: `redis` (node-redis) or `ioredis`. This package imports neither. */
export type RedisClient = IoredisLike | NodeRedisLike;

/** The three commands of a cache, over either client. They may reject, and may never settle. */
export interface RedisCommands {
  get(key: string): Promise<Uint8Array | undefined>;
  set(key: string, value: Buffer, ttlMs: number): Promise<unknown>;
  delete(key: string): Promise<unknown>;
}

/** RESP's type byte of a bulk string, `$`: read as bytes, since signed values are not text. */
const BULK_STRING = 36;
/** The mapping with which node-redis gives strings of the server as bytes. */
export type BytesForStrings = {
  /** RESP type of bulk strings: replies of that type are buffers. */
  readonly 36: typeof Buffer;
};

/** @throws TypeError for a `client` that is neither `redis` nor `ioredis` */
export function redisCommands(client: RedisClient): RedisCommands {
  if (isIoredis(client)) return ioredisCommands(client);
  if (isNodeRedis(client)) return nodeRedisCommands(client);
  throw new TypeError('redisStore: expected a client of `redis` (version 5 or newer) or `ioredis`.');
}

function ioredisCommands(client: IoredisLike): RedisCommands {
  return {
    get: async (key) => bytesOf(await client.getBuffer(key)),
    set: async (key, value, ttlMs) => client.set(key, value, 'PX', ttlMs),
    delete: async (key) => client.del(key),
  };
}

function nodeRedisCommands(client: NodeRedisLike): RedisCommands {
  const reader = client.withTypeMapping({ [BULK_STRING]: Buffer });
  return {
    get: async (key) => bytesOf(await reader.get(key)),
    set: async (key, value, ttlMs) => client.set(key, value, { PX: ttlMs }),
    delete: async (key) => client.del(key),
  };
}

function bytesOf(reply: unknown): Uint8Array | undefined {
  return reply instanceof Uint8Array ? reply : undefined;
}

function isIoredis(client: unknown): client is IoredisLike {
  return hasMethod(client, 'getBuffer') && hasMethod(client, 'set') && hasMethod(client, 'del');
}

function isNodeRedis(client: unknown): client is NodeRedisLike {
  return hasMethod(client, 'withTypeMapping') && hasMethod(client, 'set') && hasMethod(client, 'del');
}

function hasMethod(client: unknown, name: string): boolean {
  return (
    typeof client === 'object' && client !== null && typeof (client as Record<string, unknown>)[name] === 'function'
  );
}
