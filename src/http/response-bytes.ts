import { Socket } from 'node:net';

/** Status line and headers of a response, parsed. */
export interface ParsedHead {
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
}

const HEAD_END = Buffer.from('\r\n\r\n');

/**
 * A socket in memory at the receiving end of a `ServerResponse`. It parses the head and passes the body on as a web
 * stream. A write is acknowledged only when the reader wants more, so that backpressure reaches the response.
 */
export class ResponseBytes extends Socket {
  /** Called once with the head. */
  onHead: (head: ParsedHead) => void = nothing;
  /** Called if the response is destroyed before its head is complete. */
  onBroken: () => void = nothing;
  #head: Buffer | undefined = Buffer.alloc(0);
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  #beforeReader: Buffer[] = [];
  #acknowledge: (() => void) | undefined;
  #finished = false;

  /** The response body. Cancelling it destroys the response. */
  body(): ReadableStream<Uint8Array> {
    return new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.#controller = controller;
        for (const bytes of this.#beforeReader.splice(0)) controller.enqueue(bytes);
        if (this.#finished) controller.close();
      },
      pull: () => this.#resume(),
      cancel: () => void this.destroy(),
    });
  }

  override _read(): void {
    // The request has its own stream, so nothing is read from here.
  }

  override _write(data: Buffer | string, encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#acknowledge = done;
    const bytes = typeof data === 'string' ? Buffer.from(data, encoding) : data;
    const body = this.#head === undefined ? bytes : this.#parseHead(this.#head, bytes);
    if (body === undefined || body.length === 0) return this.#resume();
    if (this.#controller === undefined) this.#beforeReader.push(body);
    else this.#controller.enqueue(body);
    if (this.#controller === undefined || (this.#controller.desiredSize ?? 0) > 0) this.#resume();
  }

  override _writev(
    pieces: readonly { readonly chunk: Buffer | string; readonly encoding: BufferEncoding }[],
    done: (error?: Error | null) => void,
  ): void {
    const all = pieces.map(({ chunk, encoding }) => (typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk));
    this._write(Buffer.concat(all), 'latin1', done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#finished = true;
    this.#controller?.close();
    this.push(null);
    done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    if (this.#head !== undefined) this.onBroken();
    else if (!this.#finished) this.#controller?.error(error ?? new TypeError('The response was aborted.'));
    this.#controller = undefined;
    super._destroy(null, done);
  }

  #resume(): void {
    const acknowledge = this.#acknowledge;
    this.#acknowledge = undefined;
    acknowledge?.();
  }

  /** @returns the bytes after the head; `undefined` while the head is incomplete. */
  #parseHead(before: Buffer, bytes: Buffer): Buffer | undefined {
    const all = Buffer.concat([before, bytes]);
    const end = all.indexOf(HEAD_END);
    if (end < 0) {
      this.#head = all;
      return undefined;
    }
    this.#head = undefined;
    const [statusLine = '', ...lines] = all.toString('latin1', 0, end).split('\r\n');
    const headers = lines.map((line): [string, string] => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon), line.slice(colon + 1).trim()];
    });
    this.onHead({ status: Number(statusLine.split(' ')[1]), headers });
    return all.subarray(end + HEAD_END.length);
  }
}

function nothing(): void {}
