import type { AdminOptions } from './admin.js';
import type { AuthenticateOptions } from './authenticate-types.js';
import type { CacheOptions } from './cache-types.js';
import type { MiddlewareOptions } from './middleware.js';
import type { Clock } from '../contracts/clock.js';
import type { Hooks } from '../contracts/hooks.js';
import type { LimitOptions, SpendSinkOptions } from '../contracts/limits.js';
import type { Diagnostic, Logger, TelemetryOptions } from '../contracts/observability.js';
import type { GuardOptions } from '../contracts/guard.js';
import type { Transport } from '../contracts/transport.js';
import type { ProviderOptions, TimeoutOptions } from './provider-types.js';

/** The options of `createGateway`. Times are milliseconds, sizes bytes, prices USD per million tokens. */
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
     * `/moderations`, `/audio/…`, `/images/…`), where it is mounted at a base path such as `/v1`: `respond` sends a 404
     * in JSON that names what is served, `next` leaves them to handlers that are mounted later.
     * @defaultValue `'respond'`
     */
    readonly unservedPaths?: 'respond' | 'next' | undefined;
    /** The host's own middleware between the stages. @defaultValue none */
    readonly middleware?: MiddlewareOptions | undefined;
    /** Checks of prompts and responses. Off unless given. */
    readonly guards?: GuardOptions | undefined;
  };

