import { createHash } from 'node:crypto';

/** The methods of an `ioredis` client (or cluster) that scripts need. */
export interface IoredisScripts {
  /** `EVALSHA`. */
  evalsha(sha: string, keys: number, ...keysAndArguments: string[]): Promise<unknown>;
  /** `EVAL`. */
  eval(script: string, keys: number, ...keysAndArguments: string[]): Promise<unknown>;
  /** `HSET`. */
  hset(key: string, field: string, value: string): Promise<unknown>;
  /** `HDEL`. */
  hdel(key: string, field: string): Promise<unknown>;
}

/** The methods of a `redis` client, version 5 or newer, that scripts need. */
export interface NodeRedisScripts {
  /** `EVALSHA`. */
  evalSha(sha: string, options: ScriptInput): Promise<unknown>;
  /** `EVAL`. */
  eval(script: string, options: ScriptInput): Promise<unknown>;
  /** `HSET`. */
  hSet(key: string, field: string, value: string): Promise<unknown>;
  /** `HDEL`. */
  hDel(key: string, field: string): Promise<unknown>;
}

/** Keys and arguments of a script. */
export interface ScriptInput {
  /** Keys that the script touches; all in one hash slot. */
  keys: string[];
  /** Arguments of the script. */
  arguments: string[];
}

/** The host's own client: `redis` (node-redis) or `ioredis`, single or cluster. This package imports neither. */
export type RedisScriptClient = IoredisScripts | NodeRedisScripts;

/** Runs scripts over either client. All methods may reject, and may never settle. */
export interface RedisScripts {
  /** The reply as a list of texts. A script that the server does not know is sent in full. */
  run(script: RedisScript, keys: readonly string[], args: readonly string[]): Promise<readonly string[]>;
  setField(key: string, field: string, value: string): Promise<unknown>;
  deleteField(key: string, field: string): Promise<unknown>;
}

/** A script and its SHA-1, by which Redis runs it. */
export interface RedisScript {
  readonly text: string;
  readonly sha: string;
}

export function redisScript(text: string): RedisScript {
  return { text, sha: createHash('sha1').update(text).digest('hex') };
}

/** @throws TypeError for a `client` that is neither `redis` nor `ioredis` */
export function redisScripts(client: RedisScriptClient, asker: string): RedisScripts {
  if (isIoredis(client)) {
    return {
      run: withFallback(
        (sha, keys, args) => client.evalsha(sha, keys.length, ...keys, ...args),
        (text, keys, args) => client.eval(text, keys.length, ...keys, ...args),
      ),
      setField: (key, field, value) => client.hset(key, field, value),
      deleteField: (key, field) => client.hdel(key, field),
    };
  }
  if (isNodeRedis(client)) {
    return {
      run: withFallback(
        (sha, keys, args) => client.evalSha(sha, { keys: [...keys], arguments: [...args] }),
        (text, keys, args) => client.eval(text, { keys: [...keys], arguments: [...args] }),
      ),
      setField: (key, field, value) => client.hSet(key, field, value),
      deleteField: (key, field) => client.hDel(key, field),
    };
  }
  throw new TypeError(`${asker}: expected a client of \`redis\` (version 5 or newer) or \`ioredis\`.`);
}

type Evaluate = (script: string, keys: readonly string[], args: readonly string[]) => Promise<unknown>;

function withFallback(bySha: Evaluate, byText: Evaluate): RedisScripts['run'] {
  return async function run({ text, sha }, keys, args) {
    try {
      return textsOf(await bySha(sha, keys, args));
    } catch (error) {
      // A restarted server, or a promoted replica, does not have the script.
      if (!isUnknownScript(error)) throw error;
      return textsOf(await byText(text, keys, args));
    }
  };
}

function isUnknownScript(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('NOSCRIPT');
}

function textsOf(reply: unknown): readonly string[] {
  if (Array.isArray(reply)) return reply.map((entry: unknown) => String(entry));
  throw new TypeError('The script replied with something that is no list.');
}

function isIoredis(client: unknown): client is IoredisScripts {
  return hasMethods(client, ['evalsha', 'eval', 'hset', 'hdel']);
}

function isNodeRedis(client: unknown): client is NodeRedisScripts {
  return hasMethods(client, ['evalSha', 'eval', 'hSet', 'hDel']);
}

function hasMethods(client: unknown, names: readonly string[]): boolean {
  return names.every((name) => typeof Reflect.get(Object(client), name) === 'function');
}
