import type { IncomingMessage } from 'node:http';
import type { ChatCompletion, ChatRequest, Usage } from '../chat/types.js';
import type { GatewayError } from '../errors/gateway-error.js';
import type { Caller } from './caller.js';
import type { Candidate, ExcludedEndpoint } from './routing.js';

/** What every hook is told. */
export interface HookState {
  readonly requestId: string;
  readonly req: IncomingMessage;
  readonly caller: Caller | undefined;
  /** Aborted when the client leaves. */
  readonly signal: AbortSignal;
}

/** What `beforeRoute` is told. */
export interface BeforeRouteState extends HookState {
  readonly request: ChatRequest;
}

/** What `selectCandidates` is told. */
export interface SelectCandidatesState extends HookState {
  readonly request: ChatRequest;
  /** The plan's order. Each is one of the configured endpoints. */
  readonly candidates: readonly Candidate[];
  readonly excluded: readonly ExcludedEndpoint[];
}

/** What `beforeAttempt` is told. */
export interface BeforeAttemptState extends HookState {
  readonly request: ChatRequest;
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

/** One upstream call, as it ended. */
export interface AttemptRecord {
  readonly attempt: number;
  readonly provider: string;
  readonly model: string;
  readonly slug: string;
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
}

/** What `afterAttempt` is told. */
export interface AfterAttemptState extends HookState {
  readonly record: AttemptRecord;
}

/** What `afterResponse` is told. */
export interface AfterResponseState extends HookState {
  readonly request: ChatRequest;
  readonly provider: string | undefined;
  readonly model: string | undefined;
  readonly slug: string | undefined;
  readonly attempts: readonly AttemptRecord[];
  readonly cache: CacheStatus | undefined;
  /** The whole answer reached its end; false for a truncation or a client that left. */
  readonly complete: boolean;
  /** `stop`, `length`, `tool_calls`, `content_filter`, `function_call`, `error`; `other` for what is none of them. */
  readonly finishReason: string | undefined;
  readonly usage: Usage | undefined;
  /** Cost in USD by the endpoint's prices; `undefined` without usage or prices. 0 on a cache hit. */
  readonly costUsd: number | undefined;
  /** Milliseconds from request to last byte. */
  readonly durationMs: number;
  readonly firstTokenMs: number | undefined;
  /**
   * The response as the client got it: streams put together, redactions as they were sent, what was cut off missing.
   * `undefined` without `captureResponse`, and for responses larger than `captureMaxBytes`. Read from the bytes that were
   * sent with each call.
   */
  response(): ChatCompletion | undefined;
}

/** What `onError` is told. */
export interface OnErrorState extends HookState {
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
  readonly selectCandidates?:
    | ((state: SelectCandidatesState) => readonly Candidate[] | void | Promise<readonly Candidate[] | void>)
    | undefined;
  /** Before each upstream call. Return what to change; throw to refuse. */
  readonly beforeAttempt?:
    | ((state: BeforeAttemptState) => AttemptChange | void | Promise<AttemptChange | void>)
    | undefined;
  /** Watches every upstream call as it ends. */
  readonly afterAttempt?: ((state: AfterAttemptState) => void | Promise<void>) | undefined;
  /** Watches every answer that was delivered, whole or in part. */
  readonly afterResponse?: ((state: AfterResponseState) => void | Promise<void>) | undefined;
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
  /** Told what a watching hook threw, and the hook's name. */
  readonly onHookError?: ((error: unknown, hook: string) => void) | undefined;
}
