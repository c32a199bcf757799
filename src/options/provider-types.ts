import type { Signer, WireFormat } from '../contracts/wire-format.js';
import type { NetworkOptions } from './network.js';

/** Timeouts in milliseconds. */
export interface TimeoutOptions {
  /** To connect, in milliseconds. @defaultValue `5_000` */
  readonly connectMs?: number | undefined;
  /**
   * To the response head of a whole response. With `stream`: to the first content chunk, whatever comes before it.
   * @defaultValue `300_000`, with `stream` `600_000`
   */
  readonly headersMs?: number | undefined;
  /**
   * With `stream`: to the first content chunk. Starts again with each byte received (the head, a comment, a role chunk),
   * up to `headersMs` in all.
   * @defaultValue `60_000`
   */
  readonly firstChunkMs?: number | undefined;
  /**
   * Between two pieces of a response body.
   * @defaultValue `60_000`
   */
  readonly idleMs?: number | undefined;
  /**
   * The whole request with all attempts and pauses. Never ends a stream that has begun; `idleMs` limits those.
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
   * Up to and without `/chat/completions`; `/v1` is never added. A query is kept. Other formats append their own path;
   * a segment that the base URL already ends in (`/v1`, `/v1beta`) is not repeated.
   * @defaultValue the address of the format's own API, where it has one: `anthropic`, `gemini`, `vertex`
   */
  readonly baseUrl?: string | undefined;
  /**
   * The operator's key, or a function that returns it for each attempt (rotating tokens). Sent to `baseUrl`'s origin only.
   * Leave it out where the provider needs none. An explicit `undefined` is refused: it usually means that an environment
   * variable is missing.
   */
  readonly apiKey?: string | (() => string | Promise<string>) | undefined;
  /**
   * How the key is sent, or a signer that takes its place: `sigV4()` of `nordlys-proxy/aws`.
   * @defaultValue as the format defines, else `'bearer'`
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
   * The provider accepts `stream_options`, with which the gateway requests the usage of every stream. `false`: they are
   * never sent, not even a caller's. A provider that refuses them gets the request again without, in any case.
   * @defaultValue `true`
   */
  readonly streamOptions?: boolean | undefined;
  /** The provider retains no data. @defaultValue `false` */
  readonly zdr?: boolean | undefined;
  /** `deny`: the provider stores no user data and does not train on it. @defaultValue `'allow'` */
  readonly dataCollection?: 'allow' | 'deny' | undefined;
  /** Timeouts of this provider; what is left out comes from the top level. */
  readonly timeouts?: TimeoutOptions | undefined;
  /** Proxy, certificates or unix socket, where connections need them. @defaultValue direct, with Node's defaults */
  readonly network?: NetworkOptions | undefined;
  /**
   * Forwards the request's nested `provider` object to an upstream that routes by it itself, such as OpenRouter. The
   * gateway reads it as well; names in `order`, `only` and `ignore` that are no provider of the gateway refer to this one.
   * @defaultValue `false`
   */
  readonly forwardPreferences?: boolean | undefined;
  /** Names of models, or names with the options of their endpoints. */
  readonly models: readonly string[] | Readonly<Record<string, EndpointOptions | readonly EndpointOptions[]>>;
}

/** One endpoint: a model at a provider. Requests can filter by all of this. */
export interface EndpointOptions {
  /** The endpoint's slug becomes `provider/tag`. */
  readonly tag?: string | undefined;
  /** What the upstream calls the model. @defaultValue the model's key */
  readonly upstreamModel?: string | undefined;
  /** Prices. @defaultValue from `priceCatalog` */
  readonly pricing?: PricingOptions | undefined;
  /** Tokens of prompt and completion together. */
  readonly contextLength?: number | undefined;
  /** Tokens. */
  readonly maxCompletionTokens?: number | undefined;
  /** `fp8`, `int4` … @defaultValue `'unknown'` */
  readonly quantization?: string | undefined;
  /** What the model can do, as traits of the provider's format: `{ thinking: 'adaptive' }`. */
  readonly format?: Readonly<Record<string, unknown>> | undefined;
  /**
   * Prompt caching where the format marks what is to be cached (Anthropic, Bedrock): `'auto'` marks tools, system and
   * the last turn of requests without marks of their own; `false` sends no marks. With OpenAI's format `false` leaves
   * out `cache_control`, which OpenAI and Groq refuse; anything else sends the marks of the request.
   * @defaultValue as the format defines: the request's own marks
   */
  readonly promptCaching?: boolean | 'auto' | undefined;
  /** Request members that the endpoint supports. @defaultValue all that its format can express */
  readonly supportedParameters?: readonly string[] | undefined;
  /** The endpoint retains no data. */
  readonly zdr?: boolean | undefined;
  /** `'deny'`: the endpoint stores no user data and does not train on it. */
  readonly dataCollection?: 'allow' | 'deny' | undefined;
  /** The model's author allows distillation. @defaultValue `false` */
  readonly distillable?: boolean | undefined;
  /** Used only if a request selects it by `service_tier`, by the exact slug, or by `:nitro` or `:floor`. */
  readonly tier?: 'flex' | 'priority' | undefined;
}

/** USD per million tokens. Tokens without a price of their own cost as much as the sum that they belong to. */
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

/** Prices of an endpoint: USD per million tokens; `request`, `image` and `webSearch` in USD each. */
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
