import type { Signer, WireFormat } from '../contracts/wire-format.js';
import type { NetworkOptions } from './network.js';

/** How long to wait for what, in milliseconds. */
export interface TimeoutOptions {
  /** @defaultValue `5_000` */
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
  readonly zdr?: boolean | undefined;
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
  readonly prompt: number;
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
  readonly above: number;
  /** @defaultValue as without the tier */
  readonly prompt?: number | undefined;
  /** @defaultValue as without the tier */
  readonly completion?: number | undefined;
}
