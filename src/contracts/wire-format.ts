import type { ChatChunk, ChatCompletion, ChatRequest } from '../chat/types.js';

/**
 * An upstream wire format as pure translation: no clock, no network, no memory between calls.
 * Every member but `name` and `path` is optional; what is absent means "already OpenAI's form".
 */
export interface WireFormat {
  /** Name of the format: `openai`. */
  readonly name: string;
  /** Appended to the provider's `baseUrl`: `/chat/completions`. With `exchange`: what every path begins with, or `''`. */
  readonly path: string;
  /** Used where the provider's options give no `baseUrl`. */
  readonly defaultBaseUrl?: string;
  /** Extra request headers of the format: `anthropic-version`. Never credentials. */
  readonly headers?: Readonly<Record<string, string>>;
  /**
   * How the provider's key is sent where its options give no `auth`.
   * @defaultValue `'bearer'`
   */
  readonly auth?: FormatAuth;
  /**
   * How a stream is cut into events.
   * @defaultValue `'sse'`
   */
  readonly framing?: Framing;
  /**
   * Translates one request and reads its response. Takes the place of `encodeRequest`, `decodeCompletion` and
   * `createChunkDecoder` where they need to know of each other. Pure: same arguments, same result.
   * @throws UnsupportedRequest when the format cannot express the request for this model.
   */
  exchange?(request: ChatRequest, context: ExchangeContext): Exchange;
  /**
   * For a format whose request bodies are OpenAI's own, so that the received bytes are sent as they are (`model`
   * replaced, the gateway's fields cut out): path and query behind `baseUrl`, where they depend on the model. Takes the
   * place of `path`; not read where `exchange` is there.
   * @throws UnsupportedRequest when the model's name cannot stand in a path.
   */
  pathFor?(model: ModelFacts, stream: boolean): string;
  /**
   * Parameters that the format can express for `model`: those that it would leave out are missing, those that it would
   * refuse are not. The endpoint's own list is cut down to them. Asked once per endpoint, when the options are read.
   * @throws TypeError naming a trait that is wrong: `format.thinking must be …`.
   */
  supportedParameters?(model: ModelFacts): ReadonlySet<string>;
  /**
   * The `format` of the `reasoning_details` whose signatures the format sends back to `model`:
   * `anthropic-claude-v1`. A conversation that carries such signatures prefers endpoints that can read them.
   */
  reasoningFormat?(model: ModelFacts): string | undefined;
  /**
   * The body to send for `request` (model already the upstream's). Absent: the received bytes are sent,
   * with `model` replaced and the gateway's own fields cut out.
   */
  encodeRequest?(request: ChatRequest): unknown;
  /**
   * A whole response as `chat.completion`.
   * @throws FailedResponse when it is none: the attempt then counts as the provider's failure. Anything else that it
   * throws ends the attempt as `host_code`, which leaves the provider's breaker alone.
   */
  decodeCompletion?(body: unknown): ChatCompletion;
  /** One decoder per stream: an upstream event in, any number of chunks out; `'done'` ends the stream. */
  createChunkDecoder?(): (event: UpstreamEvent) => readonly ChatChunk[] | 'done';
  /**
   * What an error body says, in OpenAI's words. `undefined`: nothing readable in it.
   * @param head - absent for an error inside a stream.
   */
  decodeError?(body: unknown, head?: ResponseHead): UpstreamErrorBody | undefined;
}

/** Where the key of a provider goes. */
export type FormatAuth = 'bearer' | 'x-api-key' | 'api-key' | { readonly header: string; readonly prefix: string };

/** `sse`: server-sent events. `aws-event-stream`: binary frames (`application/vnd.amazon.eventstream`). */
export type Framing = 'sse' | 'aws-event-stream';

/** Everything outside of the request that a translation may use. */
export interface ExchangeContext {
  /** The model that is called. */
  readonly model: ModelFacts;
  /** A stream is requested. */
  readonly stream: boolean;
  /** Unique per attempt; for ids that the upstream does not give. */
  readonly requestId: string;
  /** Unix seconds, for `created`. */
  readonly now: number;
}

/** What the options declare of an endpoint and a format may need. */
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

/** One translated request, and how its response is read. */
export interface Exchange {
  /** Path and query behind `baseUrl`; every name in it percent-encoded. */
  readonly path: string;
  /** Request headers of this call. Never credentials. */
  readonly headers?: Readonly<Record<string, string>>;
  /** JSON value. */
  readonly body: unknown;
  /** Paths of request members that `body` does not express: `seed`, `messages[0].name`. */
  readonly dropped: readonly string[];
  /** A whole response as `chat.completion`. @throws FailedResponse when it is none: the provider's failure. */
  completion(body: unknown, head: ResponseHead): ChatCompletion;
  /** A new decoder for one stream. */
  decoder(head: ResponseHead): ChunkDecoder;
}

/** Reads one stream of an upstream. */
export interface ChunkDecoder {
  /** Chunks of one event. A chunk with an `error` member ends the stream as failed; `'done'` ends it as complete. */
  event(event: UpstreamEvent): readonly ChatChunk[] | 'done';
  /** The body has ended as HTTP says: chunks that were held because more might have followed. */
  end?(): readonly ChatChunk[];
  /**
   * All that a complete stream says has been read, but what `end()` holds may still be followed by more. The gateway
   * then waits for the end of the body as briefly as behind the finish reasons of OpenAI's form, and a body that stays
   * open ends as complete.
   */
  readonly settled?: boolean;
  /** The last event has been read, and its chunks were the last: the stream is complete, whatever follows. */
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
  /** The frame itself says that it is an error. */
  readonly failed?: true;
}

/** An upstream's error in OpenAI's words. */
export interface UpstreamErrorBody {
  /** The upstream's own text. */
  readonly message: string;
  /** The upstream's own class of the error. */
  readonly type: string | null;
  /** The member at fault, where the upstream names one. */
  readonly param: string | null;
  /** The upstream's own code. */
  readonly code: string | null;
  /** HTTP status that the error itself names, where it does. */
  readonly status?: number | undefined;
  /**
   * Set where the status misleads: a 400 that means a refused key. A kind that the status means in any case gives way to
   * the gateway's table of known wordings.
   */
  readonly kind?: UpstreamErrorKind | undefined;
  /** Milliseconds that the error asks to wait. */
  readonly retryAfterMs?: number | undefined;
  /** Further words of the upstream for what happened (`API_KEY_INVALID`), never shown to a client. */
  readonly reasons?: readonly string[] | undefined;
}

/** What an upstream's error means for the chain of candidates. */
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
  /** The response is none: another attempt may succeed. */
  | 'malformed'
  | 'empty';

/**
 * A format cannot express a request for this model; another candidate may. When no candidate is left the client
 * gets 400 with `param`.
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
 * Headers that prove who sends exactly these bytes (AWS Signature V4). Asked last, once per attempt.
 */
export interface Signer {
  /** Resolves to the headers to add. */
  sign(request: SignableRequest): Promise<Readonly<Record<string, string>>>;
  /** Values that no client and no log may ever read. */
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
