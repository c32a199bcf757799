import type { Dispatcher } from 'undici';
import type {
  TransportFailure,
  UpstreamCall,
  UpstreamEvents,
  UpstreamHead,
  UpstreamRequest,
} from '../contracts/transport.js';
import type { Connection } from './connection.js';
import { UpstreamBody, type BodyOwner } from './upstream-body.js';

type Controller = Dispatcher.DispatchController;
type Headers = Parameters<NonNullable<Dispatcher.DispatchHandler['onResponseStart']>>[2];

/** More interim answers (1xx) than this and the upstream is playing. */
const MAX_INTERIM = 5;

/** One upstream call as undici tells of it. A class, as `FakeRequest` is one, and for the same reason. */
export class UndiciCall implements UpstreamCall, Dispatcher.DispatchHandler, BodyOwner {
  readonly #connection: Connection;
  /** Nobody, once the head has come or will not come. */
  #events: UpstreamEvents | undefined;
  #body: UpstreamBody | undefined;
  #connected = false;
  #reused = false;
  #interim = 0;
  #aborted = false;
  /** Bytes of the body, where the head says how many there are. */
  #announced: number | undefined;
  #received = 0;
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

  // --- what undici tells -----------------------------------------------------------------------------------------

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
      else if (++this.#interim > MAX_INTERIM) this.#fail(new Error('Too many interim answers.'));
      return;
    }
    this.#events = undefined;
    if (typeof headers['content-length'] === 'string') this.#announced = Number(headers['content-length']);
    this.#body = new UpstreamBody(controller, this);
    events.onHead({ status, headers: asNodeJoins(headers), message: this.#body });
  }

  onResponseData(_controller: Controller, chunk: Buffer): void {
    this.#received += chunk.length;
    this.#body?.arrive(chunk);
  }

  onResponseEnd(): void {
    this.#body?.whole();
  }

  onResponseError(_controller: Controller, error: Error): void {
    if (this.#body === undefined) this.#fail(error);
    // Paused at the very last byte, undici misses the end when the connection closes behind it.
    else if (this.#received === this.#announced) this.#body.whole();
    else this.#body.destroy(error);
  }

  // --- what the body tells ---------------------------------------------------------------------------------------

  onRead(): void {
    if (this.#finished) return;
    this.#finished = true;
    this.#connection.free();
  }

  onGivenUp(): void {
    this.#end();
  }

  #fail(error: Error): void {
    const events = this.#events;
    if (events === undefined) return;
    this.#events = undefined;
    this.#end();
    const failure = describe(error, this.#connected, this.#reused);
    // What undici refuses, it refuses at once; nobody expects an answer before `open` has returned.
    if (this.#starting) process.nextTick(() => this.#aborted || events.onFailure(failure));
    else events.onFailure(failure);
  }

  #end(): void {
    if (this.#finished) return;
    this.#finished = true;
    this.#connection.destroy();
  }
}

/** Of these Node keeps the first one, where an upstream sends several. */
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

/** Headers that came several times, as Node gives them. */
function asNodeJoins(headers: Headers): UpstreamHead['headers'] {
  const joined: Record<string, string | string[] | undefined> = headers;
  for (const [name, value] of Object.entries(joined)) {
    if (Array.isArray(value) && name !== 'set-cookie') joined[name] = SINGLE.has(name) ? value[0] : value.join(', ');
  }
  return joined;
}

/** Of undici's own errors the one that says nothing but that the connection has ended. */
const HANG_UP = 'other side closed';

/** The code that Node's own client would give. */
function nodesCode({ code, name, message }: NodeJS.ErrnoException): string | undefined {
  if (code === 'UND_ERR_SOCKET' && message === HANG_UP) return 'ECONNRESET';
  return name === 'HTTPParserError' || code?.startsWith('UND_ERR_') === true ? 'HPE_INVALID_RESPONSE' : code;
}

/** An idle connection that was closed ends without a word. One that says nonsense was not closed. */
function describe(error: NodeJS.ErrnoException, connected: boolean, reused: boolean): TransportFailure {
  const code = nodesCode(error);
  const hangUp = code === 'ECONNRESET' || code === 'EPIPE';
  return {
    error: code === error.code ? error : Object.assign(new Error(error.message, { cause: error }), { code }),
    connected,
    reusedSocket: reused && hangUp,
  };
}
