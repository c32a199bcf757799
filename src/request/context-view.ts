import type { IncomingMessage } from 'node:http';
import type { ChatRequest } from '../chat/types.js';
import type { Caller } from '../contracts/caller.js';
import type { AttemptRecord, CacheStatus } from '../contracts/hooks.js';
import type { RouterExplanation } from '../contracts/router.js';
import {
  contextOf,
  type RequestContext,
  type RequestContextView,
  type ResolvedRoute,
  type ResponseOutcome,
  type ServedBy,
} from './context.js';

/** The getters of `RequestContextView` over the context of a request. */
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
 * The context of `req`, for hosts: caller, request, plan, outcome. The same view for the same request, always current.
 * @throws TypeError when no stage of this package has seen the request
 * @example
 * keyGenerator: (req) => getContext(req).caller?.id ?? req.ip
 */
export function getContext(req: IncomingMessage): RequestContextView {
  const context = contextOf(req);
  if (context === undefined) throw new TypeError('getContext: no stage of nordlys-proxy has seen this request yet.');
  return (context.view ??= new ContextView(context));
}
