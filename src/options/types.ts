import type { AdminOptions } from './admin.js';
import type { AuthenticateOptions } from './authenticate-types.js';
import type { CacheOptions } from './cache-types.js';
import type { MiddlewareOptions } from './middleware.js';
import type { Clock } from '../contracts/clock.js';
import type { Hooks } from '../contracts/hooks.js';
import type { LimitOptions, SpendSinkOptions } from '../contracts/limits.js';
import type { Diagnostic, Logger, TelemetryOptions } from '../contracts/observability.js';
import type { GuardOptions } from '../contracts/guard.js';
import type { Signer, WireFormat } from '../contracts/wire-format.js';
import type { Transport } from '../contracts/transport.js';
import type { NetworkOptions } from './network.js';

/** Everything that `createGateway` takes. Times are milliseconds, sizes bytes, prices USD per million tokens. */
export type GatewayOptions = AuthenticateOptions &
  AdminOptions &
  ValidateOptions &
  RouteOptions &
  ProxyOptions &
  ObserveOptions &
  CommonOptions & {
    /** Off unless given. */
    readonly cache?: CacheOptions | undefined;
    /** What callers may use. Off unless given. */
    readonly limits?: LimitOptions | undefined;
    /** Where spend records go, in batches. Off unless given. */
    readonly spendSink?: SpendSinkOptions | undefined;
    /**
     * POST requests for endpoints that this gateway does not serve (`/embeddings`, `/completions`, `/messages`,
     * `/moderations`, `/audio/…`, `/images/…`), where it is mounted at a base path such as `/v1`: `respond` says in JSON
     * what is served here (404), `next` leaves them to handlers that are mounted later.
     * @defaultValue `'respond'`
     */
    readonly unservedPaths?: 'respond' | 'next' | undefined;
    /** The host's own middleware between the stages. @defaultValue none */
    readonly middleware?: MiddlewareOptions | undefined;
    /** Checks of prompts and responses. Off unless given. */
    readonly guards?: GuardOptions | undefined;
  };

/** What every stage takes. */
export interface CommonOptions {
  /** Functions of the host that are called on the way of a request. */
  readonly hooks?: Hooks | undefined;
  /**
   * What becomes of an error: `respond` answers it in OpenAI's shape, `next` hands it to the host's error handler.
   * @defaultValue `'respond'`
   */
  readonly errorHandling?: 'respond' | 'next' | undefined;
  /** Body of errors: OpenAI's, or OpenRouter's with a numeric `code`. @defaultValue `'openai'` */
  readonly errorFormat?: 'openai' | 'openrouter' | undefined;
  /** @internal Time, for tests. */
  readonly clock?: Clock | undefined;
  /** @internal Numbers in [0, 1), for tests. */
  readonly random?: (() => number) | undefined;
}

/** Who is told what the gateway does. Silent unless given; counting for `gateway.metrics` is always on. */
export interface ObserveOptions {
  /** pino, or anything of its form. Never told prompts, answers, keys or bodies. */
  readonly logger?: Logger | undefined;
  /** Told of probable mistakes in the set-up, each once, as `logger.warn` is. */
  readonly onDiagnostic?: ((diagnostic: Diagnostic) => void) | undefined;
  /** OpenTelemetry's tracer and meter, where the host has them. */
  readonly telemetry?: TelemetryOptions | undefined;
}

/** What is read of a request, and how strictly. */
export interface ValidateOptions {
  /** Largest body that is read, in bytes. @defaultValue `10_485_760` (10 MiB) */
  readonly bodyLimit?: number | undefined;
  /** A body must have arrived within this. @defaultValue `30_000` */
  readonly bodyTimeoutMs?: number | undefined;
  /** Members that OpenAI's schema does not know; a misspelt `provider_…` is refused in any case. @defaultValue `'pass'` */
  readonly unknownFields?: 'pass' | 'reject' | undefined;
  /** Content parts of a type that OpenAI does not know (`video_url` …). @defaultValue `'reject'` */
  readonly unknownContentParts?: 'pass' | 'reject' | undefined;
  /**
   * Tools of a type that chat completions do not have: hosted ones (`web_search`, `code_interpreter`, `mcp` …), which some
   * compatible servers take, and a `tool_choice` that names one. @defaultValue `'reject'`
   */
  readonly unknownTools?: 'pass' | 'reject' | undefined;
}

