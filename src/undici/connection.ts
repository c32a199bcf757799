import net, { type LookupFunction } from 'node:net';
import type { Duplex } from 'node:stream';
import tls from 'node:tls';
import { Client, type Dispatcher } from 'undici';
import type { UpstreamRequest, UpstreamUrl } from '../contracts/transport.js';
import { GUARDED_POOL, poolKey } from '../transports/agent-pool.js';
import type { UpstreamNetwork } from '../contracts/network.js';
import { openConnection } from '../transports/open-connection.js';
import { connectGuarded, targetOf, type ConnectionTarget } from '../transports/ssrf-guard.js';

export interface ConnectionParts {
  readonly lookup: LookupFunction;
  /**
   * TLS sessions by the key of the connection, so that the next connection needs no full handshake. None for the
   * guarded pool.
   */
  readonly sessions: Map<string, Buffer>;
}

export interface ConnectionOwner {
  /** The call has ended, and the connection can carry another one. */
  onFree(): void;
  /** The socket has closed. */
  onClosed(): void;
}

/**
 * Idle connections are closed after this time, in milliseconds, or when the upstream announces it, whichever is sooner.
 */
const IDLE_MS = 30_000;

/**
 * One undici client: one connection, one call at a time. It opens its sockets itself, so it knows whether a call uses a
 * new one, and can close it at once.
 */
export class Connection {
  /** Connections with the same key are interchangeable. */
  readonly key: string;
  readonly #client: Client;
  readonly #owner: ConnectionOwner;
  #socket: Duplex | undefined;
  /** The socket has carried a call before. */
  #used = false;
  #open = false;
  #busy = false;
  #destroyed = false;

  constructor(request: UpstreamRequest, parts: ConnectionParts, owner: ConnectionOwner) {
    const { url, pool, network } = request;
    this.key = poolKey(url, pool, network);
    this.#owner = owner;
    this.#client = new Client(url.origin, {
      pipelining: 1,
      keepAliveTimeout: IDLE_MS,
      // A shorter `keep-alive: timeout` of the upstream applies.
      keepAliveMaxTimeout: IDLE_MS,
      // The timeouts of the exchange apply instead.
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: (_options, callback) => {
        // The guard comes first: an address that a caller chose is never reached through a proxy or a unix socket.
        if (network === undefined || pool === GUARDED_POOL) this.#connect(url, pool, parts, callback as Opened);
        else this.#connectVia(network, url, parts, callback as Opened);
      },
    });
    // undici sends a call that is still queued on another socket, which it opens by itself.
    this.#client.on('disconnect', () => {
      this.#open = false;
      if (!this.#busy) this.destroy();
    });
  }

  /** The socket has carried a call before this one, so the upstream may have closed it just now. */
  get used(): boolean {
    return this.#used;
  }

  dispatch({ headers, body, fresh, url }: UpstreamRequest, handler: Dispatcher.DispatchHandler): void {
    this.#busy = true;
    this.#client.dispatch({ method: 'POST', path: url.path, headers: { ...headers }, body, reset: fresh }, handler);
  }

  /** The response has been read to its end. */
  free(): void {
    this.#busy = false;
    this.#used = true;
    // A response may arrive before the whole request has been sent; the rest would precede the next request.
    const sent = this.#socket?.writableLength === 0;
    if (!this.#open || !sent) this.destroy();
    else if (!this.#destroyed) this.#owner.onFree();
  }

  /** Closes the socket at once. */
  destroy(): void {
    if (this.#destroyed) return;
    this.#destroyed = true;
    this.#owner.onClosed();
    this.#socket?.destroy();
    void this.#client.destroy().catch(nothing);
  }

  #connectVia(network: UpstreamNetwork, url: UpstreamUrl, { lookup }: ConnectionParts, connected: Opened): void {
    this.#used = false;
    this.#socket = openConnection(url, network, lookup, (error, socket) => {
      if (socket !== null) {
        this.#socket = socket;
        this.#open = true;
        if (this.#destroyed) socket.destroy();
      }
      connected(error, socket);
    });
  }

  #connect(url: UpstreamUrl, pool: string, parts: ConnectionParts, connected: Opened): void {
    const target = targetOf(url);
    const socket = pool === GUARDED_POOL ? connectGuarded(target) : connectDirectly(target, this.key, parts);
    this.#socket = socket;
    this.#used = false;
    const fail = (error: Error): void => connected(error, null);
    socket.once('error', fail);
    // undici adds its listener some time after it gets the socket; an error in between would be uncaught.
    socket.on('error', nothing);
    socket.once(target.secure ? 'secureConnect' : 'connect', () => {
      // The guard has rejected the peer: the `error` event calls `fail`.
      if (socket.destroyed) return;
      socket.off('error', fail);
      if (socket instanceof net.Socket) socket.setNoDelay(true).setKeepAlive(true, 60_000);
      this.#open = true;
      connected(null, socket);
    });
  }
}

type Opened = (error: Error | null, socket: Duplex | null) => void;

function connectDirectly(
  { host, port, secure }: ConnectionTarget,
  key: string,
  { lookup, sessions }: ConnectionParts,
): Duplex {
  const options = { host, port, lookup, autoSelectFamily: true };
  if (!secure) return net.connect(options);
  const session = sessions.get(key);
  const socket = tls.connect({
    ...options,
    servername: net.isIP(host) === 0 ? host : '',
    ALPNProtocols: ['http/1.1'],
    ...(session !== undefined && { session }),
  });
  // A server that cannot resume the session may close the connection, so the next one must not offer it again.
  const dropSession = (): void => void sessions.delete(key);
  return socket
    .once('error', dropSession)
    .once('secureConnect', () => socket.off('error', dropSession))
    .on('session', (fresh) => void sessions.set(key, fresh));
}

function nothing(): void {}
