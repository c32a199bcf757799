import type { IncomingMessage } from 'node:http';
import type { ChatCompletion, ChatRequest, Usage } from '../chat/types.js';
import type { GatewayError } from '../errors/gateway-error.js';
import type { Caller } from './caller.js';
import type { SpendRecord } from './limits.js';
import type { RouterExplanation, RouterStatus } from './router.js';
import type { Candidate, ExcludedEndpoint, Pricing } from './routing.js';

/** What every hook is told. */
export interface HookState {
  /** Id of the request, as in `x-request-id`. */
  readonly requestId: string;
  /** Node's request. */
  readonly req: IncomingMessage;
  /** The caller; `undefined` where none is known. */
  readonly caller: Caller | undefined;
  /** Aborted when the client leaves. */
  readonly signal: AbortSignal;
}

/** What `beforeRoute` is told. */
export interface BeforeRouteState extends HookState {
  /** The validated body. */
  readonly request: ChatRequest;
  /**
   * The models that the request stands for, first choice first: `model` and `models` after aliases, the default model,
   * pins (`provider:model`) and suffixes (`:nitro`). What may be asked is decided by these, never by `request.model`:
   * one model has many names. With a `selectCandidates` hook a request may stand for every model. Empty for a name that
   * stands for nothing; such a request is refused after the hook, unless the hook replaces it.
   */
  readonly models: readonly string[];
}

/** What `selectCandidates` is told. */
export interface SelectCandidatesState extends HookState {
  /** The request, after `beforeRoute`. */
  readonly request: ChatRequest;
  /** The plan's order. Each is one of the configured endpoints. */
  readonly candidates: readonly Candidate[];
  /** The other endpoints of the requested models, each with the reason. */
  readonly excluded: readonly ExcludedEndpoint[];
  /** The request leaves the model open: `auto`, or no model where there is no `defaultModel`. */
  readonly openModel: boolean;
  /** The first model that `defaultModel` stands for. */
  readonly defaultModel: string | undefined;
  /** The model that served this conversation before, where the request leaves the model open. */
  readonly stickyModel: string | undefined;
  /** About how many tokens the prompt has. Counted on first use. */
  readonly promptTokens: number;
  /** Prices of a candidate; `undefined` where none are declared. */
  pricingOf(candidate: Candidate): Pricing | undefined;
  /** Says why: shown by the dry run, and as `router` in `afterResponse`. The last one counts. */
  explain(explanation: RouterExplanation): void;
}

/** What a routing hook knows in `gateway.plan()`, where there is no client. */
export type PlanCandidatesState = Omit<SelectCandidatesState, keyof HookState>;

/** What a routing hook returns: the candidates to try, in order; nothing keeps the plan. */
export type SelectedCandidates = readonly Candidate[] | void;

/** The routing hook. A plain function will do; the members are for routers that say more of themselves. */
export interface SelectCandidatesHook {
  (state: SelectCandidatesState): SelectedCandidates | Promise<SelectedCandidates>;
  /**
   * `'open'`: only asked where the request leaves the model open. A request that names a model, and a repeat from the
   * cache, cost what they cost without a hook.
   * @defaultValue `'all'`
   */
  readonly requests?: 'open' | 'all' | undefined;
  /** `'shadow'`: asked as usual, with a plan over all models, but what it returns is not used. @defaultValue `'active'` */
  readonly mode?: 'active' | 'shadow' | undefined;
  /** The same decision without waiting, for `gateway.plan()`. Without it, `plan()` shows the plan as the hook gets it. */
  readonly now?: ((state: PlanCandidatesState) => SelectedCandidates) | undefined;
  /** Which of its models are none of `models`: reported as a diagnostic. */
  readonly unserved?: ((models: readonly string[]) => readonly string[]) | undefined;
  /** Shown in `gateway.status()`. */
  readonly status?: (() => RouterStatus) | undefined;
}

/** What `beforeAttempt` is told. */
export interface BeforeAttemptState extends HookState {
  /** The request as it will be sent, with the gateway's name of the model. */
  readonly request: ChatRequest;
  /** The endpoint that will be called. */
  readonly candidate: Candidate;
  /** 1 for the first upstream call of this request. */
  readonly attempt: number;
  /** Headers that will be sent, credentials left out. */
  readonly headers: Readonly<Record<string, string>>;
}

