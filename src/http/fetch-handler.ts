import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { Middleware } from './middleware.js';
import { ResponseBytes, type ParsedHead } from './response-bytes.js';

/** Handles a Fetch `Request`, as Next's app router, Hono, Bun and Deno provide it. */
export type FetchHandler = (request: Request) => Promise<Response>;

/**
 * Runs `middleware` for Fetch requests, with a real `IncomingMessage` and `ServerResponse` over a socket in memory, so
 * that backpressure, aborts and headers behave as over TCP. There is no `next`, so the middleware itself responds for
 * paths that it does not serve.
 */
export function fetchHandler(middleware: Middleware): FetchHandler {
  return function handleFetch(request) {
    return new Promise<Response>((resolve, reject) => {
      const bytes = new ResponseBytes();
      const req = new FetchMessage(request);
      const res = serverResponse(req, bytes);
      bytes.onHead = (head) => resolve(responseOf(head, bytes, request));
      bytes.onBroken = () => reject(new TypeError('The gateway closed the connection before it responded.'));
      closeTogether(request, req, res, bytes);
      middleware(req, res);
    });
  };
}

/** A Fetch request in the form of `node:http`. Its body is read only as fast as it is consumed. */
class FetchMessage extends IncomingMessage {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array> | undefined;

  constructor(request: Request) {
    super(new Socket());
    const { pathname, search } = new URL(request.url);
    this.method = request.method;
    this.url = pathname + search;
    this.httpVersion = '1.1';
    this.httpVersionMajor = 1;
    this.httpVersionMinor = 1;
    for (const [name, value] of request.headers) {
      this.headers[name] = value;
      this.rawHeaders.push(name, value);
    }
    // A Fetch body has no known length; in HTTP/1.1 this header announces such a body.
    if (request.body !== null && this.headers['content-length'] === undefined) {
      this.headers['transfer-encoding'] = 'chunked';
    }
    this.#reader = request.body?.getReader();
  }

  override _read(size: number): void {
    super._read(size);
    if (this.#reader === undefined) return this.#end();
    this.#reader.read().then(
      ({ done, value }) => (done ? this.#end() : this.push(value)),
      (error: unknown) => this.destroy(error instanceof Error ? error : new TypeError('The body could not be read.')),
    );
  }

  #end(): void {
    this.complete = true;
    this.push(null);
  }
}

/** A response that writes its head and then the unframed body to `bytes`. */
function serverResponse(req: IncomingMessage, bytes: ResponseBytes): ServerResponse {
  const res = new ServerResponse(req);
  res.useChunkedEncodingByDefault = false;
  res.shouldKeepAlive = false;
  res.assignSocket(bytes);
  // The server of node:http forwards this event from the socket, but there is no server here.
  bytes.on('drain', () => res.emit('drain'));
  return res;
}

function closeTogether(request: Request, req: IncomingMessage, res: ServerResponse, bytes: ResponseBytes): void {
  const onAbort = (): void => void bytes.destroy();
  if (request.signal.aborted) onAbort();
  else request.signal.addEventListener('abort', onAbort, { once: true });
  res.once('finish', () => bytes.end());
  bytes.once('close', () => {
    request.signal.removeEventListener('abort', onAbort);
    req.destroy();
  });
}

/** Statuses with which a Fetch response must not have a body. */
const WITHOUT_BODY: ReadonlySet<number> = new Set([204, 205, 304]);

function responseOf(head: ParsedHead, bytes: ResponseBytes, request: Request): Response {
  const headers = new Headers(head.headers.map(([name, value]): [string, string] => [name, value]));
  // These belong to the connection in memory, not to the response.
  headers.delete('connection');
  headers.delete('keep-alive');
  const hasBody = !WITHOUT_BODY.has(head.status) && request.method !== 'HEAD';
  return new Response(hasBody ? bytes.body() : null, { status: head.status, headers });
}
