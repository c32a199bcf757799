import type { Prices } from '../chat/prices.js';
import type { ModelFacts, Signer, WireFormat } from './wire-format.js';
import type { UpstreamNetwork } from './network.js';
import type { UpstreamUrl } from './transport.js';

/** A provider as the registry holds it: nothing left to look up, nothing optional that has a default. */
export interface ResolvedProvider {
  /** The key in `providers`; the base slug. Lower case. */
  readonly slug: string;
  /** Shown to people. */
  readonly displayName: string;
  /** Where requests go; where the format's path depends on the request, what stands before that path. */
  readonly url: UpstreamUrl;
  /** How connections to `url` are opened. `undefined`: directly, with Node's defaults. */
  readonly network?: UpstreamNetwork | undefined;
  /** The operator's key for `url.origin`, and for no other. */
  readonly apiKey: string | (() => string | Promise<string>) | undefined;
  /** How the key is sent. */
  readonly auth: { readonly header: string; readonly prefix: string };
  /** Signs requests to `url.origin` instead of a key. */
  readonly signer?: Signer | undefined;
  /** Sent with every request to this provider. */
  readonly headers: Readonly<Record<string, string>>;
  /** The language of the provider's API. */
  readonly format: WireFormat;
  /** It takes `stream_options`. */
  readonly streamOptions: boolean;
  /** Timeouts, in milliseconds. */
  readonly timeouts: Timeouts;
  /** Is sent the request's nested `provider` object, because it routes by it itself. */
  readonly forwardsPreferences?: boolean;
}

/** Milliseconds. */
export interface Timeouts {
  /** To connect, in milliseconds. */
  readonly connectMs: number;
  /** To the response head, where a whole answer was asked for. */
  readonly headersMs: number;
  /** To the first event that means something, where a stream was asked for; anew with each sign of life. */
  readonly firstChunkMs: number;
  /** The same, however many signs of life come before it. @defaultValue `headersMs` */
  readonly streamHeadMs?: number;
  /** Between two pieces of a body. */
  readonly idleMs: number;
  /** The whole request, all attempts and pauses; a stream, until it begins. `undefined`: 10 minutes, a stream without limit. */
  readonly totalMs: number | undefined;
}

/** An endpoint = provider × model × tag: one thing that can be asked. */
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
  /** The name that the upstream knows. */
  readonly upstreamModel: string;
  /** Prices; `undefined` where none are declared. */
  readonly pricing: Pricing | undefined;
  /** Tokens of prompt and completion together. */
  readonly contextLength: number | undefined;
  /** Tokens of the longest completion. */
  readonly maxCompletionTokens: number | undefined;
  /** What the provider's format is told of the model. The same object for each request. */
  readonly facts: ModelFacts;
  /** Precision of the weights. */
  readonly quantization: string;
  /** `undefined`: not declared. */
  readonly supportedParameters: ReadonlySet<string> | undefined;
  /** What the provider's format can express for this model. `undefined`: everything. */
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

/** What an endpoint charges: USD per million tokens; USD per request, per image, per web search. */
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
  /** What the endpoint charges; absent where no prices are declared. */
  readonly pricing?: Pricing | undefined;
  /** Tokens of prompt and completion together; absent where not declared. */
  readonly contextLength?: number | undefined;
}

/** One endpoint that a plan left out, and why. */
export interface ExcludedEndpoint {
  /** Key of the provider. */
  readonly provider: string;
  /** Name of the model, as the gateway knows it. */
  readonly model: string;
  /** Slug of the endpoint. */
  readonly slug: string;
  /** Which rule took it out: `max_price`, `data_policy:zdr`, `allowed_providers` … */
  readonly reason: string;
}

/** How one upstream call went: what live statistics are made of. */
export interface AttemptOutcome {
  /** The attempt succeeded. */
  readonly ok: boolean;
  /** False where the failure says nothing of the endpoint (a 429, a refused key). */
  readonly countable: boolean;
  /** Milliseconds to the first event that means something. */
  readonly firstTokenMs: number | undefined;
  /** Milliseconds from the call to the end of the response. */
  readonly durationMs: number;
  /** Generated tokens, where they are known. */
  readonly completionTokens: number | undefined;
}

/** What is assumed of endpoints, by `"<slug> <model>"`. */
export type Snapshot = Readonly<Record<string, EndpointSnapshot>>;

/** What is assumed of one endpoint. */
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
