import type { RequestListener } from 'node:http';
import { Agent, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startDraining } from '../lib/channel.ts';

/** What every measured server is started with. */
export interface ServerSetup {
  /** Ports of the upstream; all of them answer the same. */
  readonly upstreams: readonly number[];
  /** Bytes of the upstream's answer, for servers that answer themselves. */
  readonly answerBytes: number;
}

/** Idle connections to the upstream stay open, as many as there are streams: the same for every server in the benchmark. */
export function keepAliveAgent(): Agent {
  return new Agent({ keepAlive: true, maxSockets: Infinity, maxFreeSockets: 256, scheduling: 'lifo' });
}

/** Serves on a free port and says so. */
export function listen(handler: RequestListener): void {
  const server = createServer(handler);
  // Clients of the benchmark pause between windows.
  server.keepAliveTimeout = 60_000;
  server.listen({ port: 0, host: '127.0.0.1', backlog: 8_192 }, () =>
    startDraining([(server.address() as AddressInfo).port]),
  );
}
