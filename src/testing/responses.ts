import type { ReceivedRequest } from './request-log.js';
import { endingSteps, onRequest, pieceStep, send, wait, type Ending, type Piece, type Script } from './script.js';
import { lowerCaseNames, renderHead, type ResponseHeaders } from './wire.js';

/** How a response is sent. */
export interface ResponseOptions {
  /** HTTP status. @defaultValue `200` */
  readonly status?: number | undefined;
  /** Added to `content-type` and `content-length`, which they may also replace. */
  readonly headers?: ResponseHeaders | undefined;
  /** Milliseconds before the head. @defaultValue `0` */
  readonly delayMs?: number | undefined;
}

/**
 * A JSON response with `content-length`. Text is sent unchanged, other values as JSON.
 *
 * @example
 * upstream.enqueue(json({ choices: [] }));
 */
export function json(body: unknown, options: ResponseOptions = {}): Script {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return onRequest('json', (request) => sizedSteps(text, options, request));
}

/**
 * An error response. Without `body` it is OpenAI's envelope with the usual message of that status; an object is sent as
 * JSON, text as `text/plain` unless `headers` sets another type.
 *
 * @example
 * upstream.enqueue(error(503, undefined, { 'retry-after': '1' }));
 */
export function error(status: number, body?: unknown, headers: ResponseHeaders = {}): Script {
  const plain = typeof body === 'string';
  const text = plain ? body : JSON.stringify(body ?? errorBody(status));
  const type = plain ? 'text/plain; charset=utf-8' : 'application/json';
  const options = { status, headers: { 'content-type': type, ...lowerCaseNames(headers) } };
  return onRequest(`error ${status}`, (request) => sizedSteps(text, options, request));
}

/** When raw bytes are sent, and how the response ends. */
export interface RawOptions {
  /** What happens after the last byte. @defaultValue `'fin'` */
  readonly end?: Ending | undefined;
  /** When the first byte is sent. @defaultValue `'request'` */
  readonly starts?: Script['starts'] | undefined;
}

/**
 * Sends these bytes, which include the head. A list is written piece by piece; numbers in it are pauses in milliseconds.
 *
 * @example
 * raw(['HTTP/1.1 200 OK\r\ncontent-le', 20, 'ngth: 2\r\n\r\n{}'], { end: 'keep' })
 */
export function raw(pieces: string | Uint8Array | readonly Piece[], options: RawOptions = {}): Script {
  const list = typeof pieces === 'string' || pieces instanceof Uint8Array ? [pieces] : pieces;
  const steps = [...list.map(pieceStep), ...endingSteps(options.end ?? 'fin')];
  return { name: 'raw', starts: options.starts ?? 'request', steps: () => steps };
}

/** OpenAI's error envelope. */
export function errorBody(status: number, changes: Readonly<Record<string, unknown>> = {}): unknown {
  const [type, code] = ERROR_WORDS[status] ?? [status < 500 ? 'invalid_request_error' : 'server_error', null];
  return { error: { message: `The fake upstream responds with ${status}.`, type, param: null, code, ...changes } };
}

const ERROR_WORDS: Readonly<Record<number, readonly [type: string, code: string | null]>> = {
  401: ['invalid_request_error', 'invalid_api_key'],
  404: ['invalid_request_error', 'model_not_found'],
  429: ['requests', 'rate_limit_exceeded'],
  529: ['overloaded_error', null],
};

/** @internal A head with `content-length` and its body, in one write. */
export function* sizedSteps(text: string, options: ResponseOptions, request: ReceivedRequest) {
  if (options.delayMs !== undefined) yield wait(options.delayMs);
  yield send(sizedHead(text, options, request) + text);
}

/** @internal */
export function sizedHead(text: string, options: ResponseOptions, request: ReceivedRequest): string {
  const headers = {
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(text)),
    ...lowerCaseNames(options.headers ?? {}),
  };
  return renderHead(options.status ?? 200, headers, request);
}
