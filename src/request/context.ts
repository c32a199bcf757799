import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RequestBody } from '../json/request-body.js';
import type { ChatRequest, Usage } from '../chat/types.js';
import type { Caller } from '../contracts/caller.js';
import type { AttemptRecord, CacheStatus } from '../contracts/hooks.js';
import type { RouterExplanation } from '../contracts/router.js';
import type { AttemptOutcome, Endpoint, ExcludedEndpoint } from '../contracts/routing.js';
import type { ResponseSink } from '../contracts/sink.js';
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
  /** Told who gave a whole answer, so that the conversation can stay there. */
  readonly onServed: ((endpoint: Endpoint, usage: Usage | undefined) => void) | undefined;
}

/** An endpoint in the order of a plan, with what it is not told. */
export interface PlannedCandidate {
  readonly endpoint: Endpoint;
  /** Members that this endpoint does not understand and the caller did not insist on. */
  readonly drop: readonly string[];
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
  readonly firstTokenMs: number | undefined;
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

class ContextView implements RequestContextView {
  readonly #context: RequestContext;

  constructor(context: RequestContext) {
    this.#context = context;
  }

  get requestId(): string {
    return this.#context.requestId;
  }

  get startedAt(): number {
    return this.#context.startedAt;
  }

  get signal(): AbortSignal {
    return this.#context.cancelSignal.signal;
  }

  get caller(): Caller | undefined {
    return this.#context.caller;
  }

  set caller(caller: Caller | undefined) {
    // A caller without an id would share the cache and the limits of every other such caller.
    if (caller !== undefined && (typeof caller?.id !== 'string' || caller.id === '')) {
      throw new TypeError('getContext(req).caller must be { id: string } or undefined.');
    }
    this.#context.caller = caller;
  }

  get request(): ChatRequest | undefined {
    return this.#context.request;
  }

  get route(): ResolvedRoute | undefined {
    return this.#context.route;
  }

  get router(): RouterExplanation | undefined {
    return this.#context.router;
  }

  get cacheStatus(): CacheStatus | undefined {
    return this.#context.cacheStatus;
  }

  get attempts(): readonly AttemptRecord[] {
    return this.#context.attempts;
  }

  get served(): ServedBy | undefined {
    return this.#context.served;
  }

  get upstreamMs(): number {
    return this.#context.upstreamMs;
  }

  get outcome(): ResponseOutcome | undefined {
    return this.#context.outcome;
  }
}

/**
 * What the stages know of `req`. The same view for the same request, and always up to date.
 * @throws TypeError when no stage of this package has seen it.
 * @example
 * keyGenerator: (req) => getContext(req).caller?.id ?? req.ip
 */
export function getContext(req: IncomingMessage): RequestContextView {
  const context = (req as SeenRequest)[CONTEXT];
  if (context === undefined) throw new TypeError('getContext: no stage of nordlys-proxy has seen this request yet.');
  return (context.view ??= new ContextView(context));
}

/** @internal The context of `req`, opened on first sight. */
export function openContext(req: SeenRequest, open: () => RequestContext): RequestContext {
  return (req[CONTEXT] ??= open());
}
