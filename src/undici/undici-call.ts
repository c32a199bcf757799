import type { Dispatcher } from 'undici';
import type {
  TransportFailure,
  UpstreamCall,
  UpstreamEvents,
  UpstreamHead,
  UpstreamRequest,
} from '../contracts/transport.js';
import { isHangUp } from '../transports/hang-up.js';
import type { Connection } from './connection.js';
import { UpstreamBody, type BodyOwner } from './upstream-body.js';

type Controller = Dispatcher.DispatchController;
type Headers = Parameters<NonNullable<Dispatcher.DispatchHandler['onResponseStart']>>[2];

/** More interim responses (1xx) than this are a fault of the upstream. */
const MAX_INTERIM = 5;

/** One upstream call over undici. A class and not closures for the same reason as `FakeRequest`. */
export class UndiciCall implements UpstreamCall, Dispatcher.DispatchHandler, BodyOwner {
  readonly #connection: Connection;
  /** `undefined` once the head has arrived, or the call has failed or been aborted. */
  #events: UpstreamEvents | undefined;
  #body: UpstreamBody | undefined;
  #connected = false;
  #reused = false;
  #interim = 0;
  #aborted = false;
  #starting = true;
  #finished = false;

  constructor(connection: Connection, events: UpstreamEvents) {
    this.#connection = connection;
    this.#events = events;
  }

  start(request: UpstreamRequest): void {
    this.#connection.dispatch(request, this);
    this.#starting = false;
  }

  abort(): void {
    this.#aborted = true;
    this.#events = undefined;
    this.#end();
  }

  // --- events from undici ----------------------------------------------------------------------------------------

  onRequestStart(_controller: Controller): void {
    this.#connected = true;
    this.#reused = this.#connection.used;
    this.#events?.onConnected();
  }

  onRequestUpgrade(): void {
    this.#fail(new Error('The upstream switched protocols.'));
  }

  onResponseStart(controller: Controller, status: number, headers: Headers): void {
    const events = this.#events;
    if (events === undefined) return;
    if (status < 200) {
      if (status === 101) this.#fail(new Error('The upstream switched protocols.'));
      else if (++this.#interim > MAX_INTERIM)
        this.#fail(new Error('The upstream sent too many interim responses (1xx).'));
      return;
    }
    this.#events = undefined;
    const length = headers['content-length'];
    this.#body = new UpstreamBody(controller, this, typeof length === 'string' ? Number(length) : undefined);
    events.onHead({ status, headers: joinedHeaders(headers), message: this.#body });
  }

  onResponseData(_controller: Controller, chunk: Buffer): void {
    this.#body?.add(chunk);
  }

  onResponseEnd(): void {
    this.#body?.end();
  }

  onResponseError(_controller: Controller, error: Error): void {
    if (this.#body === undefined) this.#fail(error);
    else this.#body.fail(error);
  }

  // --- events from the body --------------------------------------------------------------------------------------

  onRead(): void {
    if (this.#finished) return;
    this.#finished = true;
    this.#connection.free();
  }

  onDestroyed(): void {
    this.#end();
  }

  #fail(error: Error): void {
    const events = this.#events;
    if (events === undefined) return;
    this.#events = undefined;
    this.#end();
    const failure = describe(error, this.#connected, this.#reused);
    // undici rejects an invalid request synchronously, but no event may precede the return of `open`.
    if (this.#starting) process.nextTick(() => this.#aborted || events.onFailure(failure));
    else events.onFailure(failure);
  }

  #end(): void {
    if (this.#finished) return;
    this.#finished = true;
    this.#connection.destroy();
  }
}

/** Headers of which Node keeps the first value if an upstream sends several. */
const SINGLE: ReadonlySet<string> = new Set([
  'age',
  'content-length',
  'content-type',
  'etag',
  'expires',
  'last-modified',
  'location',
  'retry-after',
  'server',
]);

/** Joins repeated headers as Node does. */
function joinedHeaders(headers: Headers): UpstreamHead['headers'] {
  const joined: Record<string, string | string[] | undefined> = headers;
  for (const [name, value] of Object.entries(joined)) {
    if (Array.isArray(value) && name !== 'set-cookie') joined[name] = SINGLE.has(name) ? value[0] : value.join(', ');
  }
  return joined;
}

/**
 * Message of the undici error for a closed connection. Other errors with the same code mean that the upstream
 * responded.
 */
const HANG_UP = 'other side closed';

/** The error code that `node:http` would report. */
function nodeCodeOf({ code, name, message }: NodeJS.ErrnoException): string | undefined {
  if (code === 'UND_ERR_SOCKET' && message === HANG_UP) return 'ECONNRESET';
  return name === 'HTTPParserError' || code?.startsWith('UND_ERR_') === true ? 'HPE_INVALID_RESPONSE' : code;
}

function describe(error: NodeJS.ErrnoException, connected: boolean, reused: boolean): TransportFailure {
  const code = nodeCodeOf(error);
  return {
    error: code === error.code ? error : Object.assign(new Error(error.message, { cause: error }), { code }),
    connected,
    reusedSocket: reused && isHangUp(code),
  };
}
