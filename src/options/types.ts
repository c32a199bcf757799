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
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly [part: string]: number;
}

/** What callers' `provider_configs` may say. */
export interface CallerOverrideOptions {
  /** Callers may bring their own key for a configured provider. @defaultValue `true` */
  readonly apiKeys?: boolean | undefined;
  /** Origins (`https://host[:port]`, one `*.` label allowed) that a caller's `base_url` may name. @defaultValue none */
  readonly allowedOrigins?: readonly string[] | undefined;
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
