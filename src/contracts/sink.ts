import type { GatewayError } from '../errors/gateway-error.js';

/**
 * Where an answer goes: the client's response, or something in front of it (the cache's recorder,
 * the fan-out of a shared call). Calls come in this order:
 * `json` | `open`, `event`*, (`done` | `fail`) | `fail`.
 */
export interface ResponseSink {
  /** A whole `chat.completion`. */
  json(head: SinkHead, body: ResponseBody): void;
  /** A stream begins. Nothing has been written before this. */
  open(head: SinkHead): void;
  /** One event's payload: the JSON text of a chunk, without `data:` and line ends. False: wait for `onDrain`. */
  event(payload: string): boolean;
  /** Calls `resume` once, when `event` may be called again. */
  onDrain(resume: () => void): void;
  /** Writes a comment, so that an open stream without events is not taken for a dead one. */
  keepAlive?(): void;
  /** The stream is whole: `[DONE]` follows. */
  done(): void;
  /** No answer (an error with its status), or half of one (an error event and no `[DONE]`). */
  fail(error: GatewayError): void;
}

/**
 * JSON text in UTF-8: its bytes, or a string with a character for each of them, which takes less to put together and to
 * send where it is small.
 */
export type ResponseBody = Uint8Array | string;

/** What is known of an answer when its first byte is written. */
export interface SinkHead {
  readonly status: number;
  /** Response headers beyond those that the sink writes itself. Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
}
