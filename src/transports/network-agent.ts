import type http from 'node:http';
import type { Duplex } from 'node:stream';
import type { LookupFunction, Socket } from 'node:net';
import type { UpstreamNetwork } from '../contracts/network.js';
import type { UpstreamUrl } from '../contracts/transport.js';
import { openConnection } from './open-connection.js';

/** A call whose connection is being opened, and which may be aborted in the meantime. */
export interface ConnectingCall {
  /** The call must destroy `socket` if it is aborted before the connection is open. */
  onConnecting(socket: Socket): void;
}

export interface PooledAgent extends http.Agent {
  /** Connections that are being opened, which Node's own counts leave out. */
  opening?: number;
}

/** Member of a request's options that holds its call, for the agent. */
export const CONNECTING_CALL = Symbol('nordlys-proxy.connecting-call');

interface ConnectionOptions {
  readonly [CONNECTING_CALL]?: ConnectingCall;
}

type Created = (error: Error | null, socket: Duplex) => void;

/** Makes `agent` open all its connections with the network settings of one provider. */
export function networked(
  agent: http.Agent,
  url: UpstreamUrl,
  network: UpstreamNetwork,
  lookup: LookupFunction,
): PooledAgent {
  const pooled: PooledAgent = Object.assign(agent, {
    opening: 0,
    createConnection({ [CONNECTING_CALL]: call }: ConnectionOptions, created: Created): undefined {
      pooled.opening!++;
      const socket = openConnection(url, network, lookup, (error, open) => {
        pooled.opening!--;
        // Node's agent ignores the socket if there is an error.
        created(error, open!);
      });
      call?.onConnecting(socket);
    },
  });
  return pooled;
}