/** What `beforeAttempt` may change of a call. */
export interface AttemptChange {
  /** Sent instead of the validated request. `model` is the upstream's own name when you set it, ours otherwise. */
  readonly request?: ChatRequest | undefined;
  /** Added to the outbound headers. Credentials and hop-by-hop names are refused. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/**
 * An upstream's own error as the operator sees it: redacted and shortened. `message` may quote what the request said;
 * it is empty where the body held nothing readable.
 */
export interface UpstreamErrorSummary {
  /** HTTP status, or the one that an error inside of a 200 names. */
  readonly status: number | undefined;
  /** The upstream's own class of the error. */
  readonly type: string | null;
  /** The upstream's own code. */
  readonly code: string | null;
  /** The upstream's own text, redacted. */
  readonly message: string;
}

/** One upstream call, as it ended. */
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
   * Made with a key of the caller's own (`provider_configs`), so the caller pays the provider: metrics, the status page
   * and live statistics leave it out, and it costs the operator nothing. A shorter timeout alone is no key.
   */
  readonly callerKey: boolean;
  /** `ok`, `cancelled` (the client left), `superseded` (another provider answered first), or why it failed: `reset`, `headers_timeout`, `rate_limited` … */
  readonly outcome: string;
  /** HTTP status of the upstream, where one came. */
  readonly status: number | undefined;
  /** Milliseconds since the attempt began. */
  readonly durationMs: number;
  /** Milliseconds to the first meaningful event. */
  readonly firstTokenMs: number | undefined;
  /** The upstream may have charged for an answer that was not delivered. */
  readonly possiblyBilled: boolean;
  /** What the upstream itself said where it refused or broke off; `undefined` where it said nothing. */
  readonly upstreamError: UpstreamErrorSummary | undefined;
  /** USD that this attempt cost, or may have cost; `undefined` where nothing was charged or the endpoint has no price. */
  readonly costUsd?: number | undefined;
  /** `costUsd` was counted from the sizes of prompt and output, as the upstream reported no usage. */
  readonly estimated?: boolean | undefined;
  /** Tokens of prompt and completion that it used, or may have used; `undefined` where nothing was charged or counted. */
  readonly tokens?: number | undefined;
  /**
   * Of a failed attempt, what was sent where, without query, keys and body: `POST https://api.example.com/chat/completions`.
   * `undefined` where nothing was sent.
   */
  readonly sent: string | undefined;
  /**
   * Of a failed attempt, what came instead of a response: `HTTP 404`, `ECONNREFUSED: connect ECONNREFUSED 10.0.0.5:8000`,
   * `SELF_SIGNED_CERT_IN_CHAIN: …`. `undefined` where nothing came.
   */
  readonly received: string | undefined;
}

/** What `afterAttempt` is told. */
export interface AfterAttemptState extends HookState {
  /** The attempt. */
  readonly record: AttemptRecord;
}

/** What `afterResponse` is told. */
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
  /** The whole answer reached its end; false for a truncation or a client that left. */
  readonly complete: boolean;
  /** `stop`, `length`, `tool_calls`, `content_filter`, `function_call`, `error`; `other` for what is none of them. */
  readonly finishReason: string | undefined;
  /** Tokens, where the upstream reported them. */
  readonly usage: Usage | undefined;
  /** The response came by a key of the caller's own: the caller pays the provider for it, the operator does not. */
  readonly callerKey: boolean;
  /**
   * What the operator pays, in USD by the endpoint's prices; `undefined` without usage or prices. 0 on a cache hit and
   * with a key of the caller's own.
   */
  readonly costUsd: number | undefined;
  /** `costUsd` was counted from the sizes of prompt and output: the stream was aborted, or no usage was reported. */
  readonly estimated: boolean;
  /** Milliseconds from request to last byte. */
  readonly durationMs: number;
  /** Milliseconds to the first content chunk. */
  readonly firstTokenMs: number | undefined;
  /** What a router decided, where one was asked. */
  readonly router: RouterExplanation | undefined;
  /**
   * The response as the client got it: streams put together, redactions as they were sent, what was cut off missing.
   * `undefined` without `captureResponse`, and for responses larger than `captureMaxBytes`. Read from the bytes that were
   * sent with each call.
   */
  response(): ChatCompletion | undefined;
}

/** What `onError` is told. */
export interface OnErrorState extends HookState {
  /** The error that the client gets; its `cause` is not sent. */
  readonly error: GatewayError;
}

/** What the cache had to do with an answer: found, not found, not asked. */
export type CacheStatus = 'HIT' | 'MISS' | 'BYPASS';

/**
 * A host's own code on the path, in this order. A hook gets one state object; its return type says what it may do.
 * What a deciding hook throws becomes the answer (a `GatewayError` as it is, anything else a 500);
 * what a watching hook throws is reported to `onHookError` and to the logger, never to the client; where there is
 * neither, one warning of the process per hook says that something was thrown.
 */
export interface Hooks {
  /** After validation, before the plan. Return a request to use that one instead; throw to refuse. */
  readonly beforeRoute?: ((state: BeforeRouteState) => ChatRequest | void | Promise<ChatRequest | void>) | undefined;
  /** The routing hook: return the candidates to try, in order. An empty list refuses the request. */
  readonly selectCandidates?: SelectCandidatesHook | undefined;
  /** Before each upstream call. Return what to change; throw to refuse. */
  readonly beforeAttempt?:
    | ((state: BeforeAttemptState) => AttemptChange | void | Promise<AttemptChange | void>)
    | undefined;
  /** Watches every upstream call as it ends. */
  readonly afterAttempt?: ((state: AfterAttemptState) => void | Promise<void>) | undefined;
  /** Watches every answer that was delivered, whole or in part. */
  readonly afterResponse?: ((state: AfterResponseState) => void | Promise<void>) | undefined;
  /** Watches what every request cost: once each, after its response. `requestId` is its idempotency key. */
  readonly onSpend?: ((record: SpendRecord) => void | Promise<void>) | undefined;
  /**
   * Which responses `afterResponse` may read with `response()`: all, none, or those for which this gives `true`. Asked when
   * a response begins; a throw means `false`. With single stages, give it to the first of them.
   * @defaultValue `false`: nothing is kept
   * @example
   * hooks: { captureResponse: ({ caller }) => caller?.logsPrompts === true }
   */
  readonly captureResponse?: boolean | ((state: HookState) => boolean) | undefined;
  /** Larger responses are not captured, in bytes of JSON text. @defaultValue `1_048_576` (1 MiB) */
  readonly captureMaxBytes?: number | undefined;
  /** Watches every error that a client is told. */
  readonly onError?: ((state: OnErrorState) => void | Promise<void>) | undefined;
  /**
   * Told what a watching hook threw, and the hook's name; and, as `provider`, what the host's own format, a guard in its
   * decoder or its transport threw while a response was read.
   */
  readonly onHookError?: ((error: unknown, hook: string) => void) | undefined;
}
