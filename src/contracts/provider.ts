import type { ChatChunk, ChatCompletion, ChatRequest } from '../chat/types.js';
import type { ResponseHead, UpstreamErrorKind } from './wire-format.js';

/**
 * An upstream wire format as pure translation: no clock, no network, no state beyond one stream.
 * Every member but `name` and `path` is optional; what is absent means "already OpenAI's form".
 */
export interface WireFormat {
  /** Name of the format: `openai`. */
  readonly name: string;
  /** Appended to the provider's `baseUrl`: `/chat/completions`. */
  readonly path: string;
  /**
   * The body to send for `request` (model already the upstream's). Absent: the received bytes are sent,
   * with `model` replaced and the gateway's own fields cut out.
   */
  encodeRequest?(request: ChatRequest): unknown;
  /** Extra request headers of the format: `anthropic-version`. Never credentials. */
  readonly headers?: Readonly<Record<string, string>>;
  /** A whole answer as `chat.completion`. Throw when it is none: the attempt then counts as failed. */
  decodeCompletion?(body: unknown): ChatCompletion;
  /** One decoder per stream: an upstream event in, any number of chunks out; `'done'` ends the stream. */
  createChunkDecoder?(): (event: UpstreamEvent) => readonly ChatChunk[] | 'done';
  /**
   * What an error body says, in OpenAI's words. `undefined`: nothing readable in it.
   * @param head - absent for an error inside a stream.
   */
  decodeError?(body: unknown, head?: ResponseHead): UpstreamErrorBody | undefined;
}

/** One server-sent event of an upstream. */
export interface UpstreamEvent {
  readonly event: string | undefined;
  readonly data: string;
}

/** An upstream's error in OpenAI's words. */
export interface UpstreamErrorBody {
  readonly message: string;
  readonly type: string | null;
  readonly param: string | null;
  readonly code: string | null;
  /** HTTP status that the error itself names, where it does. */
  readonly status?: number | undefined;
  /** Set where the status misleads: a 400 that means a refused key. Beats every other rule. */
  readonly kind?: UpstreamErrorKind | undefined;
  /** Milliseconds that the error asks to wait. */
  readonly retryAfterMs?: number | undefined;
  /** Further words of the upstream for what happened (`API_KEY_INVALID`), never shown to a client. */
  readonly reasons?: readonly string[] | undefined;
}
