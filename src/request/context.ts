import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RequestBody } from '../json/request-body.js';
import type { ChatRequest, Usage } from '../chat/types.js';
import type { Caller } from '../contracts/caller.js';
import type { AttemptRecord, CacheStatus } from '../contracts/hooks.js';
import type { RouterExplanation } from '../contracts/router.js';
import type { AttemptOutcome, Endpoint, ExcludedEndpoint } from '../contracts/routing.js';
import type { ResponseSink } from '../contracts/sink.js';
import type { SpendLease } from '../contracts/spend.js';
import { ClientConnection, type CancelSignal } from '../util/cancellation.js';

/**
 * What the stages have learnt of one request. A stage reads what earlier ones wrote and writes its own part;
 * a host's middleware between two stages may do the same.
 */
export class RequestContext {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  /** Sent back as `x-request-id`, sent on to the upstream. */
  readonly requestId: string;
  /** Monotonic milliseconds. */
  readonly startedAt: number;
  /** Whether this client still waits. */
  readonly client: ClientConnection;

  /** @internal Where it stands among the requests at work. */
  inFlightIndex: number | undefined = undefined;
  /** @internal Let in by `authenticate` where it stands alone. */
  authenticated = false;
  /** @internal Counted among its caller's requests. */
  admitted = false;
  /** @internal The process has much to do: what can wait is left out. */
  underPressure = false;
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

/** A stage of the path: `'next'` hands on, `'responded'` means the response is (or will be) written. */
export type Stage = (context: RequestContext) => StageOutcome | Promise<StageOutcome>;
export type StageOutcome = 'next' | 'responded';

/** Where the context stands on its request: a WeakMap would cost the garbage collector more than all stages together. */
const CONTEXT = Symbol('nordlys-proxy.context');
type SeenRequest = IncomingMessage & { [CONTEXT]?: RequestContext };

/**
 * What the stages know of `req`.
 * @throws TypeError when no stage of this package has seen it.
 */
export function getContext(req: IncomingMessage): RequestContext {
  const context = (req as SeenRequest)[CONTEXT];
  if (context === undefined) throw new TypeError('getContext: no stage of nordlys-proxy has seen this request yet.');
  return context;
}

/** @internal The context of `req`, opened on first sight. */
export function openContext(req: SeenRequest, open: () => RequestContext): RequestContext {
  return (req[CONTEXT] ??= open());
}
