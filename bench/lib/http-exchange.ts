import { connect, type Socket } from 'node:net';

const HEAD_END = Buffer.from('\r\n\r\n');
const BODY_END = Buffer.from('0\r\n\r\n');

/** A request as it is written: head and body. */
export interface WireRequest {
  readonly head: Buffer;
  readonly body: Buffer;
}

/** Callbacks of `HttpExchange`. */
export interface ExchangeListener {
  /** A piece of a response, head included. */
  piece?(bytes: Buffer): void;
  /** The end of a response has arrived (of a small one: all of it). */
  ended(status: number, lastPiece: Buffer): void;
  failed(reason: string): void;
}

/**
 * One client with one request at a time, on one connection as long as the server keeps it. Only finds the end of each
 * response.
 */
export class HttpExchange {
  readonly #port: number;
  readonly #listener: ExchangeListener;
  #socket: Socket | undefined;
  #status = 0;
  #missing = 0;
  #chunked = false;
  #waiting = false;
  /** The server closes the connection after this response. */
  #isLastResponse = false;
  #head: Buffer | undefined;
  #tail: Buffer = Buffer.alloc(0);

  constructor(port: number, listener: ExchangeListener) {
    this.#port = port;
    this.#listener = listener;
  }

  send({ head, body }: WireRequest): void {
    this.#waiting = true;
    this.#status = 0;
    const socket = (this.#socket ??= this.#connect());
    socket.write(head);
    if (body.length > 0) socket.write(body);
  }

  close(): void {
    this.#waiting = false;
    this.#socket?.destroy();
    this.#socket = undefined;
  }

  #connect(): Socket {
    const socket = connect({ port: this.#port, host: '127.0.0.1', noDelay: true });
    const fail = (reason: string): void => {
      if (socket === this.#socket) this.#fail(reason);
    };
    socket.on('data', (chunk) => this.#take(chunk));
    socket.on('error', (error) => fail(error.message));
    socket.on('close', () => fail('The connection was closed before the response was complete.'));
    return socket;
  }

  #take(chunk: Buffer): void {
    this.#listener.piece?.(chunk);
    if (this.#status === 0) this.#takeHead(chunk);
    else this.#takeBody(chunk, chunk);
  }

  #takeHead(chunk: Buffer): void {
    const bytes = this.#head === undefined ? chunk : Buffer.concat([this.#head, chunk]);
    const end = bytes.indexOf(HEAD_END);
    this.#head = end < 0 ? bytes : undefined;
    if (end < 0) return;
    const head = bytes.toString('latin1', 0, end);
    const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
    this.#status = Number(head.slice(9, 12));
    this.#isLastResponse = /\r\nconnection: *close/i.test(head);
    this.#chunked = length === undefined;
    this.#missing = Number(length ?? 0);
    this.#takeBody(bytes.subarray(end + HEAD_END.length), bytes);
  }

  #takeBody(bytes: Buffer, piece: Buffer): void {
    if (this.#chunked ? this.#endsWith(bytes) : (this.#missing -= bytes.length) <= 0) this.#finish(piece);
  }

  /** Responses of the benchmark contain the mark only at their end. */
  #endsWith(bytes: Buffer): boolean {
    const enough = bytes.length >= BODY_END.length;
    this.#tail = (enough ? bytes : Buffer.concat([this.#tail, bytes])).subarray(-BODY_END.length);
    return this.#tail.equals(BODY_END);
  }

  #finish(lastPiece: Buffer): void {
    this.#waiting = false;
    this.#tail = this.#tail.subarray(0, 0);
    if (this.#isLastResponse) this.close();
    this.#listener.ended(this.#status, lastPiece);
  }

  #fail(reason: string): void {
    this.#socket = undefined;
    if (!this.#waiting) return;
    this.#waiting = false;
    this.#listener.failed(reason);
  }
}
