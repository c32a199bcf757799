import type { IncomingMessage } from 'node:http';
import type { ChatCompletion, ChatRequest, Usage } from '../chat/types.js';
import type { GatewayError } from '../errors/gateway-error.js';
import type { Caller } from './caller.js';
import type { SpendRecord } from './limits.js';
import type { RouterExplanation, RouterStatus } from './router.js';
import type { Candidate, ExcludedEndpoint, Pricing } from './routing.js';

/** State that every hook gets. */
export interface HookState {
  /** Id of the request, as in `x-request-id`. */
  readonly requestId: string;
  /** Node's request. */
  readonly req: IncomingMessage;
  /** The caller; `undefined` where none is known. */
  readonly caller: Caller | undefined;
  /** Aborted when the client disconnects. */
  readonly signal: AbortSignal;
}

/** State of the `beforeRoute` hook. */
export interface BeforeRouteState extends HookState {
  /** The validated body. */
  readonly request: ChatRequest;
  /**
   * The models that the request represents, first choice first: `model` and `models` after aliases, the default model,
   * pins (`provider:model`) and suffixes (`:nitro`). Decide access by these and not by `request.model`, because one
   * model has many names. With a `selectCandidates` hook a request may represent every model. Empty for an unknown
   * name; such a request is refused after the hook, unless the hook replaces it.
   */
  readonly models: readonly string[];
}

/** State of the `selectCandidates` hook. */
export interface SelectCandidatesState extends HookState {
  /** The request, after `beforeRoute`. */
  readonly request: ChatRequest;
  /** The candidates in the plan's order. Each is one of the configured endpoints. */
  readonly candidates: readonly Candidate[];
  /** The other endpoints of the requested models, each with the reason. */
  readonly excluded: readonly ExcludedEndpoint[];
  /** The request leaves the model open: `auto`, or no model while there is no `defaultModel`. */
  readonly openModel: boolean;
  /** The first model that `defaultModel` represents. */
  readonly defaultModel: string | undefined;
  /** The model that served this conversation before, if the request leaves the model open. */
  readonly stickyModel: string | undefined;
  /** Estimated tokens of the prompt, counted on first use. */
  readonly promptTokens: number;
  /** Prices of a candidate; `undefined` if none are declared. */
  pricingOf(candidate: Candidate): Pricing | undefined;
  /** Records the reason, for the dry run and for `router` in `afterResponse`. The last call counts. */
  explain(explanation: RouterExplanation): void;
}

/** State of a routing hook in `gateway.plan()`, which has no client. */
export type PlanCandidatesState = Omit<SelectCandidatesState, keyof HookState>;

/** Result of a routing hook: the candidates to try, in order; `undefined` keeps the plan. */
export type SelectedCandidates = readonly Candidate[] | void;

/** The routing hook. A plain function suffices; the members are for routers that provide more. */
export interface SelectCandidatesHook {
  (state: SelectCandidatesState): SelectedCandidates | Promise<SelectedCandidates>;
  /**
   * `'open'`: called only if the request leaves the model open, so that requests that name a model, and cache hits,
   * take no longer than without the hook.
   * @defaultValue `'all'`
   */
  readonly requests?: 'open' | 'all' | undefined;
  /** `'shadow'`: called as usual, with a plan over all models, but its result is not used. @defaultValue `'active'` */
  readonly mode?: 'active' | 'shadow' | undefined;
  /**
   * The same decision, synchronous, for `gateway.plan()`. Without it, `plan()` shows the plan that the hook would get.
   */
  readonly now?: ((state: PlanCandidatesState) => SelectedCandidates) | undefined;
  /** Returns the models of the router that are missing from `models`; they are reported as a diagnostic. */
  readonly unserved?: ((models: readonly string[]) => readonly string[]) | undefined;
  /** Shown in `gateway.status()`. */
  readonly status?: (() => RouterStatus) | undefined;
}