/** Who can answer. */
export interface RouteOptions {
  /** The providers, by a key of your choice. */
  readonly providers: Readonly<Record<string, ProviderOptions>>;
  /** Used when a request names no model. */
  readonly defaultModel?: string | undefined;
  /**
   * Model ids that leave the choice to the `selectCandidates` hook (without one: to `defaultModel`).
   * @defaultValue `['auto']`
   */
  readonly autoModels?: readonly string[] | undefined;
  /** Other names for models: alias → model, or a list to fall back along. */
  readonly aliases?: Readonly<Record<string, string | readonly string[]>> | undefined;
  /** What a caller's `provider_configs` may say. @defaultValue `{ apiKeys: true, allowedOrigins: [] }` */
  readonly callerOverrides?: CallerOverrideOptions | undefined;
  /**
   * Where to look prices and context lengths up that an endpoint does not declare: the module
   * `@pydantic/genai-prices`, or anything that answers like it. Nothing is fetched.
   */
  readonly priceCatalog?: PriceCatalog | undefined;
  /** Timeouts of every provider that sets none of its own. */
  readonly timeouts?: TimeoutOptions | undefined;
}

/** The part of `@pydantic/genai-prices` that is used. */
export interface PriceCatalog {
  /** USD for this usage, by the provider's API address; `null` when it is not known. */
  calcPrice(
    usage: CatalogUsage,
    model: string,
    options: { providerApiUrl?: string; provider?: never },
  ): {
    readonly input_price: number;
    readonly output_price: number;
    readonly total_price?: number;
    readonly model: { readonly context_window?: number };
    /** Given back with the next question about the same provider. */
    readonly provider?: object;
  } | null;
}

/** A usage in the words of a price book: each part is counted in its sum as well. */
export interface CatalogUsage {
  /** Tokens of the prompt. */
  readonly input_tokens: number;
  /** Tokens of the completion. */
  readonly output_tokens: number;
  /** Tokens of one kind, such as `cache_read_tokens`. */
  readonly [part: string]: number;
}

/** What callers' `provider_configs` may say. */
export interface CallerOverrideOptions {
  /** Callers may bring their own key for a configured provider. @defaultValue `true` */
  readonly apiKeys?: boolean | undefined;
  /** Origins (`https://host[:port]`, one `*.` label allowed) that a caller's `base_url` may name. @defaultValue none */
  readonly allowedOrigins?: readonly string[] | undefined;
}

/** How long to wait for what, in milliseconds. */
export interface TimeoutOptions {
  /** To connect, in milliseconds. @defaultValue `5_000` */
  readonly connectMs?: number | undefined;
  /**
   * To the response head, where a whole response was asked for. With `stream`: to the first event that means something,
   * however many signs of life come before it.
   * @defaultValue `300_000`, with `stream` `600_000`
   */
  readonly headersMs?: number | undefined;
  /**
   * With `stream`: to the first event that means something. Begins anew with each sign of life (the head, a comment, a
   * role chunk), up to `headersMs` in all.
   * @defaultValue `60_000`
   */
  readonly firstChunkMs?: number | undefined;
  /**
   * Between two pieces of a body.
   * @defaultValue `60_000`
   */
  readonly idleMs?: number | undefined;
  /**
   * The whole request, all attempts and pauses. Never ends a stream that has begun: `idleMs` guards it.
   * @defaultValue `600_000` for whole responses, no limit for streams
   */
  readonly totalMs?: number | undefined;
}

/** Formats that need no options. */
export type FormatName = 'openai' | 'anthropic' | 'gemini' | 'vertex' | 'bedrock' | 'azure';

