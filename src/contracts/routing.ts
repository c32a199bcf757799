import type { Prices } from '../chat/prices.js';
import type { ModelFacts, Signer, WireFormat } from './wire-format.js';
import type { UpstreamNetwork } from './network.js';
import type { UpstreamUrl } from './transport.js';

/** A provider with all its options resolved, and defaults filled in. */
export interface ResolvedProvider {
  /** The key in `providers`; the base slug. Lower case. */
  readonly slug: string;
  readonly displayName: string;
  /** URL of requests, or its beginning if the format's path depends on the request. */
  readonly url: UpstreamUrl;
  /** How connections to `url` are opened. `undefined`: directly, with Node's defaults. */
  readonly network?: UpstreamNetwork | undefined;
  /** The operator's key, for `url.origin` only. */
  readonly apiKey: string | (() => string | Promise<string>) | undefined;
  readonly auth: { readonly header: string; readonly prefix: string };
  /** Signs requests to `url.origin`, instead of a key. */
  readonly signer?: Signer | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly format: WireFormat;
  /** Whether the provider accepts `stream_options`. */
  readonly streamOptions: boolean;
  readonly timeouts: Timeouts;
  /** Whether the request's nested `provider` object is sent on, because the provider routes by it itself. */
  readonly forwardsPreferences?: boolean;
}

/** Timeouts, in milliseconds. */
export interface Timeouts {
  readonly connectMs: number;
  /** Until the response head, for a request without `stream`. */
  readonly headersMs: number;
  /** Until the first content chunk of a stream; restarts with each comment or empty chunk. */
  readonly firstChunkMs: number;
  /** Until the first content chunk of a stream, without restarts. @defaultValue `headersMs` */
  readonly streamHeadMs?: number;
  /** Between two chunks of a body. */
  readonly idleMs: number;
  /** For the whole request with all attempts and pauses; for a stream until its first content chunk. `undefined`: 10 minutes, and no limit for a stream. */
  readonly totalMs: number | undefined;
}

/** An endpoint: provider × model × tag. */
export interface Endpoint {
  /** Position in the table: the last tie-breaker. */
  readonly position: number;
  readonly provider: ResolvedProvider;
  /** The logical model id that callers use. */
  readonly model: string;
  /** `provider` or `provider/tag`. Lower case. */
  readonly slug: string;
  /** `<slug> <model>`: the key of statistics and snapshots. */
  readonly id: string;
  /** The upstream's name of the model. */
  readonly upstreamModel: string;
  readonly pricing: Pricing | undefined;
  readonly contextLength: number | undefined;
  readonly maxCompletionTokens: number | undefined;
  /** Facts about the model for the provider's format. The same object for each request. */
  readonly facts: ModelFacts;
  readonly quantization: string;
  /** `undefined`: not declared. */
  readonly supportedParameters: ReadonlySet<string> | undefined;
  /** Parameters that the provider's format can express for this model. `undefined`: all. */
  readonly expressibleParameters?: ReadonlySet<string> | undefined;
  readonly zdr: boolean;
  readonly dataCollection: 'allow' | 'deny';
  readonly distillable: boolean;
  readonly tier: 'flex' | 'priority' | undefined;
}

/** Prices of an endpoint: USD per million tokens; USD per request, per image, per web search. */
export type Pricing = Prices;

/** One endpoint in the order of a plan, as hooks and `plan()` show it. */
export interface Candidate {
  readonly provider: string;
  readonly model: string;
  readonly slug: string;
  readonly upstreamModel: string;
  /** Prices of the endpoint; absent if none are declared. */
  readonly pricing?: Pricing | undefined;
  /** Tokens of prompt and completion together; absent if not declared. */
  readonly contextLength?: number | undefined;
}

/** An endpoint that a plan excludes, and why. */
export interface ExcludedEndpoint {
  readonly provider: string;
  readonly model: string;
  readonly slug: string;
  /** The filter that excluded it: `max_price`, `data_policy:zdr`, `allowed_providers` … */
  readonly reason: string;
}

/** Outcome of an attempt, for live statistics. */
export interface AttemptOutcome {
  readonly ok: boolean;
  /** False if the failure says nothing about the endpoint (a 429, a refused key). */
  readonly countable: boolean;
  /** Milliseconds to the first content chunk. */
  readonly firstTokenMs: number | undefined;
  readonly durationMs: number;
  readonly completionTokens: number | undefined;
}

/** Assumed statistics of endpoints, by `"<slug> <model>"`. */
export type Snapshot = Readonly<Record<string, EndpointSnapshot>>;

/** Assumed statistics of one endpoint. */
export interface EndpointSnapshot {
  readonly health?: 'ok' | 'degraded' | 'down' | undefined;
  /** Tokens per second; `p90` is the rate that 90 % of the requests reach. */
  readonly throughput?: Percentiles | undefined;
  /** Seconds to the first token. */
  readonly latency?: Percentiles | undefined;
}

/** A measured value at several percentiles. */
export interface Percentiles {
  readonly p50: number;
  readonly p75?: number | undefined;
  readonly p90?: number | undefined;
  readonly p99?: number | undefined;
}
