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
import type { AwaitingCall } from '../network-agent.js';

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
export class FakeRequest implements UpstreamCall, AwaitingCall {
  readonly method = 'POST';
  /** The path stands in the target: of a URL here HPM would parse all and keep nothing. */
  readonly url = '';
  readonly headers: Readonly<Record<string, string>>;
  readonly httpVersionMajor = 1;
  /** httpxy tells ECONNRESET apart by `req.socket.writable`, HPM looks for the server behind it. */
  readonly socket = INERT_SOCKET;

  readonly upstream: UpstreamRequest;
  readonly response = new FakeResponse();
  #events: UpstreamEvents | undefined;
  #clientRequest: ClientRequest | undefined;
  /** What to destroy while the connection is being opened and httpxy has none. */
  #awaited: Socket | undefined;
  #connected = false;
  #interim = 0;

  constructor(upstream: UpstreamRequest, events: UpstreamEvents) {
    this.upstream = upstream;
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
    endMessage(destination, this.upstream.body);
    return destination;
  }

  // --- what the agent tells ---------------------------------------------------------------------------------------

  awaits(socket: Socket): void {
    if (this.settled) socket.destroy();
    else this.#awaited = socket;
  }

  // --- what the plugin tells -------------------------------------------------------------------------------------

  /** The client request has a socket. Emitted by httpxy just before it pipes the body. */
  began(clientRequest: ClientRequest): void {
    if (this.settled) {
      clientRequest.destroy();
      return;
    }
    this.#clientRequest = clientRequest;
    this.#awaited = undefined;
    (clientRequest as OurClientRequest)[CALL] = this;
    clientRequest.on('close', onClose).on('information', onInterim).on('upgrade', onUpgrade);
    this.#awaitConnection(clientRequest.socket);
  }

  /** An interim answer (1xx) came. */
  interim(): void {
    if (++this.#interim > MAX_INTERIM) this.fails('Too many interim answers.');
  }

  answered(message: IncomingMessage): void {
    const events = this.#events;
    if (events === undefined) {
      message.destroy();
      return;
    }
    // Node's parser takes any version for HTTP/1: what calls itself another one is not to be trusted with framing.
    if (message.httpVersionMajor !== 1) return this.fails('The upstream does not speak HTTP/1.');
    // An upgrade that names no protocol comes as an answer whose body would be anything at all.
    if (message.statusCode === 101) return this.fails('The upstream switched protocols.');
    this.#events = undefined;
    this.#connected = true;
    this.response.release();
    events.onHead(headOf(message));
  }

  /** As `failed`, for reasons of our own. Every call closes in the end: an error with its stack is made only if it counts. */
  fails(reason: string): void {
    if (!this.settled) this.failed(new Error(reason));
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
    this.#awaited?.destroy();
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
    const reusedSocket = this.#clientRequest?.reusedSocket === true && isHangUp(error);
    return { error, connected: this.#connected, reusedSocket };
  }
}

/**
 * The response as httpxy sees it: it records, and forgets. httpxy destroys a response whose upstream broke off and
 * ends a promise when it closes; the client's response must know of neither.
 */
export class FakeResponse {
  readonly headersSent = false;
  /** An answer that has been handed over is not httpxy's any more: it hangs no listeners on it. */
  readonly finished = true;
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

/** An idle connection that was closed ends without a word. One that says nonsense was not closed. */
function isHangUp({ code }: NodeJS.ErrnoException): boolean {
  return code === 'ECONNRESET' || code === 'EPIPE';
}

/** Which call a client request belongs to: the listeners below are the same for all, so none is made per call. */
const CALL = Symbol('nordlys-proxy.call');
type OurClientRequest = ClientRequest & { [CALL]?: FakeRequest };

function onClose(this: OurClientRequest): void {
  this[CALL]?.fails('The upstream closed without an answer.');
}

function onInterim(this: OurClientRequest): void {
  this[CALL]?.interim();
}

/** With a listener Node hands the socket over instead of waiting for ever on an answer that cannot come. */
function onUpgrade(this: OurClientRequest, _message: IncomingMessage, socket: Duplex): void {
  socket.destroy();
  this[CALL]?.fails('The upstream switched protocols.');
}

const INERT_SOCKET = Object.freeze({ writable: true, destroyed: false, encrypted: false });

function headOf(message: IncomingMessage): UpstreamHead {
  return { status: message.statusCode ?? 0, headers: message.headers, message };
}
