import type { ChatChunk, ChatCompletion, ChatRequest } from '../chat/types.js';

/**
 * An upstream wire format, as a pure translation without clock, network or state between calls. All members but `name`
 * and `path` are optional; an absent one means that the upstream uses OpenAI's form.
 */
export interface WireFormat {
  /** Name of the format: `openai`. */
  readonly name: string;
  /**
   * Appended to the provider's `baseUrl`: `/chat/completions`. With `exchange`: the common beginning of all paths, or
   * `''`.
   */
  readonly path: string;
  /** Used if the provider's options set no `baseUrl`. */
  readonly defaultBaseUrl?: string;
  /** Request headers of the format, without credentials: `anthropic-version`. */
  readonly headers?: Readonly<Record<string, string>>;
  /**
   * How the provider's key is sent if its options set no `auth`.
   * @defaultValue `'bearer'`
   */
  readonly auth?: FormatAuth;
  /**
   * How a stream is split into events.
   * @defaultValue `'sse'`
   */
  readonly framing?: Framing;
  /**
   * Translates one request and reads its response. Replaces `encodeRequest`, `decodeCompletion` and
   * `createChunkDecoder` for formats in which they depend on each other. Pure: same arguments, same result.
   * @throws UnsupportedRequest if the format cannot express the request for this model.
   */
  exchange?(request: ChatRequest, context: ExchangeContext): Exchange;
  /**
   * For a format with OpenAI's request bodies and a path that depends on the model: path and query after `baseUrl`.
   * Replaces `path`; ignored if there is an `exchange`. The received bytes are sent with `model` replaced and the
   * gateway's own fields removed.
   * @throws UnsupportedRequest if the model's name cannot be part of a path.
   */
  pathFor?(model: ModelFacts, stream: boolean): string;
  /**
   * Parameters that the format can express for `model`. A parameter that it would drop is missing; one that it would
   * refuse is not. The endpoint's own list is reduced to them. Called once per endpoint, when the options are read.
   * @throws TypeError for an invalid trait: `format.thinking must be …`.
   */
  supportedParameters?(model: ModelFacts): ReadonlySet<string>;
  /**
   * The `format` of the `reasoning_details` whose signatures the format sends back to `model`: `anthropic-claude-v1`. A
   * conversation with such signatures prefers endpoints that can read them.
   */
  reasoningFormat?(model: ModelFacts): string | undefined;
  /**
   * The body to send for `request`, whose `model` is already the upstream's name. Absent: the received bytes are sent,
   * with `model` replaced and the gateway's own fields removed.
   */
  encodeRequest?(request: ChatRequest): unknown;
  /**
   * A whole response as `chat.completion`.
   * @throws FailedResponse if the body is not a completion: the attempt counts as the provider's failure. Any other
   * error ends the attempt as `host_code`, which does not count in the circuit breaker.
   */
  decodeCompletion?(body: unknown): ChatCompletion;
  /** Creates the decoder of one stream: it returns the chunks of each event; `'done'` ends the stream. */
  createChunkDecoder?(): (event: UpstreamEvent) => readonly ChatChunk[] | 'done';
  /**
   * The error in an error body, in OpenAI's form. `undefined`: the body is not in a known form.
   * @param head - absent for an error inside a stream.
   */
  decodeError?(body: unknown, head?: ResponseHead): UpstreamErrorBody | undefined;
}

/** How a provider's key is sent. */
export type FormatAuth = 'bearer' | 'x-api-key' | 'api-key' | { readonly header: string; readonly prefix: string };

/** `sse`: server-sent events. `aws-event-stream`: binary frames (`application/vnd.amazon.eventstream`). */
export type Framing = 'sse' | 'aws-event-stream';

/** Inputs of a translation besides the request. */
export interface ExchangeContext {
  /** The model that is called. */
  readonly model: ModelFacts;
  /** A stream is requested. */
  readonly stream: boolean;
  /** Unique per attempt, for ids that the upstream does not send. */
  readonly requestId: string;
  /** Unix seconds, for `created`. */
  readonly now: number;
}

