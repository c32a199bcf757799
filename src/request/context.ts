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

/** What the stages have learnt of one request. A stage reads what earlier ones wrote and writes its own part. */
export class RequestContext {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  /** Sent back as `x-request-id`, sent on to the upstream. */
  readonly requestId: string;
  /** Monotonic milliseconds. */
  readonly startedAt: number;
  /** Whether this client still waits. */
  readonly client: ClientConnection;

  /** What hosts see of it; made when the first one asks. */
  view: RequestContextView | undefined = undefined;
  /** @internal Where it stands among the requests at work. */
  inFlightIndex: number | undefined = undefined;
  /** @internal Let in by `authenticate` where it stands alone. */
  authenticated = false;
  /** @internal Counted among its caller's requests. */
  admitted = false;
  /** @internal The process has much to do: what can wait is left out. */
  underPressure = false;
  /** @internal The caller asks for the plan of the request, not for a response. */
  isDryRun = false;
  /** @internal The hook `beforeAttempt` has changed what was sent upstream, beyond trace headers. */
  attemptChanged = false;
  /** @internal The cache has looked under this key for it already, and has nothing that would do. */
  cacheMissKey: string | undefined = undefined;
  /** Written by `authenticate`. */
  caller: Caller | undefined = undefined;
  /** Written by `validate`, replaced by `beforeRoute`: the request in wire form. */
  request: ChatRequest | undefined = undefined;
  /** @internal Reads a request that was answered unread. */
  readRequest: (() => ChatRequest) | undefined = undefined;
  /** Written by `validate`: the bytes that mean `request`. */
  body: RequestBody | undefined = undefined;
  /** @internal Answered by the upstream call of another request. */
  coalesced = false;
  /** @internal What the client is told of its limits, with every response. */
  limitHeaders: Readonly<Record<string, string>> | undefined = undefined;
  /** Written by `limit`: what the request has reserved. */
  spend: SpendLease | undefined = undefined;
  /** @internal Written by `guard`: names and versions of the guards, for the cache key. */
  guardDigest = '';
  /** @internal Written by `guard` where guards stand between the response and the client. */
  responseGate: ResponseGate | undefined = undefined;
  /** @internal The response as the client got it, where `captureResponse` asks for it. */
  captured: { completion(): ChatCompletion | undefined } | undefined = undefined;
  /** Written by `route`. */
  route: ResolvedRoute | undefined = undefined;
  /** Written by a routing hook: what it decided, and why. */
  router: RouterExplanation | undefined = undefined;
  /** Written by `cache`. */
  cacheStatus: CacheStatus | undefined = undefined;
  /** Written by `proxy`, one a call. */
  readonly attempts: AttemptRecord[] = [];
  /** Written by `proxy` or `cache`: who answered. */
  served: ServedBy | undefined = undefined;
  /** Written by `proxy`: milliseconds that upstreams took until the answer began. */
  upstreamMs = 0;
  /** Written by `proxy` or `cache` when the answer has ended. */
  outcome: ResponseOutcome | undefined = undefined;

