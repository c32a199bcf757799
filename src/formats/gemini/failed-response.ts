import { FailedResponse } from '../../contracts/failed-response.js';
import type { UpstreamErrorBody } from '../../contracts/wire-format.js';

/** The member `error` of a chunk that ends a stream as failed. `decodeError` reads it. */
export interface ChunkError extends UpstreamErrorBody {
  readonly status: number;
}

/** The failure of a whole response that such an error ends. */
export function failureOf(error: ChunkError): FailedResponse {
  if (error.kind === 'malformed') return new FailedResponse('malformed', error.message);
  return new FailedResponse('error', error.message, error);
}

/** The prompt was blocked: the request's own fault, as OpenAI reports it. `OTHER` is the upstream's. */
export function blockedPrompt(reason: string, details: unknown): ChunkError {
  const more = typeof details === 'string' && details !== '' ? `: ${details}` : '.';
  const word = /^[A-Z_]{1,40}$/.test(reason) ? reason : 'UNKNOWN';
  const message = `The prompt was blocked by the provider (${word})${more}`;
  if (reason === 'OTHER') {
    return { message, type: 'server_error', param: null, code: 'prompt_blocked', status: 502, kind: 'server_error' };
  }
  const type = 'invalid_request_error';
  return { message, type, param: null, code: 'content_filter', status: 400, kind: 'rejected' };
}

/** A candidate or an event that cannot be used; another attempt may succeed. */
export function malformedResponse(code: string, message: string): ChunkError {
  return { message, type: 'server_error', param: null, code, status: 502, kind: 'malformed' };
}
