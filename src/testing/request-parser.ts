import { readRequestHead, type RequestHead } from './request-head.js';

/** Callbacks of `RequestParser`. */
export interface RequestParserEvents {
  onHead(head: RequestHead): void;
  onBody(bytes: Uint8Array): void;
  onEnd(): void;
  /** The bytes are not an HTTP/1.1 request; nothing more will be parsed. */
  onViolation(what: string): void;
}

const MAX_LINE = 64 * 1024;
const MAX_BODY = 64 * 1024 * 1024;

type State = 'head' | 'sized' | 'chunk-size' | 'chunk-data' | 'chunk-end' | 'trailers' | 'failed';

/** Parses the requests of one connection, pipelined ones too. */
export class RequestParser {
  #events: RequestParserEvents;
  #state: State = 'head';
  #pending: Buffer = Buffer.alloc(0);
  /** Missing bytes of a sized body or of a chunk. */
  #left = 0;
  #bodyBytes = 0;

  constructor(events: RequestParserEvents) {
    this.#events = events;
  }

  feed(bytes: Buffer): void {
    this.#pending = this.#pending.length === 0 ? bytes : Buffer.concat([this.#pending, bytes]);
    // Each turn takes one unit: a head, a line, or the available part of a body.
    while (this.#pending.length > 0 && this.#take()) continue;
  }

  /** Discards all further bytes. */
  ignore(): void {
    this.#state = 'failed';
  }

  #take(): boolean {
    switch (this.#state) {
      case 'head':
        return this.#takeHead();
      case 'sized':
      case 'chunk-data':
        return this.#takeBody();
      case 'failed':
        this.#pending = Buffer.alloc(0);
        return false;
      default:
        return this.#takeLine();
    }
  }

  #takeHead(): boolean {
    const end = this.#pending.indexOf('\r\n\r\n');
    if (end < 0) {
      if (this.#pending.length > MAX_LINE) return this.#refuse('a head beyond 64 KiB');
      // A head with bare line feeds never gets the CRLF CRLF that ends one.
      return this.#pending.includes('\n\n') ? this.#refuse('bare line feeds') : false;
    }
    const head = readRequestHead(this.#pending.toString('latin1', 0, end));
    if (typeof head === 'string') return this.#refuse(head);
    this.#pending = this.#pending.subarray(end + 4);
    this.#bodyBytes = 0;
    this.#events.onHead(head);
    if (head.body === 'chunked') {
      this.#state = 'chunk-size';
    } else if (head.body === 0) {
      this.#events.onEnd();
    } else {
      this.#state = 'sized';
      this.#left = head.body;
    }
    return true;
  }

  #takeBody(): boolean {
    const bytes = this.#pending.subarray(0, this.#left);
    this.#pending = this.#pending.subarray(bytes.length);
    this.#left -= bytes.length;
    this.#bodyBytes += bytes.length;
    if (this.#bodyBytes > MAX_BODY) return this.#refuse('a body beyond 64 MiB');
    this.#events.onBody(bytes);
    if (this.#left > 0) return true;
    if (this.#state === 'chunk-data') {
      this.#state = 'chunk-end';
    } else {
      this.#finish();
    }
    return true;
  }

  /** The lines of a chunked body: sizes, the empty line after each chunk, trailers. */
  #takeLine(): boolean {
    const end = this.#pending.indexOf('\r\n');
    if (end < 0) return this.#pending.length > MAX_LINE ? this.#refuse('a line beyond 64 KiB') : false;
    const line = this.#pending.toString('latin1', 0, end);
    this.#pending = this.#pending.subarray(end + 2);

    if (this.#state === 'trailers') {
      if (line === '') this.#finish();
      return true;
    }
    if (this.#state === 'chunk-end') {
      if (line !== '') return this.#refuse('a chunk longer than its size');
      this.#state = 'chunk-size';
      return true;
    }
    if (!/^[0-9a-f]{1,8}$/i.test(line)) return this.#refuse(`chunk size ${JSON.stringify(line.slice(0, 80))}`);
    this.#left = Number.parseInt(line, 16);
    this.#state = this.#left === 0 ? 'trailers' : 'chunk-data';
    return true;
  }

  #finish(): void {
    this.#state = 'head';
    this.#events.onEnd();
  }

  #refuse(what: string): boolean {
    this.#state = 'failed';
    this.#pending = Buffer.alloc(0);
    this.#events.onViolation(what);
    return false;
  }
}
