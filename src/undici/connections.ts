import type { UpstreamRequest, UpstreamUrl } from '../contracts/transport.js';
import type { Clock } from '../contracts/clock.js';
import type { Guard } from '../transports/ssrf-guard.js';
import { createDnsCache } from '../transports/dns-cache.js';
import { Connection, poolKey, type ConnectionParts } from './connection.js';

/** Idle connections that one origin may keep, in one pool. */
const MAX_IDLE = 256;

/** The connections for upstream calls, each with one call at a time. The one used last is reused first. No maximum. */
export class Connections {
  readonly #parts: ConnectionParts;
  #active = 0;
  /** By pool and origin: connections of different pools are never shared. */
  readonly #idle = new Map<string, Connection[]>();
  #closed = false;

  constructor(guard: Guard, clock: Clock) {
    this.#parts = { guard, lookup: createDnsCache(clock), sessions: new Map() };
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

  /** Closes idle connections; those in use close when their calls end. */
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
    // Callers choose addresses, so the entry of an unused one is removed.
    if (list.length === 0) this.#idle.delete(key);
  }
}
