import type { RequestContext } from '../request/context.js';
import type { AttemptRecord, UpstreamErrorSummary } from '../contracts/hooks.js';
import type { GatewayError } from '../errors/gateway-error.js';

/** nginx's status for a client that disconnected before it received a response. */
const CLIENT_LEFT = 499;

/** The HTTP status that the client of `context` received. */
export function clientStatus({ res, client }: RequestContext, error: GatewayError | undefined): number {
  if (res.headersSent) return res.statusCode;
  // With `errorHandling: 'next'` the host's error handler has not responded yet.
  return client.aborted || error === undefined ? CLIENT_LEFT : error.status;
}

/** Outcomes that are the caller's own fault: the upstream's message may quote the request. */
const CALLERS_FAULTS: ReadonlySet<string> = new Set([
  'rejected',
  'request_refused',
  'caller_auth',
  'generation_failed',
]);

/** The upstream's own error as logs and spans may hold it; its message only where it speaks of the operator. */
export function upstreamErrorFor(record: AttemptRecord): Partial<UpstreamErrorSummary> | undefined {
  const { outcome, upstreamError } = record;
  if (upstreamError === undefined || !CALLERS_FAULTS.has(outcome)) return upstreamError;
  const { message: _message, ...rest } = upstreamError;
  return rest;
}
