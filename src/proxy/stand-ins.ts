import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type {
  TransportFailure,
  UpstreamCall,
  UpstreamEvents,
  UpstreamHead,
  UpstreamRequest,
} from '../contracts/transport.js';

/** More interim answers (1xx) than this and the upstream is playing. */
const MAX_INTERIM = 5;

/**
 * One upstream call as http-proxy-middleware sees it: a request that holds our own headers and body.
 * httpxy listens on the request, copies its headers and pipes it; all three end here, so that nothing of the client's
 * request is within its reach and no listener stays behind.
 *
 * A class, not a literal with closures: V8 moves the allocation site of such literals to old space, and every dead
 * call would then be carried through each scavenge.
 */
export class StandInRequest implements UpstreamCall {
  readonly method = 'POST';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly httpVersionMajor = 1;
  /** httpxy tells ECONNRESET apart by `req.socket.writable`, HPM looks for the server behind it. */
  readonly socket = INERT_SOCKET;

  readonly upstream: UpstreamRequest;
  readonly response = new StandInResponse();
  #events: UpstreamEvents | undefined;
  #clientRequest: ClientRequest | undefined;
  #connected = false;
  #interim = 0;

  constructor(upstream: UpstreamRequest, events: UpstreamEvents) {
    this.upstream = upstream;
    this.url = upstream.url.path;
    this.headers = upstream.headers;
    this.#events = events;
  }

  /** True once nobody wants to hear of this call any more. */
  get settled(): boolean {
    return this.#events === undefined;
  }

  // --- what httpxy uses of a request -----------------------------------------------------------------------------

  on(): this {
    return this;
  }

  /** httpxy's only use of the body: head and body leave in one write. */
  pipe(destination: ClientRequest): ClientRequest {
    destination.end(this.upstream.body);
    return destination;
  }

  // --- what the plugin tells -------------------------------------------------------------------------------------

  /** The client request has a socket. Emitted by httpxy just before it pipes the body. */
  began(clientRequest: ClientRequest): void {
    if (this.settled) {
      clientRequest.destroy();
      return;
    }
    this.#clientRequest = clientRequest;
    clientRequest.once('close', () => this.failed(new Error('The upstream closed without an answer.')));
    clientRequest.on('information', () => {
      if (++this.#interim > MAX_INTERIM) this.failed(new Error('Too many interim answers.'));
    });
    // With a listener Node hands the socket over instead of waiting for ever on an answer that cannot come.
    clientRequest.once('upgrade', (_message, socket) => {
      socket.destroy();
      this.failed(new Error('The upstream switched protocols.'));
    });
    this.#awaitConnection(clientRequest.socket);
  }

  answered(message: IncomingMessage): void {
    const events = this.#events;
    if (events === undefined) {
      message.destroy();
      return;
    }
    // Node's parser takes any version for HTTP/1: what calls itself another one is not to be trusted with framing.
    if (message.httpVersionMajor !== 1) return this.failed(new Error('The upstream does not speak HTTP/1.'));
    // An upgrade that names no protocol comes as an answer whose body would be anything at all.
    if (message.statusCode === 101) return this.failed(new Error('The upstream switched protocols.'));
    this.#events = undefined;
    this.#connected = true;
    this.response.release();
    events.onHead(headOf(message));
  }

  failed(error: Error): void {
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

  #describe(error: Error): TransportFailure {
    return { error, connected: this.#connected, reusedSocket: this.#clientRequest?.reusedSocket === true };
  }
}

/**
 * The response as httpxy sees it: it records, and forgets. httpxy destroys a response whose upstream broke off and
 * ends a promise when it closes; the client's response must know of neither.
 */
export class StandInResponse {
  readonly headersSent = false;
  readonly finished = false;
  readonly destroyed = false;
  /** httpxy aborts the upstream on `close` unless this says that all was written. */
  readonly writableFinished = true;
  readonly statusCode = 0;
  // The first `close` listener is the resolver of httpxy's promise; all others act on the upstream, which is our business.
  #resolve: (() => void) | undefined;

  on(event: string, listener: () => void): this {
    if (event === 'close') this.#resolve ??= listener;
    return this;
  }

  /** Lets httpxy's promise end. */
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

const INERT_SOCKET = Object.freeze({ writable: true, destroyed: false, encrypted: false });

function headOf(message: IncomingMessage): UpstreamHead {
  return { status: message.statusCode ?? 0, headers: message.headers, message };
}
