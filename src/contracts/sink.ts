import type { GatewayError } from '../errors/gateway-error.js';

/**
 * Receives a response: the client's connection, or a sink in front of it (the cache's recorder, the fan-out of a shared
 * call). Methods are called in this order:
 * `json` | `open`, `event`*, (`done` | `fail`) | `fail`.
 */
export interface ResponseSink {
  /** A whole `chat.completion`. */
  json(head: SinkHead, body: ResponseBody): void;
  /** A stream begins. Nothing has been written before this. */
  open(head: SinkHead): void;
  /** The payload of one event: the JSON text of a chunk, without `data:` and line ends. False: wait for `onDrain`. */
  event(payload: string): boolean;
  /** Calls `resume` once, when `event` may be called again. */
  onDrain(resume: () => void): void;
  /** Writes a comment, so that intermediaries do not close a stream without events. */
  keepAlive?(): void;
  /** The stream is complete: writes `[DONE]`. */
  done(): void;
  /**
   * Before `open`: responds with the error and its status. After it: ends the stream with an error event and without
   * `[DONE]`.
   */
  fail(error: GatewayError): void;
}

/**
 * JSON text in UTF-8: its bytes, or a string with one character per byte, which is cheaper to build and to send if it
 * is small.
 */
export type ResponseBody = Uint8Array | string;

/** Head of a response. */
export interface SinkHead {
  readonly status: number;
  /** Response headers beyond those that the sink writes itself. Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
}
