import { isRecord, type JsonObject } from '../../util/json-object.js';
import type { ResponseHead, UpstreamErrorBody, UpstreamErrorKind } from '../../contracts/wire-format.js';
import { parseJson } from '../../util/parse-json.js';

/** More of a message than this helps no reader and may be a whole page. */
const LONGEST_MESSAGE = 1_000;

interface NamedError {
  readonly status: number;
  readonly kind: UpstreamErrorKind;
}

/**
 * AWS's names of errors: their status, and what they mean where the status misleads. The statuses of the last three are
 * ours: AWS uses 408, 429 and 400, which have other meanings at other vendors.
 */
const NAMED: ReadonlyMap<string, NamedError> = new Map([
  ['AccessDeniedException', { status: 403, kind: 'auth' }],
  ['UnrecognizedClientException', { status: 403, kind: 'auth' }],
  ['InvalidSignatureException', { status: 403, kind: 'auth' }],
  ['IncompleteSignatureException', { status: 403, kind: 'auth' }],
  ['MissingAuthenticationTokenException', { status: 403, kind: 'auth' }],
  ['ExpiredTokenException', { status: 403, kind: 'auth' }],
  ['ValidationException', { status: 400, kind: 'rejected' }],
  ['ResourceNotFoundException', { status: 404, kind: 'model_missing' }],
  ['ServiceQuotaExceededException', { status: 400, kind: 'quota' }],
  ['ModelErrorException', { status: 424, kind: 'server_error' }],
  ['ModelStreamErrorException', { status: 424, kind: 'server_error' }],
  ['ThrottlingException', { status: 429, kind: 'rate_limited' }],
  ['InternalServerException', { status: 500, kind: 'server_error' }],
  ['InternalFailure', { status: 500, kind: 'server_error' }],
  ['ServiceUnavailableException', { status: 503, kind: 'overloaded' }],
  ['ModelTimeoutException', { status: 504, kind: 'upstream_timeout' }],
  ['ModelNotReadyException', { status: 425, kind: 'try_later' }],
  ['ConflictException', { status: 409, kind: 'conflict' }],
]);

/** Validation messages that speak of the operator's set-up, so that another endpoint may still respond. */
const MODEL_MISSING = /on-demand throughput|model identifier is invalid|not authorized|inference profile/i;

/**
 * Reads an error of Bedrock: `{ message }` with the name in a header, in `__type`, or in the `error` member that
 * this format's own decoder puts into a chunk.
 */
export function decodeBedrockError(body: unknown, head?: ResponseHead): UpstreamErrorBody | undefined {
  if (!isRecord(body)) return undefined;
  const inner = isRecord(body['error']) ? body['error'] : body;
  const name = errorName(head?.headers['x-amzn-errortype'] ?? inner['__type'] ?? inner['code']);
  const message = textOf(inner['message']) ?? textOf(inner['Message']) ?? name;
  if (message === undefined) return undefined;
  return {
    message: withoutNames(message).slice(0, LONGEST_MESSAGE),
    type: null,
    param: null,
    code: name ?? null,
    ...meaningOf(name, message, inner, head),
  };
}

/** The `error` member of a chunk for an exception or an error frame. */
export function streamError(event: string | undefined, data: string): JsonObject {
  const payload = parsed(data);
  const name = errorName(event) ?? null;
  const message = textOf(payload['message']) ?? textOf(payload['Message']) ?? textOf(data) ?? name ?? 'Stream failed.';
  const { originalStatusCode } = payload;
  return {
    message,
    type: null,
    param: null,
    code: name,
    ...(typeof originalStatusCode === 'number' ? { originalStatusCode } : {}),
  };
}

function meaningOf(
  name: string | undefined,
  message: string,
  inner: JsonObject,
  head: ResponseHead | undefined,
): NamedError | object {
  const named = NAMED.get(name ?? '');
  // 424 means that the model failed, not that the request is invalid.
  if (named === undefined) return head?.status === 424 ? { kind: 'server_error' } : {};
  if (name === 'ValidationException' && MODEL_MISSING.test(message)) return { ...named, kind: 'model_missing' };
  if (named.status !== 424) return named;
  return { ...named, ...causeOf(inner['originalStatusCode']) };
}

/** The status of the model's own failure is more precise than 424. */
function causeOf(status: unknown): object {
  if (status === 429) return { kind: 'rate_limited' };
  return status === 503 ? { kind: 'overloaded' } : {};
}

/** `ns#ThrottlingException:http://…` and `throttlingException` as `ThrottlingException`. */
function errorName(value: unknown): string | undefined {
  const text = Array.isArray(value) ? value[0] : value;
  if (typeof text !== 'string') return undefined;
  const name = text.split(':', 1)[0]!.split('#').at(-1)!.trim();
  return /^[A-Za-z][A-Za-z0-9_]{0,99}$/.test(name) ? name.charAt(0).toUpperCase() + name.slice(1) : undefined;
}

/** Messages may name accounts and resources of the operator's. */
function withoutNames(message: string): string {
  return message.replaceAll(/arn:aws[\w-]*:[^\s"',;)\]]*/g, 'arn:…').replaceAll(/\b\d{12}\b/g, '…');
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value : undefined;
}

function parsed(data: string): JsonObject {
  const value = parseJson(data);
  return isRecord(value) ? value : {};
}
