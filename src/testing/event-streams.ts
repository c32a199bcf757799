import type { ReceivedRequest } from './request-log.js';
import { onRequest, send, wait, type Script, type Step } from './script.js';
import { LAST_CHUNK, lowerCaseNames, renderChunk, renderHead, type ResponseHeaders } from './wire.js';

/**
 * One item of an event stream: a text becomes `data: <text>` and an empty line, an object the same with its JSON, bytes
 * are sent unchanged (a comment, broken framing), a number is a pause in milliseconds.
 */
export type StreamEvent = string | object | Uint8Array | number;

/**
 * How a stream ends: `clean` with the end of the HTTP body, `fin` with a closed connection in the middle of the body,
 * `reset` with a TCP reset, `hang` never.
 */
export type StreamEnding = 'clean' | 'fin' | 'reset' | 'hang';

/** How an event stream is sent, and how it ends. */
export interface EventStreamOptions {
  /** HTTP status. @defaultValue `200` */
  readonly status?: number | undefined;
  /** Added to `content-type`, or instead of it. */
  readonly headers?: ResponseHeaders | undefined;
  /** Milliseconds before the head. @defaultValue `0` */
  readonly headDelayMs?: number | undefined;
  /** Milliseconds before each event. @defaultValue `0` */
  readonly delayMs?: number | undefined;
  /** What happens after the last event. @defaultValue `'clean'` */
  readonly end?: StreamEnding | undefined;
  /** Ends after this many events (a role chunk, usage and `[DONE]` are events too). @defaultValue all */
  readonly afterEvents?: number | undefined;
  /** `close`: the body is not framed and ends with the connection. @defaultValue `'chunked'` */
  readonly framing?: 'chunked' | 'close' | undefined;
}

/**
 * An event stream of exactly these events.
 *
 * @example
 * sse([{ choices: [] }, Buffer.from(': a comment\n\n'), 50, '[DONE]'])
 */
export function sse(events: Iterable<StreamEvent>, options: EventStreamOptions = {}): Script {
  return onRequest('sse', (request) => eventStreamSteps(events, options, request));
}

/** @internal */
export function* eventStreamSteps(
  events: Iterable<StreamEvent>,
  options: EventStreamOptions,
  request: ReceivedRequest,
): Iterable<Step> {
  const chunked = options.framing !== 'close';
  if (options.headDelayMs !== undefined) yield wait(options.headDelayMs);
  yield send(streamHead(options, chunked, request));

  let left = options.afterEvents ?? Number.POSITIVE_INFINITY;
  for (const event of events) {
    if (left === 0) break;
    if (typeof event === 'number') {
      yield wait(event);
      continue;
    }
    if (options.delayMs !== undefined) yield wait(options.delayMs);
    const bytes = eventBytes(event);
    yield send(chunked ? renderChunk(bytes) : bytes);
    left -= 1;
  }
  yield* endOfStream(options.end ?? 'clean', chunked);
}

/** @internal The head of an event stream. */
export function streamHead(options: EventStreamOptions, chunked: boolean, request: ReceivedRequest): string {
  const framing = chunked ? { 'transfer-encoding': 'chunked' } : { connection: 'close' };
  const headers = { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache', ...framing };
  return renderHead(options.status ?? 200, { ...headers, ...lowerCaseNames(options.headers ?? {}) }, request);
}

function eventBytes(event: string | object | Uint8Array): Uint8Array {
  if (event instanceof Uint8Array) return event;
  return Buffer.from(`data: ${typeof event === 'string' ? event : JSON.stringify(event)}\n\n`);
}

function endOfStream(end: StreamEnding, chunked: boolean): readonly Step[] {
  if (end === 'clean') return chunked ? [send(LAST_CHUNK)] : [{ do: 'fin' }];
  return end === 'fin' ? [{ do: 'fin', cut: true }] : [{ do: end }];
}
