import type { IncomingMessage } from 'node:http';
import type { ChatCompletion, ChatRequest } from '../chat/types.js';
import type { ByMethod, Caller } from '../contracts/caller.js';

/** The argument of `cache.shouldCache`. */
export interface CacheRequestState {
  /** Id of the request, as in `x-request-id`. */
  readonly requestId: string;
  /** Node's request. */
  readonly req: IncomingMessage;
  /** The caller; `undefined` where none is known. */
  readonly caller: Caller | undefined;
  /** The validated body. */
  readonly request: ChatRequest;
  /** The model that is expected to respond. */
  readonly model: string;
  /** The slug of the endpoint that is expected to respond. */
  readonly slug: string;
}

/** The argument of `cache.ttlMs`. `model` and `slug` are those that responded. */
export interface CacheResponseState extends CacheRequestState {
  /** The response that would be stored. */
  readonly response: ChatCompletion;
}

/** Whether the cache may serve, share and store a request. */
export type CacheDecision = ByMethod<[state: CacheRequestState], boolean>;

/** How long a response is kept, in milliseconds; 0 or less: it is not stored. */
export type CacheTtl = ByMethod<[state: CacheResponseState], number>;
