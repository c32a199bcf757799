import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RequestBody } from '../json/request-body.js';
import type { ChatCompletion, ChatRequest, Usage } from '../chat/types.js';
import type { Caller } from '../contracts/caller.js';
import type { AttemptRecord, CacheStatus } from '../contracts/hooks.js';
import type { RouterExplanation } from '../contracts/router.js';
import type { AttemptOutcome, Endpoint, ExcludedEndpoint } from '../contracts/routing.js';
import type { ResponseSink } from '../contracts/sink.js';
import type { SpendLease } from '../contracts/spend.js';
import type { GatewayError } from '../errors/gateway-error.js';
import { ClientConnection, type CancelSignal } from '../util/cancellation.js';

/** State of one request. A stage reads what earlier stages wrote, and writes its own part. */
export class RequestContext {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  /** Sent back as `x-request-id`, sent on to the upstream. */
  readonly requestId: string;
  /** Monotonic milliseconds. */
  readonly startedAt: number;
  /** The client's connection: aborts when it closes before the response is complete. */
  readonly client: ClientConnection;

  /** The view for hosts, created on first use. */
  view: RequestContextView | undefined = undefined;
  /** @internal Its index among the requests in flight. */
  inFlightIndex: number | undefined = undefined;
  /** @internal Has passed the stage `authenticate`, used by itself. */
  authenticated = false;
  /** @internal Counted among the requests of its caller in flight. */
  admitted = false;
  /** @internal The process is near its limit: work that is not needed for the response is skipped. */
  underPressure = false;
  /** @internal The caller wants the plan of the request, not a response. */
  isDryRun = false;
  /** @internal The hook `beforeAttempt` has changed what was sent upstream, beyond trace headers. */
  attemptChanged = false;
  /** @internal The cache has already looked this key up, without a usable entry. */
  cacheMissKey: string | undefined = undefined;
  /** Written by `authenticate`. */
  caller: Caller | undefined = undefined;
  /** Written by `validate`, replaced by `beforeRoute`: the request in wire form. */
  request: ChatRequest | undefined = undefined;
  /** @internal Parses a request that the cache served by its bytes. */
  readRequest: (() => ChatRequest) | undefined = undefined;
  /** Written by `validate`: `request` with its bytes. */
  body: RequestBody | undefined = undefined;
  /** @internal Served by the upstream call of another request. */
  coalesced = false;
  /** @internal Rate limit headers of the response. */
  limitHeaders: Readonly<Record<string, string>> | undefined = undefined;
  /** Written by `limit`: what the request has reserved. */
  spend: SpendLease | undefined = undefined;
  /** @internal Written by `guard`: names and versions of the guards, for the cache key. */
  guardDigest = '';
  /** @internal Written by `guard` where guards check the response. */
  responseGate: ResponseGate | undefined = undefined;
  /** @internal The response as the client got it, where `captureResponse` is set. */
  captured: { completion(): ChatCompletion | undefined } | undefined = undefined;
  /** Written by `route`. */
  route: ResolvedRoute | undefined = undefined;
  /** Written by a routing hook: what it decided, and why. */
  router: RouterExplanation | undefined = undefined;
  /** Written by `cache`. */
  cacheStatus: CacheStatus | undefined = undefined;
  /** Written by `proxy`: one record for each attempt. */
  readonly attempts: AttemptRecord[] = [];
  /** Written by `proxy` or `cache`: which endpoint the response is from. */
  served: ServedBy | undefined = undefined;
  /** Written by `proxy`: milliseconds that upstreams took until the response began. */
  upstreamMs = 0;
  /** Written by `proxy` or `cache` when the response has ended. */
  outcome: ResponseOutcome | undefined = undefined;

  /** Where the response is written to. `cache` and `guard` put their own sinks in front. */
  sink: ResponseSink;
  /** Aborts when the upstream's response is not needed any more: by this client, or by those that share its call. */
  cancelSignal: CancelSignal;