/** Options of an endpoint that a format may need. */
export interface ModelFacts {
  /** The upstream's own name of the model. */
  readonly upstreamModel: string;
  /** Tokens. */
  readonly maxCompletionTokens: number | undefined;
  /** `models[…].format` of the options: `{ thinking: 'adaptive', nativeJsonSchema: true }`. */
  readonly traits: Readonly<Record<string, unknown>>;
  /** `headers` of the provider's options, names in lower case. They take precedence over those of an exchange. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** A translated request, and the reader of its response. */
export interface Exchange {
  /** Path and query after `baseUrl`, with all names percent-encoded. */
  readonly path: string;
  /** Request headers of this call. Never credentials. */
  readonly headers?: Readonly<Record<string, string>>;
  /** JSON value. */
  readonly body: unknown;
  /** Paths of request members that `body` does not express: `seed`, `messages[0].name`. */
  readonly dropped: readonly string[];
  /** A whole response as `chat.completion`. @throws FailedResponse if the body is not a completion. */
  completion(body: unknown, head: ResponseHead): ChatCompletion;
  /** A new decoder for one stream. */
  decoder(head: ResponseHead): ChunkDecoder;
}

/** Decodes one stream of an upstream. */
export interface ChunkDecoder {
  /** Chunks of one event. A chunk with an `error` member ends the stream as failed; `'done'` ends it as complete. */
  event(event: UpstreamEvent): readonly ChatChunk[] | 'done';
  /** Called after a body that is complete by its framing: the chunks that were held in case more events followed. */
  end?(): readonly ChatChunk[];
  /**
   * The stream is complete, but `end()` holds chunks that further events may still change. The gateway then waits for
   * the end of the body no longer than after the finish reasons of OpenAI's form, and a body that stays open ends as
   * complete.
   */
  readonly settled?: boolean;
  /** The stream is complete: events after this are ignored. */
  readonly done?: boolean;
}

/** Status and headers of an upstream's response. */
export interface ResponseHead {
  /** HTTP status. */
  readonly status: number;
  /** Response headers, names in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** One event of an upstream's stream, whatever its framing. */
export interface UpstreamEvent {
  /** Server-sent events: `event`. AWS event stream: `:event-type` or `:exception-type`. */
  readonly event?: string | undefined;
  /** The text of the event. */
  readonly data: string;
  /** The frame is marked as an error. */
  readonly failed?: true;
}

/** An upstream's error in OpenAI's form. */
export interface UpstreamErrorBody {
  /** The upstream's own text. */
  readonly message: string;
  /** The upstream's own class of the error. */
  readonly type: string | null;
  /** The member at fault, where the upstream names one. */
  readonly param: string | null;
  /** The upstream's own code. */
  readonly code: string | null;
  /** HTTP status that the error names; absent if it names none. */
  readonly status?: number | undefined;
  /**
   * Set if the status misleads: a 400 that means a refused key. A kind that the status means in any case gives way to
   * the gateway's table of known wordings.
   */
  readonly kind?: UpstreamErrorKind | undefined;
  /** Milliseconds that the error asks to wait. */
  readonly retryAfterMs?: number | undefined;
  /** Further codes of the upstream (`API_KEY_INVALID`). Clients never get them. */
  readonly reasons?: readonly string[] | undefined;
}

/** Kind of an upstream's error, which decides whether the next candidate is tried. */
export type UpstreamErrorKind =
  | 'auth'
  | 'quota'
  | 'rate_limited'
  | 'overloaded'
  | 'server_error'
  | 'upstream_timeout'
  | 'try_later'
  | 'conflict'
  | 'model_missing'
  | 'rejected'
  /** The body is not a response: another attempt may succeed. */
  | 'malformed'
  | 'empty';

/**
 * Thrown by a format that cannot express a request for this model. Another candidate is tried; if none is left, the
 * client gets 400 with `param`.
 */
export class UnsupportedRequest extends Error {
  /** Always `UnsupportedRequest`. */
  override readonly name = 'UnsupportedRequest';
  /** Path of the request member: `messages[2].content[0]`. */
  readonly param: string;

  /** Takes the path of the member that cannot be expressed, and why. */
  constructor(param: string, message: string) {
    super(message);
    this.param = param;
  }
}

/** Thrown by a format when an upstream's response cannot be read: the attempt counts as the provider's failure. */
export class UnusableResponse extends Error {
  /** Always `UnusableResponse`. */
  override readonly name: string = 'UnusableResponse';
}

/**
 * Signs a request with headers (AWS Signature V4). Called last, once per attempt.
 */
export interface Signer {
  /** Resolves to the headers to add. */
  sign(request: SignableRequest): Promise<Readonly<Record<string, string>>>;
  /** Texts that must never appear in responses or logs. */
  secrets(): readonly string[];
}

/** An upstream request as it is about to be sent. */
export interface SignableRequest {
  /** Always `POST`. */
  readonly method: 'POST';
  /** The whole address, with path and query. */
  readonly url: URL;
  /** All headers that will be sent, names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** The bytes that will be sent. */
  readonly body: Uint8Array;
}
