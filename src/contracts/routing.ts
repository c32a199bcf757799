import type { Prices } from '../chat/prices.js';
import type { ModelFacts, Signer, WireFormat } from './wire-format.js';
import type { UpstreamNetwork } from './network.js';
import type { UpstreamUrl } from './transport.js';

/** A provider with all its options resolved, and defaults filled in. */
export interface ResolvedProvider {
  /** The key in `providers`; the base slug. Lower case. */
  readonly slug: string;
  /** Shown to people. */
  readonly displayName: string;
  /** URL of requests, or its beginning if the format's path depends on the request. */
  readonly url: UpstreamUrl;
  /** How connections to `url` are opened. `undefined`: directly, with Node's defaults. */
  readonly network?: UpstreamNetwork | undefined;
  /** The operator's key, for `url.origin` only. */
  readonly apiKey: string | (() => string | Promise<string>) | undefined;
  /** How the key is sent. */
  readonly auth: { readonly header: string; readonly prefix: string };
  /** Signs requests to `url.origin`, instead of a key. */
  readonly signer?: Signer | undefined;
  /** Sent with every request to this provider. */
  readonly headers: Readonly<Record<string, string>>;
  /** The language of the provider's API. */
  readonly format: WireFormat;
  /** Whether the provider accepts `stream_options`. */
  readonly streamOptions: boolean;
  /** Timeouts, in milliseconds. */
  readonly timeouts: Timeouts;
  /** Whether the request's nested `provider` object is sent on, because the provider routes by it itself. */
  readonly forwardsPreferences?: boolean;
}

/** Timeouts, in milliseconds. */
export interface Timeouts {
  /** To connect, in milliseconds. */
  readonly connectMs: number;
  /** Until the response head, for a request without `stream`. */
  readonly headersMs: number;
  /** Until the first content chunk of a stream; restarts with each comment or empty chunk. */
  readonly firstChunkMs: number;
  /** Until the first content chunk of a stream, without restarts. @defaultValue `headersMs` */
  readonly streamHeadMs?: number;
  /** Between two chunks of a body. */
  readonly idleMs: number;
  /**
   * For the whole request with all attempts and pauses; for a stream until its first content chunk. `undefined`: 10
   * minutes, and no limit for a stream.
   */
  readonly totalMs: number | undefined;
}

/** An endpoint: provider × model × tag. */
export interface Endpoint {
  /** Position in the table: the last tie-breaker. */
  readonly position: number;
  /** The provider. */
  readonly provider: ResolvedProvider;
  /** The logical model id that callers use. */
  readonly model: string;
  /** `provider` or `provider/tag`. Lower case. */
  readonly slug: string;
  /** `<slug> <model>`: the key of statistics and snapshots. */
  readonly id: string;
  /** The upstream's name of the model. */
  readonly upstreamModel: string;
  /** Prices; `undefined` where none are declared. */
  readonly pricing: Pricing | undefined;
  /** Tokens of prompt and completion together. */
  readonly contextLength: number | undefined;
  /** Tokens of the longest completion. */
  readonly maxCompletionTokens: number | undefined;
  /** Facts about the model for the provider's format. The same object for each request. */
  readonly facts: ModelFacts;
  /** Precision of the weights. */
  readonly quantization: string;
  /** `undefined`: not declared. */
  readonly supportedParameters: ReadonlySet<string> | undefined;
  /** Parameters that the provider's format can express for this model. `undefined`: all. */
  readonly expressibleParameters?: ReadonlySet<string> | undefined;
  /** It retains no data. */
  readonly zdr: boolean;
  /** Whether it may store user data or train on it. */
  readonly dataCollection: 'allow' | 'deny';
  /** The author of the model allows distillation. */
  readonly distillable: boolean;
  /** Service tier; `undefined` for the standard one. */
  readonly tier: 'flex' | 'priority' | undefined;
}

/** Prices of an endpoint: USD per million tokens; USD per request, per image, per web search. */
export type Pricing = Prices;

/** One endpoint in the order of a plan, as hooks and `plan()` show it. */
export interface Candidate {
  /** Key of the provider. */
  readonly provider: string;
  /** Name of the model, as the gateway knows it. */
  readonly model: string;
  /** Slug of the endpoint: `provider` or `provider/tag`. */
  readonly slug: string;
  /** The upstream's own name of the model. */
  readonly upstreamModel: string;
  /** Prices of the endpoint; absent if none are declared. */
  readonly pricing?: Pricing | undefined;
  /** Tokens of prompt and completion together; absent if not declared. */
  readonly contextLength?: number | undefined;
}

/** An endpoint that a plan excludes, and why. */
export interface ExcludedEndpoint {
  /** Key of the provider. */
  readonly provider: string;
  /** Name of the model, as the gateway knows it. */
  readonly model: string;
  /** Slug of the endpoint. */
  readonly slug: string;
  /** The filter that excluded it: `max_price`, `data_policy:zdr`, `allowed_providers` … */
  readonly reason: string;
}

/** Outcome of an attempt, for live statistics. */
export interface AttemptOutcome {
  /** The attempt succeeded. */
  readonly ok: boolean;
  /** False if the failure is no evidence about the endpoint (a 429, a refused key). */
  readonly countable: boolean;
  /** Milliseconds to the first content chunk. */
  readonly firstTokenMs: number | undefined;
  /** Milliseconds from the call to the end of the response. */
  readonly durationMs: number;
  /** Generated tokens, where they are known. */
  readonly completionTokens: number | undefined;
}

/** Assumed statistics of endpoints, by `"<slug> <model>"`. */
export type Snapshot = Readonly<Record<string, EndpointSnapshot>>;

/** Assumed statistics of one endpoint. */
export interface EndpointSnapshot {
  /** In place of the measured health. */
  readonly health?: 'ok' | 'degraded' | 'down' | undefined;
  /** Tokens per second; `p90` is the rate that 90 % of the requests reach. */
  readonly throughput?: Percentiles | undefined;
  /** Seconds to the first token. */
  readonly latency?: Percentiles | undefined;
}

/** A measured value at several percentiles. */
export interface Percentiles {
  /** The median. */
  readonly p50: number;
  /** The 75th percentile. */
  readonly p75?: number | undefined;
  /** The 90th percentile. */
  readonly p90?: number | undefined;
  /** The 99th percentile. */
  readonly p99?: number | undefined;
}
