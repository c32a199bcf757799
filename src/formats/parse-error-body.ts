import type { UpstreamErrorBody } from '../contracts/wire-format.js';
import type { ResponseHead } from '../contracts/wire-format.js';
import {
  codeIn,
  detailOf,
  messageIn,
  minimaxKind,
  reasonsIn,
  statusIn,
  textOf,
  typeIn,
  type JsonObject,
} from './error-members.js';
import { waitOf } from './error-wait.js';
import { isRecord } from '../util/json-object.js';

/** Longer messages are cut: some are whole HTML pages. */
const LONGEST_MESSAGE = 1_000;

/** Anthropic's types, for errors inside a stream, which have no status line. */
const ANTHROPIC_STATUSES: ReadonlyMap<string, number> = new Map([
  ['invalid_request_error', 400],
  ['authentication_error', 401],
  ['billing_error', 402],
  ['permission_error', 403],
  ['not_found_error', 404],
  ['request_too_large', 413],
  ['rate_limit_error', 429],
  ['api_error', 500],
  ['timeout_error', 504],
  ['overloaded_error', 503],
]);

const NO_STATUSES: ReadonlyMap<string, number> = new Map();

/**
 * Reads an error body of any vendor: OpenAI's envelope, Anthropic's, OpenRouter's with a numeric `code`,
 * Google's list of one, FastAPI's `detail`, MiniMax's `base_resp`, iFlytek's `header`, a list of `errors`, or the members without any
 * envelope (`message`, `msg`, `error_msg` …).
 */
export function decodeError(body: unknown, head?: ResponseHead): UpstreamErrorBody | undefined {
  const decoded = decodeNested(body, DEEPEST_NESTING);
  const name = head?.headers['x-amzn-errortype'];
  if (decoded === undefined || typeof name !== 'string') return decoded;
  // AWS writes `Name:http://…`.
  return { ...decoded, reasons: [...(decoded.reasons ?? []), name.split(':')[0]!] };
}

/** Routers wrap routers; a body that nests deeper is malicious. */
const DEEPEST_NESTING = 4;

function decodeNested(body: unknown, levels: number): UpstreamErrorBody | undefined {
  if (levels === 0) return undefined;
  if (Array.isArray(body)) return body.length === 1 ? decodeNested(body[0], levels - 1) : undefined;
  if (!isRecord(body)) return undefined;
  const { error, errors, detail, header, base_resp: base } = body;
  if (isRecord(base) && Number(base['status_code'] ?? 0) !== 0) return fromBaseResp(base);
  if (isRecord(error)) return withOuterWait(fromErrorObject(error, levels, body['type'] === 'error'), body);
  // iFlytek.
  if (isRecord(header) && codeIn(header) !== undefined) return decodeNested(header, levels - 1);
  if (Array.isArray(error) && error.length > 0) return decodeNested(error[0], levels - 1);
  if (Array.isArray(errors) && errors.length > 0) return decodeNested(errors[0], levels - 1);
  if (isRecord(detail)) return decodeNested(detail, levels - 1);
  return fromFlat(body, levels);
}

/** The members of an error that has no envelope. `title` alone is how RFC 9457 names a problem without a detail. */
function fromFlat(body: JsonObject, levels: number): UpstreamErrorBody | undefined {
  const message =
    messageIn(body) ??
    textOf(body['error']) ??
    detailOf(body['detail']) ??
    textOf(body['title']) ??
    listedIn(body, levels);
  return message === undefined ? undefined : bodyOf(message, body, NO_STATUSES);
}

/** Mistral's `message: { detail: [{ loc, msg }] }`, and messages that are such a list themselves. */
function listedIn({ message }: JsonObject, levels: number): string | undefined {
  return Array.isArray(message) ? detailOf(message) : decodeNested(message, levels - 1)?.message;
}

function fromBaseResp(base: JsonObject): UpstreamErrorBody | undefined {
  const body = bodyOf(messageIn(base) ?? `Status ${String(base['status_code'])}`, base, NO_STATUSES);
  const kind = minimaxKind(base);
  return kind === undefined ? body : { ...body, kind };
}

