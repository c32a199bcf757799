import type http from 'node:http';
import type { Duplex } from 'node:stream';
import type { LookupFunction, Socket } from 'node:net';
import type { UpstreamNetwork } from '../contracts/network.js';
import type { UpstreamUrl } from '../contracts/transport.js';
import { openConnection } from './open-connection.js';

/** A call that waits for its connection, and may be aborted meanwhile. */
export interface AwaitingCall {
  /** The connection is being opened. The call destroys `socket` where it is aborted before that has ended. */
  awaits(socket: Socket): void;
}

/** An agent, and how many of its connections are being opened: Node's own counts leave those out. */
export interface PooledAgent extends http.Agent {
  opening?: number;
}

/** Under this name a request's options carry its call to the agent. */
export const AWAITING_CALL = Symbol('nordlys-proxy.awaiting-call');

interface ConnectionOptions {
  readonly [AWAITING_CALL]?: AwaitingCall;
}

type Created = (error: Error | null, socket: Duplex) => void;

/** Lets `agent` open all its connections with the network settings of one provider. */
export function networked(
  agent: http.Agent,
  url: UpstreamUrl,
  network: UpstreamNetwork,
  lookup: LookupFunction,
): PooledAgent {
  const pooled: PooledAgent = Object.assign(agent, {
    opening: 0,
    createConnection({ [AWAITING_CALL]: call }: ConnectionOptions, created: Created): undefined {
      pooled.opening!++;
      const socket = openConnection(url, network, lookup, (error, open) => {
        pooled.opening!--;
        // Node's agent reads no socket where there is an error.
        created(error, open!);
      });
      call?.awaits(socket);
    },
  });
  return pooled;
}