  /** Where the answer goes. `cache` puts its recorder in front. */
  sink: ResponseSink;
  /** Whether anybody still waits for the upstream's answer: this client, or those who share its call. */
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

/** The plan that a request follows. */
export interface ResolvedRoute {
  /** The logical model that was asked for first. */
  readonly model: string;
  readonly candidates: readonly PlannedCandidate[];
  readonly excluded: readonly ExcludedEndpoint[];
  /** The first candidate was drawn among others that would have done as well. */
  readonly drawn: boolean;
  /** Top-level members of the request that no upstream is told: the gateway's own. */
  readonly ownFields: ReadonlySet<string>;
  /** What the caller's `provider_configs` say, by provider slug; `undefined` when nothing. */
  readonly overrides: ReadonlyMap<string, ProviderOverride> | undefined;
  /** Told of every upstream call with the operator's own credential. */
  readonly record: ((endpoint: Endpoint, outcome: AttemptOutcome) => void) | undefined;
  /** What the prompt takes; measured when first asked for. */
  readonly prompt?: PromptView | undefined;
  /** Told who gave a whole answer, so that the conversation can stay there. */
  readonly onServed: ((endpoint: Endpoint, usage: Usage | undefined) => void) | undefined;
}

/** How large a request's prompt is, as each endpoint will count it. */
export interface PromptView {
  /** Tokens of the prompt, by the endpoint's id. */
  tokensAt(endpointId: string): number;
  /** UTF-8 bytes of text per token, by the endpoint's id. */
  bytesPerTokenAt(endpointId: string): number;
  /** The endpoint with this id has counted `promptTokens`: the next estimates are better. */
  learn(endpointId: string, promptTokens: number | undefined): void;
}

/** An endpoint in the order of a plan, with what it is not told. */
export interface PlannedCandidate {
  readonly endpoint: Endpoint;
  /** Whose credential an attempt uses: who pays for it, and whose statistics it belongs to. */
  readonly credential: 'operator' | 'caller';
  /** Members that this endpoint does not understand and the caller did not insist on. */
  readonly drop: readonly string[];
  /** Members that the caller insists on: an endpoint that would not be told one of them must not respond. */
  readonly required?: readonly string[] | undefined;
}

/** A caller's own credential or address for one provider. Checked already; secret. */
export interface ProviderOverride {
  readonly apiKey: string | undefined;
  readonly url: import('../contracts/transport.js').UpstreamUrl | undefined;
  readonly timeoutMs: number | undefined;
}

/** Who answered. */
export interface ServedBy {
  readonly provider: string;
  readonly model: string;
  readonly slug: string;
  /** With a key of the caller's own. A cached response never is. */
  readonly callerKey?: boolean | undefined;
}

/** How an answer ended, and what it took. */
export interface ResponseOutcome {
  readonly complete: boolean;
  readonly finishReason: string | undefined;
  readonly usage: Usage | undefined;
  readonly costUsd: number | undefined;
  /** `costUsd` was counted from the sizes of prompt and output: the stream was aborted, or no usage was reported. */
  readonly estimated?: boolean | undefined;
  /** Tokens of prompt and completion, reported or estimated. */
  readonly tokens?: number | undefined;
  readonly firstTokenMs: number | undefined;
}

/** The guards between the stages and the client, as far as a stage must know of them. */
export interface ResponseGate {
  /** Aborts when the client disconnects, a guard blocks or the response fails. */
  readonly cancelSignal: CancelSignal;
  /** The error of a block, where the client has got nothing yet. */
  readonly error: GatewayError | undefined;
  /**
   * Sends the response of one attempt. Resolves with an error where a guard wants the next candidate instead: the client
   * has got nothing then.
   * @param cancel - ends the attempt
   */
  offer(send: () => Promise<void>, cancel: () => void): Promise<GatewayError | undefined>;
  /** Resolves when the response has ended, or at once where none has begun. */
  settled(): Promise<ResponseEnd>;
  /** The result of `stage`; rejects early where a guard blocks while the upstream call goes on for other requests. */
  unlessRejected<T>(stage: Promise<T>): Promise<T>;
  /** Writes the error of a block. */
  fail(error: GatewayError): void;
}

/** How a response behind guards has ended. */
export interface ResponseEnd {
  /** The client got all of it. */
  readonly passed: boolean;
  readonly blocked: boolean;
  /** Where a guard blocked before the client got anything: what the client is to get. */
  readonly error: GatewayError | undefined;
}

/** A stage of the path: `'next'` hands on, `'responded'` means the response is (or will be) written. */
export type Stage = (context: RequestContext) => StageOutcome | Promise<StageOutcome>;
export type StageOutcome = 'next' | 'responded';

/** Where the context stands on its request: a WeakMap would cost the garbage collector more than all stages together. */
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
  /** Aborted when the result is not wanted any more: the client has disconnected, or the request was given up. */
  readonly signal: AbortSignal;
  /**
   * Written by `authenticate`. A host that authenticates by itself may set it before `route`: `undefined`, or an object
   * with an `id`. Setting anything else throws a `TypeError`.
   */
  caller: Caller | undefined;
  /** Written by `validate`: the request as the wire has it. */
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

/** @internal The context of `req`, opened on first sight. */
export function openContext(req: SeenRequest, open: () => RequestContext): RequestContext {
  return (req[CONTEXT] ??= open());
}

/** @internal The context of `req`; `undefined` where no stage has seen it. */
export function contextOf(req: SeenRequest): RequestContext | undefined {
  return req[CONTEXT];
}