  constructor(
    req: IncomingMessage,
    res: ServerResponse,
    requestId: string,
    startedAt: number,
    sinkOf: (context: RequestContext) => ResponseSink,
  ) {
    this.req = req;
    this.res = res;
    this.requestId = requestId;
    this.startedAt = startedAt;
    this.client = new ClientConnection(res);
    this.cancelSignal = this.client;
    this.sink = sinkOf(this);
  }
}

/** The plan of a request. */
export interface ResolvedRoute {
  /** The first model that the request names. */
  readonly model: string;
  /** The endpoints to try, in order. */
  readonly candidates: readonly PlannedCandidate[];
  /** The other endpoints of the requested models, each with the reason. */
  readonly excluded: readonly ExcludedEndpoint[];
  /** The first candidate was drawn at random among equivalent ones. */
  readonly drawn: boolean;
  /** Top-level members of the request that are the gateway's own and never sent upstream. */
  readonly ownFields: ReadonlySet<string>;
  /** The caller's `provider_configs` by provider slug; `undefined` where there are none. */
  readonly overrides: ReadonlyMap<string, ProviderOverride> | undefined;
  /** Called with the outcome of each attempt that used the operator's credential. */
  readonly record: ((endpoint: Endpoint, outcome: AttemptOutcome) => void) | undefined;
  /** The size of the prompt, measured on first use. */
  readonly prompt?: PromptView | undefined;
  /** Called with the endpoint that gave a complete response, so that the conversation can stay with it. */
  readonly onServed: ((endpoint: Endpoint, usage: Usage | undefined) => void) | undefined;
}

/** The size of a request's prompt, as each endpoint is expected to count it. */
export interface PromptView {
  /** Tokens of the prompt, by the endpoint's id. */
  tokensAt(endpointId: string): number;
  /** UTF-8 bytes of text per token, by the endpoint's id. */
  bytesPerTokenAt(endpointId: string): number;
  /** Improves the estimates with the `promptTokens` that the endpoint of this id has reported. */
  learn(endpointId: string, promptTokens: number | undefined): void;
}

/** An endpoint of a plan, and the request members that are not sent to it. */
export interface PlannedCandidate {
  /** The endpoint to try. */
  readonly endpoint: Endpoint;
  /** Whose credential an attempt uses. It decides who pays, and whether the attempt counts in the statistics. */
  readonly credential: 'operator' | 'caller';
  /** Members that this endpoint does not support and that the caller does not require. */
  readonly drop: readonly string[];
  /** Members that the caller requires: an endpoint that cannot be sent one of them is skipped. */
  readonly required?: readonly string[] | undefined;
}

/** A caller's own credential or address for one provider, validated. Secret. */
export interface ProviderOverride {
  /** The caller's own key. */
  readonly apiKey: string | undefined;
  /** The caller's own address. */
  readonly url: import('../contracts/transport.js').UpstreamUrl | undefined;
  /** The caller's own timeout, in milliseconds. */
  readonly timeoutMs: number | undefined;
}

/** The endpoint that a response is from. */
export interface ServedBy {
  /** Key of the provider. */
  readonly provider: string;
  /** Name of the model, as the gateway knows it. */
  readonly model: string;
  /** Slug of the endpoint. */
  readonly slug: string;
  /** The attempt used the caller's own key. Never set for cached responses. */
  readonly callerKey?: boolean | undefined;
}

/** How a response ended, and its usage and cost. */
export interface ResponseOutcome {
  /** The whole response was delivered. */
  readonly complete: boolean;
  /** `stop`, `length`, `tool_calls`, `content_filter`, `function_call`, `error` or `other`. */
  readonly finishReason: string | undefined;
  /** Tokens, where the upstream reported them. */
  readonly usage: Usage | undefined;
  /** USD; `undefined` without usage or prices. */
  readonly costUsd: number | undefined;
  /** `costUsd` was counted from the sizes of prompt and output: the stream was aborted, or no usage was reported. */
  readonly estimated?: boolean | undefined;
  /** Tokens of prompt and completion, reported or estimated. */
  readonly tokens?: number | undefined;
  /** Of `tokens`, where they were estimated: the prompt. */
  readonly promptTokens?: number | undefined;
  /** Milliseconds to the first content chunk. */
  readonly firstTokenMs: number | undefined;
}

