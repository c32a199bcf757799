import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { Middleware } from './middleware.js';
import { ResponseBytes, type ParsedHead } from './response-bytes.js';

/** Answers a Fetch `Request`, as Next's app router, Hono, Bun and Deno hand it over. */
export type FetchHandler = (request: Request) => Promise<Response>;

/**
 * Runs `middleware` for Fetch requests. It gets a real `IncomingMessage` and `ServerResponse` over a socket in memory,
 * so everything (backpressure, aborts, headers) behaves as over TCP.
 * Runs without a `next`, so that the middleware itself answers paths that it does not serve.
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

/** A Fetch request as `node:http` would have parsed it. Its body is read only as fast as it is consumed. */
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
    // A Fetch body has no announced length. In HTTP/1.1 this header says that there is a body all the same.
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

/** A response that writes unframed bytes to `bytes`: what follows its head is the body as it is. */
function serverResponse(req: IncomingMessage, bytes: ResponseBytes): ServerResponse {
  const res = new ServerResponse(req);
  res.useChunkedEncodingByDefault = false;
  res.shouldKeepAlive = false;
  res.assignSocket(bytes);
  // node:http's server forwards this event from the socket; without a server it has to be done here.
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

/** Statuses that a Fetch response must not have a body with. */
const WITHOUT_BODY: ReadonlySet<number> = new Set([204, 205, 304]);

function responseOf(head: ParsedHead, bytes: ResponseBytes, request: Request): Response {
  const headers = new Headers(head.headers.map(([name, value]): [string, string] => [name, value]));
  // Of the connection in memory, not of the response.
  headers.delete('connection');
  headers.delete('keep-alive');
  const hasBody = !WITHOUT_BODY.has(head.status) && request.method !== 'HEAD';
  return new Response(hasBody ? bytes.body() : null, { status: head.status, headers });
}
