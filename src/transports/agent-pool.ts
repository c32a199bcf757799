import http from 'node:http';
import https from 'node:https';
import type { Clock } from '../contracts/clock.js';
import type { UpstreamUrl } from '../contracts/transport.js';
import { systemClock } from '../util/clock.js';
import { connectGuarded } from './ssrf-guard.js';
import { createDnsCache } from './dns-cache.js';

/** Connections that carry callers' own keys to the providers' own addresses. */
export const CALLERS_POOL = 'callers';
/** Connections to addresses that callers chose: every one is checked as it is opened. */
export const GUARDED_POOL = 'guarded';

/** Makes the agent of one origin in one pool. */
export type AgentFactory = (url: UpstreamUrl, pool: string, keepAlive: boolean) => http.Agent;

/** Idle connections that one origin may keep. */
const MAX_IDLE = 256;
/** Idle connections are closed after this long; most upstreams close theirs after 60 s or more. */
const IDLE_MS = 30_000;

/** Agents whose sockets share one DNS cache, and whose guarded ones open only through the SSRF guard. */
export function agentFactory(clock: Clock = systemClock): AgentFactory {
  const lookup = createDnsCache(clock);
  return function createAgent(url, pool, keepAlive) {
    // Last used, first reused: a pool that has shrunk lets its oldest connections go. No cap: streams hold theirs for minutes.
    const options: https.AgentOptions = {
      keepAlive,
      maxSockets: Infinity,
      maxFreeSockets: MAX_IDLE,
      scheduling: 'lifo',
      timeout: IDLE_MS,
      lookup,
    };
    const agent = url.protocol === 'https:' ? new https.Agent(options) : new http.Agent(options);
    return pool === GUARDED_POOL ? guarded(agent, url) : agent;
  };
}

/** No socket of this agent opens but through the guard: Node asks `createConnection` for every one. */
function guarded(agent: http.Agent, url: UpstreamUrl): http.Agent {
  const secure = url.protocol === 'https:';
  const port = url.port === '' ? (secure ? 443 : 80) : Number(url.port);
  const target = { host: url.hostname, port, secure, isListedAddress: url.isListedAddress === true };
  return Object.assign(agent, { createConnection: () => connectGuarded(target) });
}

/** Calls with equal keys may use each other's connections. Whether the guard lets an address pass is part of the key. */
export function poolKey(pool: string, { origin, isListedAddress }: UpstreamUrl): string {
  if (pool === '') return origin;
  return isListedAddress === true ? `${pool} listed ${origin}` : `${pool} ${origin}`;
}

/** The agents of this process's upstream calls: one set per origin and pool, never Node's global ones. */
export class AgentPool {
  readonly #create: AgentFactory;
  readonly #kept = new Map<string, http.Agent>();
  readonly #fresh = new Map<string, http.Agent>();
  readonly #maxPools: number;
  #closed = false;

  constructor(create: AgentFactory = agentFactory(), maxPools = 1_024) {
    this.#create = create;
    this.#maxPools = maxPools;
  }

  agentFor(url: UpstreamUrl, pool: string, fresh: boolean): http.Agent {
    const agents = fresh ? this.#fresh : this.#kept;
    const key = poolKey(pool, url);
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

  /** Closes what is idle; what is at work closes as it ends. */
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
  // What is still at work must not come back as idle.
  agent.maxFreeSockets = 0;
  for (const sockets of Object.values(agent.freeSockets)) for (const socket of sockets ?? []) socket.destroy();
}

function count(sockets: NodeJS.ReadOnlyDict<unknown[]>): number {
  let total = 0;
  for (const list of Object.values(sockets)) total += list?.length ?? 0;
  return total;
}
