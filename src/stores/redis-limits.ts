import { hash } from 'node:crypto';
import type { LimitHold, LimitLevel, LimitReply, LimitStore } from '../contracts/limit-store.js';
import { defineOptions, type RowsFor } from '../options/group.js';
import { word } from '../options/rows.js';
import { LIMIT_SCRIPT, SYNC_SCRIPT } from './limit-script.js';
import { redisScript, redisScripts, type RedisScriptClient, type RedisScripts } from './redis-scripts.js';

/** How limits are counted in Redis. */
export interface RedisLimitsOptions {
  /** Before every key in Redis. @defaultValue `'nordlys:'` */
  readonly prefix?: string | undefined;
}

export const REDIS_LIMITS = defineOptions({
  path: 'redisLimits',
  prefix: 'redisLimits: ',
  rows: {
    prefix: word('Stands before every key in Redis.').or('nordlys:'),
  } satisfies RowsFor<RedisLimitsOptions>,
});

const LIMIT = redisScript(LIMIT_SCRIPT);
const SYNC = redisScript(SYNC_SCRIPT);
/** A longer name is hashed: keys are sent with every call. */
const MAX_TAG = 128;

/**
 * Limits that all processes share, in Redis or Valkey, over the host's own `redis` (5 or newer) or `ioredis` client,
 * single or cluster. Each call is one script over two keys with the hash tag of its group, and takes the server's time.
 * What happens while the server is slow or gone is said by `limits.onStoreError`. The client stays the host's to connect,
 * to watch and to close.
 *
 * @throws TypeError when `client` is of neither kind, or an option is wrong.
 * @example
 * createGateway({ …, limits: { store: redisLimits(redis), rules: [{ name: 'day', by: 'caller', usd: 5, per: 'day' }] } })
 */
export function redisLimits(client: RedisScriptClient, options: RedisLimitsOptions = {}): LimitStore {
  const { prefix } = REDIS_LIMITS.parse(options);
  return new RedisLimits(redisScripts(client, 'redisLimits'), prefix);
}

class RedisLimits implements LimitStore {
  readonly #scripts: RedisScripts;
  readonly #prefix: string;
  readonly #blocks: string;
  readonly #processes: string;

  constructor(scripts: RedisScripts, prefix: string) {
    this.#scripts = scripts;
    this.#prefix = prefix;
    this.#blocks = `${prefix}{limits}:blocks`;
    this.#processes = `${prefix}{limits}:processes`;
  }

  reserve: LimitStore['reserve'] = ({ group, lease, ttlMs, holds }) =>
    this.#run(group, ['reserve', lease, ttlMs, ''], holds);

  adjust: LimitStore['adjust'] = ({ group, lease, ttlMs, holds }) =>
    this.#run(group, ['adjust', lease, ttlMs, ''], holds);

  settle: LimitStore['settle'] = ({ group, lease, holds, unknown }) =>
    this.#run(group, ['settle', lease, 0, unknown], holds);

  read: LimitStore['read'] = ({ group, holds }) => this.#run(group, ['read', '', 0, ''], holds);

  async claim(group: string, name: string, ttlMs: number): Promise<boolean> {
    return (await this.#run(group, ['claim', name, ttlMs, ''], [])).outcome === 'granted';
  }

  async block(subject: string, untilMs: number): Promise<void> {
    const until = String(Math.ceil(untilMs));
    if (untilMs > Date.now()) await this.#scripts.setField(this.#blocks, subject, until);
    else await this.#scripts.deleteField(this.#blocks, subject);
  }

  sync: LimitStore['sync'] = async (id, ttlMs) => {
    const keys = [this.#blocks, this.#processes];
    const [processes, ...pairs] = await this.#scripts.run(SYNC, keys, [id, String(ttlMs)]);
    const blocks = [];
    for (let at = 0; at + 1 < pairs.length; at += 2) {
      blocks.push({ subject: pairs[at]!, untilMs: Number(pairs[at + 1]) });
    }
    return { processes: Math.max(1, Number(processes)), blocks };
  };

  async #run(group: string, head: readonly (string | number)[], holds: readonly LimitHold[]): Promise<LimitReply> {
    const args = head.map(String);
    for (const { counter, amount, enforced, floor = 0 } of holds) {
      const { field, kind, capacity, rate, expiresAt } = counter;
      args.push(field, kind, ...[capacity, rate, expiresAt, amount].map(String), enforced ? '1' : '0', String(floor));
    }
    const tag = `${this.#prefix}{${tagOf(group)}}`;
    const [outcome, ...numbers] = await this.#scripts.run(LIMIT, [`${tag}:limits`, `${tag}:limits:expiry`], args);
    return { outcome: outcomeOf(outcome), levels: holds.map((_, index) => levelIn(numbers, index * 3)) };
  }
}

/** What stands between the braces decides on the slot: no brace of the group's own may end it. */
function tagOf(group: string): string {
  const tag = encodeURIComponent(group);
  return tag.length <= MAX_TAG ? tag : hash('sha256', group);
}

function outcomeOf(word: string | undefined): LimitReply['outcome'] {
  return word === 'granted' || word === 'refused' ? word : 'unknown';
}

function levelIn(numbers: readonly string[], at: number): LimitLevel {
  const wait = Number(numbers[at + 2]);
  return {
    used: Number(numbers[at]),
    settled: Number(numbers[at + 1]),
    waitMs: wait === -1 ? Infinity : wait === -2 ? undefined : wait,
  };
}
