import type { RequestHead } from './request-head.js';

/** A request as the upstream received it. */
export interface ReceivedRequest {
  /** 0 for the first request of this upstream. */
  readonly index: number;
  /** HTTP method. */
  readonly method: string;
  /** Path and query, as sent. */
  readonly path: string;
  /** Names and values as sent, in their order. */
  readonly rawHeaders: readonly (readonly [name: string, value: string])[];
  /** By lower-case name; repeated headers have their values joined with `', '`. */
  readonly headers: Readonly<Record<string, string>>;
  /** The part of the body that has been read so far. */
  readonly body: Uint8Array;
  /** `body` as UTF-8. */
  readonly text: string;
  /** `body` as JSON; `undefined` where it is not JSON. */
  readonly json: unknown;
  /** The `x-request-id` header. */
  readonly requestId: string | undefined;
  /** The connection may serve another request after this one. */
  readonly keepAlive: boolean;
}

/** A request, its response, and how its connection ended. Times are `performance.now()`. */
export interface LedgerEntry extends ReceivedRequest {
  /** Name of its script; `''` before one was chosen. */
  readonly script: string;
  /** Bytes of the response that were passed to the kernel, head and framing included. */
  readonly bytesSent: number;
  /** The whole response was sent: its script ran to the end, and neither hung, nor reset, nor cut the response. */
  readonly completed: boolean;
  /** 1 for the first connection of this upstream. */
  readonly connection: number;
  /** The connection has served an earlier request. */
  readonly reusedConnection: boolean;
  /** When the request's head had arrived. */
  readonly startedAt: number;
  /** When the request was complete; `undefined` before. */
  readonly receivedAt: number | undefined;
  /** When the connection closed; `undefined` while it is open. */
  readonly closedAt: number | undefined;
  /** Which side closed the connection. */
  readonly closedBy: 'client' | 'server' | undefined;
}

/** @internal The mutable implementation of `LedgerEntry`. */
export class Entry implements LedgerEntry {
  readonly index: number;
  readonly connection: number;
  readonly reusedConnection: boolean;
  readonly method: string;
  readonly path: string;
  readonly rawHeaders: readonly (readonly [string, string])[];
  readonly headers: Readonly<Record<string, string>>;
  readonly keepAlive: boolean;
  readonly startedAt = performance.now();
  script = '';
  bytesSent = 0;
  completed = false;
  receivedAt: number | undefined = undefined;
  closedAt: number | undefined = undefined;
  closedBy: 'client' | 'server' | undefined = undefined;
  #pieces: Uint8Array[] = [];

  constructor(head: RequestHead, place: { index: number; connection: number; reused: boolean; keepAlive: boolean }) {
    this.index = place.index;
    this.connection = place.connection;
    this.reusedConnection = place.reused;
    this.keepAlive = place.keepAlive && head.keepAlive;
    this.method = head.method;
    this.path = head.path;
    this.rawHeaders = head.rawHeaders;
    this.headers = head.headers;
  }

  append(bytes: Uint8Array): void {
    this.#pieces.push(bytes);
  }

  get body(): Uint8Array {
    if (this.#pieces.length !== 1) this.#pieces = [Buffer.concat(this.#pieces)];
    return this.#pieces[0] ?? new Uint8Array(0);
  }

  get text(): string {
    return Buffer.from(this.body).toString('utf8');
  }

  get json(): unknown {
    try {
      return JSON.parse(this.text);
    } catch {
      return undefined;
    }
  }

  get requestId(): string | undefined {
    return this.headers['x-request-id'];
  }
}

/** The request of scripts that begin before one was read. */
export const NOTHING_RECEIVED: ReceivedRequest = Object.freeze({
  index: -1,
  method: '',
  path: '',
  rawHeaders: [],
  headers: {},
  body: new Uint8Array(0),
  text: '',
  json: undefined,
  requestId: undefined,
  keepAlive: false,
});
