import http from 'node:http';
import https from 'node:https';
import type { Clock } from '../contracts/clock.js';
import type { UpstreamUrl } from '../contracts/transport.js';
import { systemClock } from '../util/clock.js';
import { connectGuarded, type Guard } from './ssrf-guard.js';
import { createDnsCache } from './dns-cache.js';

/** Pool of connections that carry callers' own keys to the providers' configured origins. */
export const CALLERS_POOL = 'callers';
/** Pool of connections to addresses that callers chose: each is checked when it is opened. */
export const GUARDED_POOL = 'guarded';

/** Creates the agent of one origin in one pool. */
export type AgentFactory = (url: UpstreamUrl, pool: string, keepAlive: boolean) => http.Agent;

/** Idle connections that one origin may keep. */
const MAX_IDLE = 256;
/** Idle connections are closed after this time, in milliseconds; most upstreams close theirs after 60 s or more. */
const IDLE_MS = 30_000;

/** Creates agents; those of the guarded pool open sockets through `guard` only. */
export function agentFactory(guard: Guard, clock: Clock = systemClock): AgentFactory {
  const lookup = createDnsCache(clock);
  return function createAgent(url, pool, keepAlive) {
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
    return pool === GUARDED_POOL ? guarded(agent, url, guard) : agent;
  };
}

/** Every socket of this agent is opened by the guard: Node calls `createConnection` for each. */
function guarded(agent: http.Agent, url: UpstreamUrl, guard: Guard): http.Agent {
  const secure = url.protocol === 'https:';
  const target = { host: url.hostname, port: url.port === '' ? (secure ? 443 : 80) : Number(url.port), secure };
  return Object.assign(agent, { createConnection: () => connectGuarded(target, guard) });
}

/** The agents for upstream calls, one per origin and pool; Node's global agents are never used. */
export class AgentPool {
  readonly #create: AgentFactory;
  readonly #kept = new Map<string, http.Agent>();
  readonly #fresh = new Map<string, http.Agent>();
  readonly #maxPools: number;
  #closed = false;

  constructor(create: AgentFactory = agentFactory({ literals: new Set() }), maxPools = 1_024) {
    this.#create = create;
    this.#maxPools = maxPools;
  }

  agentFor(url: UpstreamUrl, pool: string, fresh: boolean): http.Agent {
    const agents = fresh ? this.#fresh : this.#kept;
    const key = pool === '' ? url.origin : `${pool} ${url.origin}`;
    let agent = agents.get(key);
    if (agent === undefined) {
      if (agents.size >= this.#maxPools) this.#dropOldest(agents);
      agent = this.#create(url, pool, !fresh && !this.#closed);
      agents.set(key, agent);
    }
    return agent;
  }

  sockets(): { active: number; idle: number } {
    let active = 0;
    let idle = 0;
    for (const agent of [...this.#kept.values(), ...this.#fresh.values()]) {
      active += count(agent.sockets);
      idle += count(agent.freeSockets);
    }
    return { active, idle };
  }

  /** Closes idle connections; those in use close when their calls end. */
  close(): void {
    this.#closed = true;
    for (const agent of this.#kept.values()) closeIdle(agent);
  }

  #dropOldest(agents: Map<string, http.Agent>): void {
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
