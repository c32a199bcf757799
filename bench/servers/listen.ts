import type { RequestListener } from 'node:http';
import { Agent, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startDraining } from '../lib/channel.ts';

/** Arguments of every measured server. */
export interface ServerSetup {
  /** Ports of the upstream, with the same responses on each. */
  readonly upstreams: readonly number[];
  /** Bytes of the upstream's response, for servers that respond themselves. */
  readonly responseBytes: number;
}

/** Keeps as many idle connections to the upstream as there are streams: the same for every server in the benchmark. */
export function keepAliveAgent(): Agent {
  return new Agent({ keepAlive: true, maxSockets: Infinity, maxFreeSockets: 256, scheduling: 'lifo' });
}

/** Serves on a free port and reports it. */
export function listen(handler: RequestListener): void {
  const server = createServer(handler);
  // Clients of the benchmark pause between windows.
  server.keepAliveTimeout = 60_000;
  server.listen({ port: 0, host: '127.0.0.1', backlog: 8_192 }, () =>
    startDraining([(server.address() as AddressInfo).port]),
  );
}
