import type { UpstreamRequest } from '../contracts/transport.js';
import type { Clock } from '../contracts/clock.js';
import { createDnsCache } from '../transports/dns-cache.js';
import { poolKey } from '../transports/agent-pool.js';
import { Connection, type ConnectionParts } from './connection.js';

/** Idle connections that one origin may keep, in one pool. */
const MAX_IDLE = 256;

/** The connections for upstream calls, each with one call at a time. The one used last is reused first. No maximum. */
export class Connections {
  readonly #parts: ConnectionParts;
  #active = 0;
  /** By origin, pool and network: sockets of different ones are never shared. */
  readonly #idle = new Map<string, Connection[]>();
  #closed = false;

  constructor(clock: Clock) {
    this.#parts = { lookup: createDnsCache(clock), sessions: new Map() };
  }

  take(request: UpstreamRequest): Connection {
    const { url, pool, network, fresh } = request;
    this.#active++;
    const kept = fresh ? undefined : this.#idle.get(poolKey(url, pool, network))?.pop();
    return kept ?? this.#open(request);
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

  #open(request: UpstreamRequest): Connection {
    const connection: Connection = new Connection(request, this.#parts, {
      onFree: () => (request.fresh ? connection.destroy() : this.#keep(connection)),
      onClosed: () => this.#drop(connection),
    });
    return connection;
  }

  #keep(connection: Connection): void {
    const { key } = connection;
    const list = this.#idle.get(key) ?? [];
    if (this.#closed || list.length >= MAX_IDLE) return connection.destroy();
    this.#active--;
    this.#idle.set(key, list);
    list.push(connection);
  }

  #drop(connection: Connection): void {
    const { key } = connection;
    const list = this.#idle.get(key) ?? [];
    const at = list.indexOf(connection);
    if (at < 0) this.#active--;
    else list.splice(at, 1);
    // Callers choose addresses, so the entry of an unused one is removed.
    if (list.length === 0) this.#idle.delete(key);
  }
}