/** One provider: where it is, its key, and the models it serves. */
export interface ProviderOptions {
  /** Shown to people. @defaultValue the key in `providers` */
  readonly name?: string | undefined;
  /**
   * Up to and without `/chat/completions`; `/v1` is never added. A query is kept. Formats other than OpenAI's append
   * their own path; what the base URL already ends in (`/v1`, `/v1beta`) is not appended again.
   * @defaultValue the address of the format's own API, where it has one: `anthropic`, `gemini`, `vertex`
   */
  readonly baseUrl?: string | undefined;
  /**
   * The operator's key, or where to get it at each call (rotating tokens). Sent to `baseUrl`'s origin only. Left out where
   * the provider needs none; given as `undefined` it is refused, as a missing environment variable is.
   */
  readonly apiKey?: string | (() => string | Promise<string>) | undefined;
  /**
   * How the key is sent, or a signer that takes its place: `sigV4()` of `nordlys-proxy/aws`.
   * @defaultValue as the format says, else `'bearer'`
   */
  readonly auth?:
    | 'bearer'
    | 'x-api-key'
    | 'api-key'
    | { readonly header: string; readonly prefix?: string | undefined }
    | Signer
    | undefined;
  /** Sent with every request to this provider. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /**
   * The language of the provider's API: by name with its default options, or what `anthropic()`, `gemini()`,
   * `bedrock()` and `azure()` return, or your own. `'vertex'` is Gemini through Vertex AI with an API key.
   * @defaultValue `'openai'`
   */
  readonly format?: FormatName | WireFormat | undefined;
  /**
   * The provider takes `stream_options`, by which the gateway asks every stream for its usage. `false`: it is never
   * sent them, not even a caller's. One that refuses them is asked again without in any case.
   * @defaultValue `true`
   */
  readonly streamOptions?: boolean | undefined;
  /** Retains nothing. @defaultValue `false` */
  readonly zdr?: boolean | undefined;
  /** `deny`: keeps no user data and trains on none. @defaultValue `'allow'` */
  readonly dataCollection?: 'allow' | 'deny' | undefined;
  /** Timeouts of this provider; what is left out comes from the top level. */
  readonly timeouts?: TimeoutOptions | undefined;
  /** Proxy, certificates or unix socket, where connections need them. @defaultValue direct, with Node's defaults */
  readonly network?: NetworkOptions | undefined;
  /**
   * Sends the request's nested `provider` object on, for an upstream that routes by it itself: OpenRouter. The gateway
   * reads it as well; names in its `order`, `only` and `ignore` that no provider of the gateway has then mean this one.
   * @defaultValue `false`
   */
  readonly forwardPreferences?: boolean | undefined;
  /** Names, or names with what is known of them. */
  readonly models: readonly string[] | Readonly<Record<string, EndpointOptions | readonly EndpointOptions[]>>;
}

/** What is known of one model at one provider. Requests can ask for all of it. */
export interface EndpointOptions {
  /** The endpoint's slug becomes `provider/tag`. */
  readonly tag?: string | undefined;
  /** What the upstream calls the model. @defaultValue the model's key */
  readonly upstreamModel?: string | undefined;
  /** What it charges. */
  readonly pricing?: PricingOptions | undefined;
  /** Tokens of prompt and completion together. */
  readonly contextLength?: number | undefined;
  /** Tokens. */
  readonly maxCompletionTokens?: number | undefined;
  /** `fp8`, `int4` … @defaultValue `'unknown'` */
  readonly quantization?: string | undefined;
  /** What the model can do, in the words of the provider's format: `{ thinking: 'adaptive' }`. */
  readonly format?: Readonly<Record<string, unknown>> | undefined;
  /**
   * Prompt caching where the format marks what is to be cached (Anthropic, Bedrock): `'auto'` marks tools, system and
   * the last turn of requests without marks of their own; `false` sends no marks.
   * @defaultValue as the format says: the request's own marks
   */
  readonly promptCaching?: boolean | 'auto' | undefined;
  /** Request members that the endpoint understands. Not given: all that its format can express. */
  readonly supportedParameters?: readonly string[] | undefined;
  /** The endpoint retains no data. */
  readonly zdr?: boolean | undefined;
  /** `'deny'`: the endpoint stores no user data and does not train on it. */
  readonly dataCollection?: 'allow' | 'deny' | undefined;
  /** The model's author allows distillation. @defaultValue `false` */
  readonly distillable?: boolean | undefined;
  /** Not used unless asked for by `service_tier`, by its exact slug, or by `:nitro` / `:floor`. */
  readonly tier?: 'flex' | 'priority' | undefined;
}