/** @param isAnthropic - its types map to statuses; OpenAI's do not (a 404 is an `invalid_request_error` there). */
function fromErrorObject(error: JsonObject, levels: number, isAnthropic: boolean): UpstreamErrorBody | undefined {
  const cause = isRecord(error['metadata']) ? causeOf(error['metadata']['raw'], levels) : undefined;
  const message = joined(messageIn(error) ?? detailOf(error['detail']) ?? listedIn(error, levels), cause?.message);
  const code = codeIn(error) ?? wordForCode(error);
  const type = typeIn(error);
  if (message === undefined && code === undefined && type === undefined)
    return isRecord(error['error']) ? decodeNested(error, levels - 1) : undefined;
  const body = bodyOf(message ?? code ?? type ?? '', error, isAnthropic ? ANTHROPIC_STATUSES : NO_STATUSES);
  return cause === undefined ? body : withCause(body, cause);
}

/** The error of a router with that of its provider. */
function withCause(body: UpstreamErrorBody, cause: UpstreamErrorBody): UpstreamErrorBody {
  const reasons = [...(body.reasons ?? []), cause.code, cause.type, ...(cause.reasons ?? [])];
  return withReasons({ ...body, retryAfterMs: body.retryAfterMs ?? cause.retryAfterMs }, reasons);
}

function bodyOf(message: string, error: JsonObject, statuses: ReadonlyMap<string, number>): UpstreamErrorBody {
  const type = typeIn(error) ?? null;
  const status = statusIn(error) ?? (type === null ? undefined : statuses.get(type));
  const retryAfterMs = waitOf(error, message);
  return withReasons(
    {
      message: shortened(message),
      type,
      param: textOf(error['param']) ?? null,
      code: codeIn(error) ?? wordForCode(error) ?? null,
      ...(status !== undefined && { status }),
      ...(retryAfterMs !== undefined && { retryAfterMs }),
    },
    reasonsIn(error),
  );
}

function withReasons(body: UpstreamErrorBody, names: readonly (string | null)[]): UpstreamErrorBody {
  const reasons = names.filter((word) => word !== null);
  return reasons.length === 0 ? body : { ...body, reasons };
}

/** The wait may be a member beside the envelope. */
function withOuterWait(body: UpstreamErrorBody | undefined, outer: JsonObject): UpstreamErrorBody | undefined {
  if (body === undefined || body.retryAfterMs !== undefined) return body;
  const retryAfterMs = waitOf(outer, undefined);
  return retryAfterMs === undefined ? body : { ...body, retryAfterMs };
}

/** The name beside a numeric code: OpenRouter's `metadata.error_type`, Google's `status`. */
function wordForCode(error: JsonObject): string | undefined {
  const metadata = error['metadata'];
  const word = isRecord(metadata) ? textOf(metadata['error_type']) : undefined;
  const status = textOf(error['status']);
  return word ?? (status !== undefined && /^[A-Z][A-Z_]+$/.test(status) ? status : undefined);
}

/** The message; where a router only reports that its provider failed, the message of the provider. */
function joined(message: string | undefined, cause: string | undefined): string | undefined {
  if (cause === undefined || message === undefined) return cause ?? message;
  return message.includes(cause) ? message : `${message}: ${cause}`;
}

/** `metadata.raw` is an object, JSON text or plain text. */
function causeOf(raw: unknown, levels: number): UpstreamErrorBody | undefined {
  const value = typeof raw === 'string' ? parsed(raw) : raw;
  if (typeof value !== 'string') return decodeNested(value, levels - 1);
  return textOf(value) === undefined ? undefined : { message: value, type: null, param: null, code: null };
}

function parsed(text: string): unknown {
  if (!/^\s*[[{]/.test(text)) return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

function shortened(message: string): string {
  return message.length > LONGEST_MESSAGE ? `${message.slice(0, LONGEST_MESSAGE - 1)}…` : message;
}
