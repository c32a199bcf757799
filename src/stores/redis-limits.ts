import { hash } from 'node:crypto';
import type { LimitHold, LimitLevel, LimitOrder, LimitReply, LimitStore } from '../contracts/limit-store.js';
import { defineOptions, type RowsFor } from '../options/group.js';
import { word } from '../options/rows.js';
import { LIMIT_SCRIPT } from './limit-script/limit-script.js';
import { SYNC_SCRIPT } from './limit-script/sync-script.js';
import { redisScript, redisScripts, type RedisScriptClient, type RedisScripts } from './redis-scripts.js';

/** Options of `redisLimits()`. */
export interface RedisLimitsOptions {
  /** Prefix of every key in Redis. @defaultValue `'nordlys:'` */
  readonly prefix?: string | undefined;
}

export const REDIS_LIMITS = defineOptions({
  path: 'redisLimits',
  prefix: 'redisLimits: ',
  rows: {
    prefix: word('Prefix of every key in Redis.').or('nordlys:'),
  } satisfies RowsFor<RedisLimitsOptions>,
});

const LIMIT = redisScript(LIMIT_SCRIPT);
const SYNC = redisScript(SYNC_SCRIPT);
/** Longer names are hashed, because every call contains them. */
const MAX_TAG = 128;

/**
 * Limits that all processes share, in Redis or Valkey, over the host's own `redis` (5 or newer) or `ioredis` client,
 * single or cluster. Each call is one script over two keys with the hash tag of its group, and takes the server's time.
 * `limits.onStoreError` decides while the server is slow or unreachable. The host connects, monitors and closes the
 * client.
 *
 * @throws TypeError when `client` is of neither kind, or an option is invalid.
 * @example
 * createGateway({ …, limits: { store: redisLimits(redis), rules: [{ name: 'day', by: 'caller', usd: 5, per: 'day' }] } })
 */
export function redisLimits(client: RedisScriptClient, options: RedisLimitsOptions = {}): LimitStore {
  const { prefix } = REDIS_LIMITS.parse(options);
  return new RedisLimits(redisScripts(client, 'redisLimits'), prefix);
}

class RedisLimits implements LimitStore {
  readonly keepsShares = true;
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

  reserve: LimitStore['reserve'] = (order) => this.#run('reserve', order, { ttlMs: order.ttlMs });

  adjust: LimitStore['adjust'] = (order) => this.#run('adjust', order, { ttlMs: order.ttlMs });

  settle: LimitStore['settle'] = (order) => this.#run('settle', order, { mode: order.unknown });

  read: LimitStore['read'] = (order) => this.#run('read', { ...order, lease: '' });

  async claim(group: string, name: string, ttlMs: number): Promise<boolean> {
    return (await this.#run('claim', { group, lease: name, holds: [] }, { ttlMs })).outcome === 'granted';
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

  async #run(op: string, order: Call, { ttlMs = 0, mode = '' } = {}): Promise<LimitReply> {
    const { group, lease, holds, sharing = NO_SHARING } = order;
    const { process, sequence, parts, minRequests } = sharing;
    const shares = [sequence, parts, minRequests, sharing.ttlMs].map(String);
    const args = [op, lease, String(ttlMs), mode, process, ...shares];
    for (const hold of holds) args.push(...argumentsOf(hold));
    const tag = `${this.#prefix}{${tagOf(group)}}`;
    const [outcome, ...numbers] = await this.#scripts.run(LIMIT, [`${tag}:limits`, `${tag}:limits:expiry`], args);
    return {
      outcome: outcomeOf(outcome),
      levels: holds.map((_, index) => levelIn(numbers, index * NUMBERS_PER_HOLD)),
    };
  }
}

type Call = Pick<LimitOrder, 'group' | 'lease' | 'holds' | 'sharing'>;

const NO_SHARING = { process: '', sequence: 0, parts: 1, minRequests: 0, ttlMs: 0 };
const NUMBERS_PER_HOLD = 4;

function argumentsOf({ counter, amount, enforced, floor = 0, share }: LimitHold): readonly string[] {
  const { field, kind, capacity, rate, expiresAt } = counter;
  const { own = -1, total = -1 } = share ?? {};
  return [
    field,
    kind,
    String(capacity),
    String(rate),
    String(expiresAt),
    String(amount),
    enforced ? '1' : '0',
    String(floor),
    String(own),
    String(total),
  ];
}

/** The text between the braces selects the hash slot, so braces in the group are encoded. */
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
    share: Number(numbers[at + 3]),
  };
}