/** The guards between the stages and the client, as stages see them. */
export interface ResponseGate {
  /** Aborts when the client disconnects, a guard blocks or the response fails. */
  readonly cancelSignal: CancelSignal;
  /** The error of a block, where nothing has been sent to the client yet. */
  readonly error: GatewayError | undefined;
  /**
   * Sends the response of one attempt. Resolves with an error where a guard wants the next candidate instead: nothing
   * has been sent to the client then.
   * @param cancel - ends the attempt
   */
  offer(send: () => Promise<void>, cancel: () => void): Promise<GatewayError | undefined>;
  /** Resolves when the response has ended, immediately where none has begun. */
  settled(): Promise<ResponseEnd>;
  /** The result of `stage`; rejects early where a guard blocks while the upstream call goes on for other requests. */
  unlessRejected<T>(stage: Promise<T>): Promise<T>;
  /** Sends the error of a block. */
  fail(error: GatewayError): void;
}

/** How a guarded response has ended. */
export interface ResponseEnd {
  /** The client received all of it. */
  readonly passed: boolean;
  readonly blocked: boolean;
  /** The error to send, where a guard blocked before anything was sent to the client. */
  readonly error: GatewayError | undefined;
}

/** A stage: `'next'` passes the request on, `'responded'` means that the response is (or will be) written. */
export type Stage = (context: RequestContext) => StageOutcome | Promise<StageOutcome>;
export type StageOutcome = 'next' | 'responded';

/** Member of the request that holds its context. A WeakMap would cost more garbage collection than all stages together. */
const CONTEXT = Symbol('nordlys-proxy.context');
type SeenRequest = IncomingMessage & { [CONTEXT]?: RequestContext };

/**
 * What a host sees of a request between two stages and in its hooks. Read-only but for `caller`: what the gateway needs
 * to write a response is not shown, so it cannot be replaced. To change the request, use the hook `beforeRoute`.
 */
export interface RequestContextView {
  /** Sent back as `x-request-id`, sent on to the upstream. */
  readonly requestId: string;
  /** Monotonic milliseconds. */
  readonly startedAt: number;
  /** Aborted when the result is not needed any more: the client has disconnected, or the request has ended. */
  readonly signal: AbortSignal;
  /**
   * Written by `authenticate`. A host that authenticates by itself may set it before `route`: `undefined`, or an object
   * with an `id`. Setting anything else throws a `TypeError`.
   */
  caller: Caller | undefined;
  /** Written by `validate`: the request in wire form. */
  readonly request: ChatRequest | undefined;
  /** Written by `route`. */
  readonly route: ResolvedRoute | undefined;
  /** Written by a routing hook: what it decided, and why. */
  readonly router: RouterExplanation | undefined;
  /** Written by `cache`. */
  readonly cacheStatus: CacheStatus | undefined;
  /** Written by `proxy`: one record for each attempt. */
  readonly attempts: readonly AttemptRecord[];
  /** Written by `proxy` or `cache`: which endpoint the response is from. */
  readonly served: ServedBy | undefined;
  /** Written by `proxy`: milliseconds that upstreams took until the response began. */
  readonly upstreamMs: number;
  /** Written by `proxy` or `cache` when the response has ended. */
  readonly outcome: ResponseOutcome | undefined;
}

/** @internal The context of `req`, created on first use. */
export function openContext(req: SeenRequest, open: () => RequestContext): RequestContext {
  return (req[CONTEXT] ??= open());
}

/** @internal The context of `req`; `undefined` where no stage has seen it. */
export function contextOf(req: SeenRequest): RequestContext | undefined {
  return req[CONTEXT];
}
