import type { UpstreamErrorBody, UpstreamErrorKind } from '../../contracts/wire-format.js';

/** What a response lacks, where it is none. */
export type ResponseFault = 'error' | 'malformed' | 'empty' | 'truncated';

/** A body with a good status that is no completion. */
export class FailedResponse extends Error {
  override readonly name = 'FailedResponse';
  readonly fault: ResponseFault;
  /** What the upstream reports, for `error`. */
  readonly error: UpstreamErrorBody | undefined;

  constructor(fault: ResponseFault, message: string, error?: UpstreamErrorBody) {
    super(message);
    this.fault = fault;
    this.error = error;
  }
}

/** The member `error` of a chunk that ends a stream as failed. `decodeError` reads it. */
export interface ChunkError extends Omit<UpstreamErrorBody, 'kind'> {
  readonly status: number;
  /** `malformed`: the upstream gave no usable response; the status says so to whoever knows no such kind. */
  readonly kind?: UpstreamErrorKind | 'malformed' | undefined;
}

/** The failure of a whole response that such an error ends. */
export function failureOf({ kind, ...error }: ChunkError): FailedResponse {
  if (kind === 'malformed') return new FailedResponse('malformed', error.message);
  return new FailedResponse('error', error.message, { ...error, kind });
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
