import type { UpstreamRequest, UpstreamUrl } from '../contracts/transport.js';
import type { Clock } from '../contracts/clock.js';
import { createDnsCache } from '../transports/dns-cache.js';
import { poolKey } from '../transports/agent-pool.js';
import { Connection, type ConnectionParts } from './connection.js';

/** Idle connections that one origin may keep, in one pool. */
const MAX_IDLE = 256;

/** The connections of this process's upstream calls, each with one call at a time. Last used, first reused; no cap. */
export class Connections {
  readonly #parts: ConnectionParts;
  #active = 0;
  /** By pool and origin: sockets of different pools are never shared. */
  readonly #idle = new Map<string, Connection[]>();
  #closed = false;

  constructor(clock: Clock) {
    this.#parts = { lookup: createDnsCache(clock), sessions: new Map() };
  }

  take({ url, pool, fresh }: UpstreamRequest): Connection {
    this.#active++;
    const kept = fresh ? undefined : this.#idle.get(poolKey(pool, url))?.pop();
    return kept ?? this.#open(url, pool, fresh);
  }

  count(): { active: number; idle: number } {
    let idle = 0;
    for (const list of this.#idle.values()) idle += list.length;
    return { active: this.#active, idle };
  }

  /** Closes what is idle; what is at work closes as it ends. */
  close(): void {
    this.#closed = true;
    for (const list of this.#idle.values()) for (const connection of list.slice()) connection.destroy();
  }

  #open(url: UpstreamUrl, pool: string, fresh: boolean): Connection {
    const connection: Connection = new Connection(url, pool, this.#parts, {
      onFree: () => (fresh ? connection.destroy() : this.#keep(connection)),
      onClosed: () => this.#drop(connection),
    });
    return connection;
  }

  #keep(connection: Connection): void {
    const key = poolKey(connection.pool, connection.url);
    const list = this.#idle.get(key) ?? [];
    if (this.#closed || list.length >= MAX_IDLE) return connection.destroy();
    this.#active--;
    this.#idle.set(key, list);
    list.push(connection);
  }

  #drop(connection: Connection): void {
    const key = poolKey(connection.pool, connection.url);
    const list = this.#idle.get(key) ?? [];
    const at = list.indexOf(connection);
    if (at < 0) this.#active--;
    else list.splice(at, 1);
    // Callers choose addresses: what nobody uses any more must not be remembered for ever.
    if (list.length === 0) this.#idle.delete(key);
  }
}
