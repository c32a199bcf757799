import { connect, type Socket } from 'node:net';

const RETRY_MS = 100;
const MAX_WAITING = 1_000;

interface Waiting {
  readonly resolve: (value: Buffer | null) => void;
  readonly reject: (error: Error) => void;
}

/** The three commands of a cache over RESP, with the methods of `ioredis`. Reconnects until it is closed. */
export class RespClient {
  readonly #port: number;
  #socket: Socket | undefined;
  #waiting: Waiting[] = [];
  #bytes = Buffer.alloc(0);
  #closed = false;

  constructor(port: number) {
    this.#port = port;
    this.#connect();
  }

  getBuffer(key: string): Promise<Buffer | null> {
    return this.#run(['GET', key]);
  }

  set(key: string, value: Buffer, unit: 'PX', milliseconds: number): Promise<unknown> {
    return this.#run(['SET', key, value, unit, String(Math.round(milliseconds))]);
  }

  del(key: string): Promise<unknown> {
    return this.#run(['DEL', key]);
  }

  close(): void {
    this.#closed = true;
    this.#socket?.destroy();
  }

  #run(words: readonly (string | Buffer)[]): Promise<Buffer | null> {
    const socket = this.#socket;
    if (socket === undefined || socket.connecting || this.#waiting.length >= MAX_WAITING) {
      return Promise.reject(new Error('Redis is not to be had.'));
    }
    const parts = words.flatMap((word) => [`$${Buffer.byteLength(word)}\r\n`, word, '\r\n']);
    socket.write(Buffer.concat([`*${words.length}\r\n`, ...parts].map((part) => Buffer.from(part))));
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  #connect(): void {
    const socket = connect({ port: this.#port, host: '127.0.0.1', noDelay: true });
    this.#socket = socket;
    socket.on('data', (bytes) => this.#take(bytes));
    socket.on('error', () => {});
    socket.once('close', () => this.#lost());
  }

  #lost(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#bytes = Buffer.alloc(0);
    this.#socket = undefined;
    for (const { reject } of waiting) reject(new Error('The connection to Redis was closed.'));
    if (!this.#closed) setTimeout(() => !this.#closed && this.#connect(), RETRY_MS).unref();
  }

  #take(bytes: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, bytes]);
    while (this.#takeReply());
  }

  /** One reply: a line, and for a bulk string the number of bytes in that line. */
  #takeReply(): boolean {
    const lineEnd = this.#bytes.indexOf('\r\n');
    if (lineEnd < 0) return false;
    const line = this.#bytes.toString('latin1', 0, lineEnd);
    const length = line.startsWith('$') ? Number(line.slice(1)) : -1;
    const start = lineEnd + 2;
    const end = length < 0 ? start : start + length + 2;
    if (this.#bytes.length < end) return false;
    const value = length < 0 ? null : Buffer.from(this.#bytes.subarray(start, start + length));
    this.#bytes = this.#bytes.subarray(end);
    const pending = this.#waiting.shift();
    if (line.startsWith('-')) pending?.reject(new Error(line.slice(1)));
    else pending?.resolve(value);
    return true;
  }
}
