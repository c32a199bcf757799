import http, { type ClientRequest } from 'node:http';
import type { Socket } from 'node:net';
import type { Transport, UpstreamEvents, UpstreamRequest } from '../../src/contracts/transport.js';

/** What a plain transport gets wrong, where a test wants it to. */
export interface Flaws {
  readonly handsOnUpgrades?: boolean;
  readonly countsNoInterim?: boolean;
  readonly keepsSocketOnAbort?: boolean;
  readonly sharesPools?: boolean;
  readonly ignoresFresh?: boolean;
}

/** A transport of `node:http` and nothing else: the contract suite is measured against it. */
export function plainTransport(flaws: Flaws = {}): Transport {
  const agents = new Map<string, http.Agent>();
  const working = new Set<ClientRequest>();

  function agentFor({ pool, fresh }: UpstreamRequest): http.Agent | false {
    if (fresh && flaws.ignoresFresh !== true) return false;
    const name = flaws.sharesPools === true ? '' : pool;
    const agent = agents.get(name) ?? new http.Agent({ keepAlive: true, scheduling: 'lifo' });
    agents.set(name, agent);
    return agent;
  }

  return {
    open(request, events) {
      const sent = start(request, agentFor(request), events, flaws);
      working.add(sent);
      sent.on('close', () => working.delete(sent));
      return {
        abort() {
          sent.emit('abandoned');
          if (flaws.keepsSocketOnAbort !== true) sent.destroy();
        },
      };
    },
    sockets: () => ({ active: working.size, idle: idleSockets(agents) }),
    close() {
      for (const agent of agents.values()) agent.destroy();
    },
  };
}

function idleSockets(agents: ReadonlyMap<string, http.Agent>): number {
  const lists = [...agents.values()].flatMap((agent) => Object.values(agent.freeSockets));
  return lists.reduce((count, list) => count + (list?.length ?? 0), 0);
}

const MAX_INTERIM = 5;

function start(
  request: UpstreamRequest,
  agent: http.Agent | false,
  events: UpstreamEvents,
  flaws: Flaws,
): ClientRequest {
  const { hostname, port, path } = request.url;
  const sent = http.request({ hostname, port, path, method: 'POST', headers: { ...request.headers }, agent });
  let settled = false;
  let connected = false;
  let interim = 0;

  const fail = (error: Error): void => {
    if (settled) return;
    settled = true;
    events.onFailure({ error, reusedSocket: sent.reusedSocket, connected });
    sent.destroy();
  };
  const stand = (): void => {
    if (connected) return;
    connected = true;
    if (!settled) events.onConnected();
  };
  const countInterim = (): void => {
    interim += 1;
    if (interim > MAX_INTERIM && flaws.countsNoInterim !== true) fail(new Error('Too many interim responses.'));
  };

  sent.on('abandoned', () => (settled = true));
  sent.on('socket', (socket: Socket) => {
    if (!socket.connecting) return stand();
    socket.once('connect', stand);
    sent.once('close', () => socket.off('connect', stand));
  });
  sent.on('information', countInterim);
  // Node handles 100 apart from the other interim statuses.
  sent.on('continue', countInterim);
  const upgraded = (): void => fail(new Error('The upstream wants another protocol.'));
  sent.on('upgrade', upgraded);
  sent.on('response', (message) => {
    // Without an `upgrade` header Node takes a 101 for a response.
    if (message.statusCode === 101 && flaws.handsOnUpgrades !== true) upgraded();
    if (settled) return;
    settled = true;
    // What breaks after the head shows in `complete`.
    message.on('error', () => {});
    events.onHead({ status: message.statusCode ?? 0, headers: message.headers, message });
  });
  sent.on('error', fail);
  sent.on('close', () => fail(new Error('The connection closed before a head came.')));
  sent.end(request.body);
  return sent;
}