/** Options of `createGateway` and of every stage. */
export interface CommonOptions {
  /** Functions of the host that are called on the way of a request. */
  readonly hooks?: Hooks | undefined;
  /**
   * `respond` sends errors in OpenAI's format, `next` passes them to the host's error handler.
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

/** Logs, diagnostics and telemetry. Off unless given; counting for `gateway.metrics` is always on. */
export interface ObserveOptions {
  /** pino, or a logger with the same methods. Log lines never contain prompts, responses, keys or bodies. */
  readonly logger?: Logger | undefined;
  /** Called once for each likely misconfiguration, as `logger.warn` is. */
  readonly onDiagnostic?: ((diagnostic: Diagnostic) => void) | undefined;
  /** OpenTelemetry's tracer and meter, where the host has them. */
  readonly telemetry?: TelemetryOptions | undefined;
}

/** How requests are read and validated. */
export interface ValidateOptions {
  /** The largest request body, in bytes. @defaultValue `10_485_760` (10 MiB) */
  readonly bodyLimit?: number | undefined;
  /** The time in which a request body must have arrived. @defaultValue `30_000` */
  readonly bodyTimeoutMs?: number | undefined;
  /** Members that OpenAI's schema does not have; a misspelt `provider_…` is refused in any case. @defaultValue `'pass'` */
  readonly unknownFields?: 'pass' | 'reject' | undefined;
  /** Content parts of a type that OpenAI does not have (`video_url` …). @defaultValue `'reject'` */
  readonly unknownContentParts?: 'pass' | 'reject' | undefined;
  /**
   * Tools of a type that chat completions do not have: hosted ones (`web_search`, `code_interpreter`, `mcp` …), which some
   * compatible servers accept, and a `tool_choice` that names one. @defaultValue `'reject'`
   */
  readonly unknownTools?: 'pass' | 'reject' | undefined;
}

/** Providers and models, and how a request finds them. */
export interface RouteOptions {
  /** The providers, by a key of your choice. */
  readonly providers: Readonly<Record<string, ProviderOptions>>;
  /** The model of requests that name none. */
  readonly defaultModel?: string | undefined;
  /**
   * Model names that leave the choice to the `selectCandidates` hook; without one, to `defaultModel`.
   * @defaultValue `['auto']`
   */
  readonly autoModels?: readonly string[] | undefined;
  /** Other names for models: alias → model, or a list that is tried in its order. */
  readonly aliases?: Readonly<Record<string, string | readonly string[]>> | undefined;
  /** What a caller's `provider_configs` may contain. @defaultValue `{ apiKeys: true, allowedOrigins: [] }` */
  readonly callerOverrides?: CallerOverrideOptions | undefined;
  /**
   * Source of prices and context lengths that an endpoint does not declare: the module `@pydantic/genai-prices`, or an
   * object with the same function. Nothing is fetched.
   */
  readonly priceCatalog?: PriceCatalog | undefined;
  /** Timeouts of every provider that sets none of its own. */
  readonly timeouts?: TimeoutOptions | undefined;
}

/** The part of `@pydantic/genai-prices` that is used. */
export interface PriceCatalog {
  /** USD for this usage, by the provider's API address; `null` for an unknown model or provider. */
  calcPrice(
    usage: CatalogUsage,
    model: string,
    options: { providerApiUrl?: string; provider?: never },
  ): {
    readonly input_price: number;
    readonly output_price: number;
    readonly total_price?: number;
    readonly model: { readonly context_window?: number };
    /** Passed back with later calls for the same provider. */
    readonly provider?: object;
  } | null;
}

/** Usage as a price catalogue takes it: each part is included in its sum as well. */
export interface CatalogUsage {
  /** Tokens of the prompt. */
  readonly input_tokens: number;
  /** Tokens of the completion. */
  readonly output_tokens: number;
  /** Tokens of one kind, such as `cache_read_tokens`. */
  readonly [part: string]: number;
}

/** What callers' `provider_configs` may contain. */
export interface CallerOverrideOptions {
  /** Callers may send their own key for a configured provider. @defaultValue `true` */
  readonly apiKeys?: boolean | undefined;
  /** Origins (`https://host[:port]`, one `*.` label allowed) that a caller's `base_url` may name. @defaultValue none */
  readonly allowedOrigins?: readonly string[] | undefined;
}

/** When a second attempt at another provider is started. */
export interface HedgingOptions {
  /**
   * When the second attempt starts, in milliseconds.
   * @defaultValue the 95th percentile of the endpoint's response times of the last five minutes; no hedging below 20 of them
   */
  readonly delayMs?: number | undefined;
}

/** Attempts, failover, concurrency and transport. */
export interface ProxyOptions {
  /** Upstream calls that one request may cause. @defaultValue `5` */
  readonly maxAttempts?: number | undefined;
  /** Try again where the upstream may have begun a response before it failed. @defaultValue `true` */
  readonly retryNonIdempotent?: boolean | undefined;
  /**
   * Start a second attempt at another provider of the same model when the first takes long. The first response wins; the
   * other attempt is aborted, and may be charged. Whole responses only, never with `store`, `web_search_options` or a
   * caller's own key; at most one extra attempt per request, in at most about one of fourteen requests. Not together with
   * `retryNonIdempotent: false`.
   * @defaultValue `false`
   */
  readonly hedging?: boolean | HedgingOptions | undefined;
  /** Requests in flight; beyond it 503. @defaultValue `5_000`, or as many as the limit of open files allows */
  readonly maxInFlight?: number | undefined;
  /**
   * Refuse new requests (503) while the event loop or the heap of the process is at its limit. Off by default, as the
   * host's own work may be the cause.
   * @defaultValue `false`
   */
  readonly overloadProtection?: boolean | undefined;
  /** Requests of one caller in flight; beyond it 429. @defaultValue no limit of its own */
  readonly maxInFlightPerCaller?: number | undefined;
  /** Attempts in flight at one provider. @defaultValue `1_024` */
  readonly maxInFlightPerProvider?: number | undefined;
  /** Instead of http-proxy-middleware: `undiciTransport()` of `nordlys-proxy/undici`, or your own. */
  readonly transport?: Transport | undefined;
  /**
   * What clients read of an upstream's error that the operator must fix (a refused key, no credit, a failing server): the
   * gateway's own summary, or the upstream's message, redacted. For errors in the caller's own request the upstream's
   * message is sent in any case; hooks, logs and spans always get it.
   * @defaultValue `'summary'`
   */
  readonly upstreamErrors?: 'summary' | 'message' | undefined;
}
