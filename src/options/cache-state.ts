import type { IncomingMessage } from 'node:http';
import type { ChatCompletion, ChatRequest } from '../chat/types.js';
import type { ByMethod, Caller } from '../contracts/caller.js';

/** What `cache.shouldCache` is told of a request. */
export interface CacheRequestState {
  /** Id of the request, as in `x-request-id`. */
  readonly requestId: string;
  /** Node's request. */
  readonly req: IncomingMessage;
  /** The caller; `undefined` where none is known. */
  readonly caller: Caller | undefined;
  /** The validated body. */
  readonly request: ChatRequest;
  /** The model that is meant to respond. */
  readonly model: string;
  /** The slug of the endpoint that is meant to respond. */
  readonly slug: string;
}

/** What `cache.ttlMs` is told of a response that could be kept. `model` and `slug` are those that responded. */
export interface CacheResponseState extends CacheRequestState {
  /** The response that would be stored. */
  readonly response: ChatCompletion;
}

/** Whether the cache may serve, share and keep a request. */
export type CacheDecision = ByMethod<[state: CacheRequestState], boolean>;

/** How long a response is kept, in milliseconds; 0 or less: not at all. */
export type CacheTtl = ByMethod<[state: CacheResponseState], number>;
