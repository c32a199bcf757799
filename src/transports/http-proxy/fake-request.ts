import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type {
  TransportFailure,
  UpstreamCall,
  UpstreamEvents,
  UpstreamHead,
  UpstreamRequest,
} from '../../contracts/transport.js';
import { endMessage } from '../../http/write-body.js';
import { isHangUp } from '../hang-up.js';
import type { ConnectingCall } from '../network-agent.js';

/** More interim responses (1xx) than this are a fault of the upstream. */
const MAX_INTERIM = 5;

/**
 * One upstream call as http-proxy-middleware sees it: a request with the headers and body of the attempt. httpxy
 * listens on the request, copies its headers and pipes it. All three end here, so httpxy cannot reach the client's
 * request, and no listener is left on it.
 *
 * A class, not an object literal with closures: V8 moves the allocation site of such literals to old space, and every
 * finished call would then survive each scavenge.
 */
export class FakeRequest implements UpstreamCall, ConnectingCall {
  readonly method = 'POST';
  /** Empty, because the router gives the path: HPM would parse a URL here for nothing. */
  readonly url = '';
  readonly headers: Readonly<Record<string, string>>;
  readonly httpVersionMajor = 1;
  /** httpxy reads `req.socket.writable` on ECONNRESET, and HPM looks for the server behind the socket. */
  readonly socket = INERT_SOCKET;

  readonly upstream: UpstreamRequest;
  readonly response = new FakeResponse();
  #events: UpstreamEvents | undefined;
  #clientRequest: ClientRequest | undefined;
  /** The socket while the connection is being opened, when httpxy does not have it yet. */
  #connectingSocket: Socket | undefined;
  #connected = false;
  #interim = 0;

  constructor(upstream: UpstreamRequest, events: UpstreamEvents) {
    this.upstream = upstream;
    this.headers = upstream.headers;
    this.#events = events;
  }

  /** The head has arrived, or the call has failed or been aborted: no more events follow. */
  get settled(): boolean {
    return this.#events === undefined;
  }

  // --- the members of a request that httpxy uses -----------------------------------------------------------------

  on(): this {
    return this;
  }

  /** Where httpxy sends the body: head and body are sent in one write. */
  pipe(destination: ClientRequest): ClientRequest {
    endMessage(destination, this.upstream.body);
    return destination;
  }

  // --- events from the agent -------------------------------------------------------------------------------------

  onConnecting(socket: Socket): void {
    if (this.settled) socket.destroy();
    else this.#connectingSocket = socket;
  }

  // --- events from the plugin ------------------------------------------------------------------------------------

  /** The client request has a socket. httpxy calls this just before it pipes the body. */
  onClientRequest(clientRequest: ClientRequest): void {
    if (this.settled) {
      clientRequest.destroy();
      return;
    }
    this.#clientRequest = clientRequest;
    this.#connectingSocket = undefined;
    (clientRequest as CallClientRequest)[CALL] = this;
    clientRequest.on('close', onClose).on('information', onInterim).on('upgrade', onUpgrade);
    this.#awaitConnection(clientRequest.socket);
  }

  /** An interim response (1xx) has arrived. */
  onInterim(): void {
    if (++this.#interim > MAX_INTERIM) this.failWith('The upstream sent too many interim responses (1xx).');
  }

  onResponse(message: IncomingMessage): void {
    const events = this.#events;
    if (events === undefined) {
      message.destroy();
      return;
    }
    // Node's parser accepts any version number as HTTP/1, but the framing of another version cannot be relied on.
    if (message.httpVersionMajor !== 1) return this.failWith('The upstream does not speak HTTP/1.');
    // A 101 without an `upgrade` header arrives as a response, whose body would be in an unknown protocol.
    if (message.statusCode === 101) return this.failWith('The upstream switched protocols.');
    this.#events = undefined;
    this.#connected = true;
    this.response.release();
    events.onHead(headOf(message));
  }

  /** As `fail`. The error and its stack are created only if the call is not settled. */
  failWith(message: string): void {
    if (!this.settled) this.fail(new Error(message));
  }

  fail(error: Error): void {
    const events = this.#events;
    if (events === undefined) return;
    this.#events = undefined;
    this.response.release();
    const clientRequest = this.#clientRequest;
    if (clientRequest !== undefined && !clientRequest.destroyed) clientRequest.destroy();
    events.onFailure(this.#describe(error));
  }

  abort(): void {
    this.#events = undefined;
    this.#connectingSocket?.destroy();
    this.#clientRequest?.destroy();
    this.response.release();
  }

  #awaitConnection(socket: Socket | null): void {
    if (socket === null) return;
    if (!socket.connecting) {
      this.#connect();
      return;
    }
    const event = this.upstream.url.protocol === 'https:' ? 'secureConnect' : 'connect';
    socket.once(event, () => this.#connect());
  }

  #connect(): void {
    this.#connected = true;
    this.#events?.onConnected();
  }

  #describe(error: NodeJS.ErrnoException): TransportFailure {
    const reusedSocket = this.#clientRequest?.reusedSocket === true && isHangUp(error.code);
    return { error, connected: this.#connected, reusedSocket };
  }
}

/**
 * The response as httpxy sees it. httpxy destroys the response of an upstream that broke off, and resolves a promise
 * when the response closes; neither may affect the client's response.
 */
export class FakeResponse {
  readonly headersSent = false;
  /** True, so that httpxy adds no listeners to a response that it has handed over. */
  readonly finished = true;
  readonly destroyed = false;
  /** True, because httpxy aborts the upstream on `close` otherwise. */
  readonly writableFinished = true;
  readonly statusCode = 0;
  // The first `close` listener resolves httpxy's promise. All others act on the upstream, which the exchange does
  // itself.
  #resolve: (() => void) | undefined;

  on(event: string, listener: () => void): this {
    if (event === 'close') this.#resolve ??= listener;
    return this;
  }

  /** Resolves httpxy's promise. */
  release(): void {
    this.#resolve?.();
    this.#resolve = undefined;
  }

  destroy(): this {
    return this;
  }

  end(): this {
    return this;
  }
}

/** The call that a client request belongs to, so that the listeners below need no closure per call. */
const CALL = Symbol('nordlys-proxy.call');
type CallClientRequest = ClientRequest & { [CALL]?: FakeRequest };

function onClose(this: CallClientRequest): void {
  this[CALL]?.failWith('The upstream closed the connection without a response.');
}

function onInterim(this: CallClientRequest): void {
  this[CALL]?.onInterim();
}

/** Without an `upgrade` listener Node would never end the request. */
function onUpgrade(this: CallClientRequest, _message: IncomingMessage, socket: Duplex): void {
  socket.destroy();
  this[CALL]?.failWith('The upstream switched protocols.');
}

const INERT_SOCKET = Object.freeze({ writable: true, destroyed: false, encrypted: false });

function headOf(message: IncomingMessage): UpstreamHead {
  return { status: message.statusCode ?? 0, headers: message.headers, message };
}