/** USD per million tokens. What has no price of its own costs what the whole of it costs: `prompt` or `completion`. */
export interface TokenPriceOptions {
  /** Prompt tokens that the provider read from its prompt cache. @defaultValue `prompt` */
  readonly cacheRead?: number | undefined;
  /** Prompt tokens that the provider wrote to its prompt cache for five minutes. @defaultValue `prompt` */
  readonly cacheWrite?: number | undefined;
  /** Prompt tokens that the provider wrote to its prompt cache for an hour. @defaultValue `cacheWrite` */
  readonly cacheWrite1h?: number | undefined;
  /** Audio tokens of the prompt. @defaultValue `prompt` */
  readonly audio?: number | undefined;
  /** Audio tokens read from the prompt cache. @defaultValue `cacheRead` */
  readonly audioCacheRead?: number | undefined;
  /** Generated audio tokens. @defaultValue `completion` */
  readonly audioOutput?: number | undefined;
  /** Generated image tokens. @defaultValue `completion` */
  readonly imageOutput?: number | undefined;
  /** Reasoning tokens, which are part of the completion. @defaultValue `completion` */
  readonly reasoning?: number | undefined;
}

/** What an endpoint charges: USD per million tokens; `request`, `image` and `webSearch` in USD each. */
export interface PricingOptions extends TokenPriceOptions {
  /** Prompt tokens. */
  readonly prompt: number;
  /** Completion tokens. */
  readonly completion: number;
  /** USD per request. @defaultValue `0` */
  readonly request?: number | undefined;
  /** USD per image of the prompt. @defaultValue `0` */
  readonly image?: number | undefined;
  /** USD per search that the provider makes (`usage.server_tool_use.web_search_requests`). @defaultValue `0` */
  readonly webSearch?: number | undefined;
  /** Prices of requests with long prompts, in any order. @defaultValue none */
  readonly tiers?: readonly PriceTierOptions[] | undefined;
}

/** Prices that hold for all tokens of a request whose prompt has more than `above` tokens, cached ones included. */
export interface PriceTierOptions extends TokenPriceOptions {
  /** Prompts with more tokens than this have the prices of the tier. */
  readonly above: number;
  /** Prompt tokens. @defaultValue as without the tier */
  readonly prompt?: number | undefined;
  /** Completion tokens. @defaultValue as without the tier */
  readonly completion?: number | undefined;
}

/** When another provider is asked beside the first. */
export interface HedgingOptions {
  /**
   * Milliseconds after which an answer takes long.
   * @defaultValue what 95 % of the endpoint's whole answers of the last five minutes took; without 20 of them nothing is hedged
   */
  readonly delayMs?: number | undefined;
}

/** How upstreams are asked, how often, and how many at once. */
export interface ProxyOptions {
  /** Upstream calls that one request may cause. @defaultValue `5` */
  readonly maxAttempts?: number | undefined;
  /** Try again where the upstream may have begun an answer before it broke. @defaultValue `true` */
  readonly retryNonIdempotent?: boolean | undefined;
  /**
   * Ask another provider of the same model as well when the first takes long; the first answer wins, the other call is
   * cancelled, and may be charged. Whole answers only, never with `store`, `web_search_options` or a caller's own key;
   * one extra call a request, about one in fourteen requests at most. Not together with `retryNonIdempotent: false`.
   * @defaultValue `false`
   */
  readonly hedging?: boolean | HedgingOptions | undefined;
  /** Requests at work at once. @defaultValue `5_000`, or as many as the limit of open files allows */
  readonly maxInFlight?: number | undefined;
  /**
   * Refuse new requests (503) while the event loop or the heap is at its limit. The process is the host's: what stalls
   * it may be the host's own work, so this is asked for, not assumed.
   * @defaultValue `false`
   */
  readonly overloadProtection?: boolean | undefined;
  /** Requests of one caller at work at once; beyond it 429. @defaultValue no limit of its own */
  readonly maxInFlightPerCaller?: number | undefined;
  /** Upstream calls at one provider at once. @defaultValue `1_024` */
  readonly maxInFlightPerProvider?: number | undefined;
  /** Instead of http-proxy-middleware: `undiciTransport()` of `nordlys-proxy/undici`, or your own. */
  readonly transport?: Transport | undefined;
  /**
   * What clients read of an upstream's error that is the operator's fault (a refused key, no credit, a failing
   * server): the gateway's own summary, or the upstream's words, redacted. Faults of the caller's own request are told
   * in the upstream's words in any case; hooks, logs and spans get them always.
   * @defaultValue `'summary'`
   */
  readonly upstreamErrors?: 'summary' | 'message' | undefined;
}
