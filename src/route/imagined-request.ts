import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { ChatRequest } from '../chat/types.js';
import type { Caller } from '../contracts/caller.js';
import type { ResponseSink } from '../contracts/sink.js';
import { requestIdOf } from '../http/request-id.js';
import { RequestContext } from '../request/context.js';

/** A request that is only planned, with its caller and headers. */
export interface ImaginedRequest {
  readonly request: ChatRequest;
  readonly caller: Caller | undefined;
  readonly headers: Readonly<Record<string, string>>;
  /** Monotonic milliseconds. */
  readonly startedAt: number;
}

/** The context that a request would have after `validate`, for hooks. Nothing is sent. */
export function imaginedContext({ request, caller, headers, startedAt }: ImaginedRequest): RequestContext {
  const req = new IncomingMessage(new Socket());
  req.method = 'POST';
  req.url = '/v1/chat/completions';
  for (const [name, value] of Object.entries(headers)) {
    req.headers[name.toLowerCase()] = value;
    req.rawHeaders.push(name, value);
  }
  const context = new RequestContext(req, new ServerResponse(req), requestIdOf(req), startedAt, () => NULL_SINK);
  // Hooks may change the request in place, but must not change the host's object.
  context.request = structuredClone(request);
  context.caller = caller;
  return context;
}

/** Discards everything. */
const NULL_SINK: ResponseSink = {
  json: () => undefined,
  open: () => undefined,
  event: () => true,
  onDrain: () => undefined,
  done: () => undefined,
  fail: () => undefined,
};