/** State of the `beforeAttempt` hook. */
export interface BeforeAttemptState extends HookState {
  /** The request as it will be sent, with the gateway's name of the model. */
  readonly request: ChatRequest;
  /** The endpoint that will be called. */
  readonly candidate: Candidate;
  /** Number of the attempt within its request, from 1. */
  readonly attempt: number;
  /** Headers that will be sent, without credentials. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Changes that `beforeAttempt` may make to an attempt. */
export interface AttemptChange {
  /**
   * Sent instead of the validated request. A `model` that the hook changed is sent as it is; an unchanged one becomes
   * the upstream's name.
   */
  readonly request?: ChatRequest | undefined;
  /** Headers to add. Credentials and hop-by-hop headers are refused. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/**
 * An upstream's own error, redacted and shortened, for the operator. `message` may quote the request; it is empty if
 * the body could not be read.
 */
export interface UpstreamErrorSummary {
  /** HTTP status, or the status that an error inside a 200 names. */
  readonly status: number | undefined;
  /** The upstream's own class of the error. */
  readonly type: string | null;
  /** The upstream's own code. */
  readonly code: string | null;
  /** The upstream's own text, redacted. */
  readonly message: string;
}

/** The record of one attempt. */
export interface AttemptRecord {
  /** 1 for the first upstream call of the request. */
  readonly attempt: number;
  /** Key of the provider. */
  readonly provider: string;
  /** Name of the model, as the gateway knows it. */
  readonly model: string;
  /** Slug of the endpoint. */
  readonly slug: string;
  /**
   * The attempt used the caller's own key (`provider_configs`), so the caller pays the provider: metrics, the status
   * page and live statistics leave it out, and it costs the operator nothing. False if the caller set only a timeout.
   */
  readonly callerKey: boolean;
  /**
   * `ok`, `cancelled` (the client disconnected), `superseded` (another attempt responded first), or the failure:
   * `reset`, `headers_timeout`, `rate_limited` …
   */
  readonly outcome: string;
  /** HTTP status of the upstream; `undefined` without a response. */
  readonly status: number | undefined;
  /** Milliseconds from the beginning of the attempt to its end. */
  readonly durationMs: number;
  /** Milliseconds to the first content chunk. */
  readonly firstTokenMs: number | undefined;
  /** The upstream may have charged for a response that was not delivered. */
  readonly possiblyBilled: boolean;
  /** The error that the upstream sent; `undefined` if it sent none. */
  readonly upstreamError: UpstreamErrorSummary | undefined;
  /** USD that this attempt cost, or may have cost; `undefined` if nothing was charged or the endpoint has no price. */
  readonly costUsd?: number | undefined;
  /** `costUsd` was estimated from the sizes of prompt and output, because the upstream reported no usage. */
  readonly estimated?: boolean | undefined;
  /** Tokens of prompt and completion that it used, or may have used; `undefined` if nothing was charged or counted. */
  readonly tokens?: number | undefined;
  /** Of `tokens`: the prompt. Only where they were estimated. */
  readonly promptTokens?: number | undefined;
  /**
   * Request line of a failed attempt, without query, keys and body: `POST https://api.example.com/chat/completions`.
   * `undefined` if nothing was sent.
   */
  readonly sent: string | undefined;
  /**
   * What a failed attempt received instead of a response: `HTTP 404`, `ECONNREFUSED: connect ECONNREFUSED
   * 10.0.0.5:8000`, `SELF_SIGNED_CERT_IN_CHAIN: …`. `undefined` if it received nothing.
   */
  readonly received: string | undefined;
}

/** State of the `afterAttempt` hook. */
export interface AfterAttemptState extends HookState {
  /** The attempt. */
  readonly record: AttemptRecord;
}

/** State of the `afterResponse` hook. */
export interface AfterResponseState extends HookState {
  /** The request as it was served: after `beforeRoute`. */
  readonly request: ChatRequest;
  /** Key of the provider that responded. */
  readonly provider: string | undefined;
  /** Name of the model that responded. */
  readonly model: string | undefined;
  /** Slug of the endpoint that responded. */
  readonly slug: string | undefined;
  /** Every upstream call of the request, in order. Empty for a cache hit. */
  readonly attempts: readonly AttemptRecord[];
  /** `undefined` without a cache. */
  readonly cache: CacheStatus | undefined;
  /** The response was sent completely; false if it was truncated or the client disconnected. */
  readonly complete: boolean;
  /** `stop`, `length`, `tool_calls`, `content_filter`, `function_call`, `error`; `other` for any other value. */
  readonly finishReason: string | undefined;
  /** Tokens, where the upstream reported them. */
  readonly usage: Usage | undefined;
  /** The response was made with the caller's own key: the caller pays the provider, not the operator. */
  readonly callerKey: boolean;
  /**
   * Cost for the operator, in USD by the endpoint's prices; `undefined` without usage or prices. 0 for a cache hit and
   * with the caller's own key.
   */
  readonly costUsd: number | undefined;
  /** `costUsd` was estimated from the sizes of prompt and output: the stream was aborted, or no usage was reported. */
  readonly estimated: boolean;
  /** Milliseconds from the request to the last byte of the response. */
  readonly durationMs: number;
  /** Milliseconds to the first content chunk. */
  readonly firstTokenMs: number | undefined;
  /** Decision of the router; `undefined` if there was none. */
  readonly router: RouterExplanation | undefined;
  /**
   * The response as the client got it: a stream is assembled, redactions are kept, and a truncated response is
   * incomplete. `undefined` without `captureResponse`, and for responses larger than `captureMaxBytes`. Each call
   * parses the bytes that were sent.
   */
  response(): ChatCompletion | undefined;
}

/** State of the `onError` hook. */
export interface OnErrorState extends HookState {
  /** The error that the client gets; its `cause` is not sent. */
  readonly error: GatewayError;
}

/** Whether the response came from the cache: found, not found, or the cache was not used. */
export type CacheStatus = 'HIT' | 'MISS' | 'BYPASS';

/**
 * Functions of the host, called in this order. A hook gets one state object; its return type says what it may change.
 * An error of a deciding hook (`beforeRoute`, `selectCandidates`, `beforeAttempt`) becomes the response: a
 * `GatewayError` as it is, anything else as a 500. An error of an observing hook is reported to `onHookError` and to
 * the logger, never to the client; without either, one process warning per hook says that the hook threw.
 */
export interface Hooks {
  /** Called after validation, before the plan. Return a request to use it instead; throw to refuse. */
  readonly beforeRoute?: ((state: BeforeRouteState) => ChatRequest | void | Promise<ChatRequest | void>) | undefined;
  /** The routing hook: return the candidates to try, in order. An empty list refuses the request. */
  readonly selectCandidates?: SelectCandidatesHook | undefined;
  /** Called before each attempt. Return changes to make; throw to refuse. */
  readonly beforeAttempt?:
    | ((state: BeforeAttemptState) => AttemptChange | void | Promise<AttemptChange | void>)
    | undefined;
  /** Called when an attempt has ended. */
  readonly afterAttempt?: ((state: AfterAttemptState) => void | Promise<void>) | undefined;
  /** Called when a response has ended, complete or not. */
  readonly afterResponse?: ((state: AfterResponseState) => void | Promise<void>) | undefined;
  /** Called once per request, after its response, with its cost. `requestId` is its idempotency key. */
  readonly onSpend?: ((record: SpendRecord) => void | Promise<void>) | undefined;
  /**
   * Which responses `afterResponse` may read with `response()`: all, none, or those for which this function returns
   * `true`. Called when a response begins; an error means `false`. With single stages, set it on the first of them.
   * @defaultValue `false`: nothing is kept
   * @example
   * hooks: { captureResponse: ({ caller }) => caller?.logsPrompts === true }
   */
  readonly captureResponse?: boolean | ((state: HookState) => boolean) | undefined;
  /** Larger responses are not captured, in bytes of JSON text. @defaultValue `1_048_576` (1 MiB) */
  readonly captureMaxBytes?: number | undefined;
  /** Called for every error that a client gets. */
  readonly onError?: ((state: OnErrorState) => void | Promise<void>) | undefined;
  /**
   * Called with the error of an observing hook and the hook's name. Errors of the host's own format, of a guard in its
   * decoder or of its transport come with the name `provider`.
   */
  readonly onHookError?: ((error: unknown, hook: string) => void) | undefined;
}
