import http from 'node:http';
import https from 'node:https';
import type { Clock } from '../contracts/clock.js';
import type { UpstreamNetwork } from '../contracts/network.js';
import type { UpstreamRequest, UpstreamUrl } from '../contracts/transport.js';
import { systemClock } from '../util/clock.js';
import { connectGuarded, targetOf } from './ssrf-guard.js';
import { createDnsCache } from './dns-cache.js';
import { networked, type PooledAgent } from './network-agent.js';

/** Pool of connections that carry callers' own keys to the providers' configured origins. */
export const CALLERS_POOL = 'callers';
/** Pool of connections to addresses that callers chose: each is checked when it is opened. */
export const GUARDED_POOL = 'guarded';

/** Creates the agent of one origin in one pool. */
export type AgentFactory = (
  url: UpstreamUrl,
  pool: string,
  keepAlive: boolean,
  network?: UpstreamNetwork,
) => PooledAgent;

/** Idle connections that one origin may keep. */
const MAX_IDLE = 256;
/** Idle connections are closed after this time, in milliseconds; most upstreams close theirs after 60 s or more. */
const IDLE_MS = 30_000;

/** Creates agents that share one DNS cache; those of the guarded pool open sockets through the SSRF guard only. */
export function agentFactory(clock: Clock = systemClock): AgentFactory {
  const lookup = createDnsCache(clock);
  return function createAgent(url, pool, keepAlive, network) {
    // LIFO: when the load falls, the connections used least recently become idle and close. No maximum, because streams
    // hold their connections for minutes.
    const options: https.AgentOptions = {
      keepAlive,
      maxSockets: Infinity,
      maxFreeSockets: MAX_IDLE,
      scheduling: 'lifo',
      timeout: IDLE_MS,
      lookup,
    };
    const agent = url.protocol === 'https:' ? new https.Agent(options) : new http.Agent(options);
    // The guard comes first: an address that a caller chose is never reached through a proxy or a unix socket.
    if (pool === GUARDED_POOL) return guarded(agent, url);
    return network === undefined ? agent : networked(agent, url, network, lookup);
  };
}

/**
 * Sockets are shared only between calls of the same origin, pool and network. Whether the guard allows a listed address
 * is part of the key.
 */
export function poolKey(url: UpstreamUrl, pool: string, network?: UpstreamNetwork): string {
  const listed = pool !== '' && url.isListedAddress === true ? ' listed' : '';
  const key = pool === '' ? url.origin : `${pool}${listed} ${url.origin}`;
  return network === undefined ? key : `${key} ${network.id}`;
}

/** Every socket of this agent is opened by the guard: Node calls `createConnection` for each. */
function guarded(agent: http.Agent, url: UpstreamUrl): http.Agent {
  const target = targetOf(url);
  return Object.assign(agent, { createConnection: () => connectGuarded(target) });
}

/** The agents for upstream calls, one per origin and pool; Node's global agents are never used. */
export class AgentPool {
  readonly #create: AgentFactory;
  readonly #kept = new Map<string, PooledAgent>();
  readonly #fresh = new Map<string, PooledAgent>();
  readonly #maxPools: number;
  #closed = false;

  constructor(create: AgentFactory = agentFactory(), maxPools = 1_024) {
    this.#create = create;
    this.#maxPools = maxPools;
  }

  agentFor({ url, pool, fresh, network }: UpstreamRequest): http.Agent {
    const agents = fresh ? this.#fresh : this.#kept;
    const key = poolKey(url, pool, network);
    let agent = agents.get(key);
    if (agent === undefined) {
      if (agents.size >= this.#maxPools) this.#dropOldest(agents);
      agent = this.#create(url, pool, !fresh && !this.#closed, network);
      agents.set(key, agent);
    }
    return agent;
  }

  sockets(): { active: number; idle: number } {
    let active = 0;
    let idle = 0;
    for (const agent of [...this.#kept.values(), ...this.#fresh.values()]) {
      active += count(agent.sockets) + (agent.opening ?? 0);
      idle += count(agent.freeSockets);
    }
    return { active, idle };
  }

  /** Closes idle connections; those in use close when their calls end. */
  close(): void {
    this.#closed = true;
    for (const agent of this.#kept.values()) closeIdle(agent);
  }

  #dropOldest(agents: Map<string, PooledAgent>): void {
    const oldest = agents.entries().next();
    if (oldest.done === true) return;
    agents.delete(oldest.value[0]);
    closeIdle(oldest.value[1]);
  }
}

function closeIdle(agent: http.Agent): void {
  // Connections in use must close when they become idle.
  agent.maxFreeSockets = 0;
  for (const sockets of Object.values(agent.freeSockets)) for (const socket of sockets ?? []) socket.destroy();
}

function count(sockets: NodeJS.ReadOnlyDict<unknown[]>): number {
  let total = 0;
  for (const list of Object.values(sockets)) total += list?.length ?? 0;
  return total;
}
