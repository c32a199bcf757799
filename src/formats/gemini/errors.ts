import { isRecord, type JsonObject } from '../../util/json-object.js';
import type { ResponseHead, UpstreamErrorBody, UpstreamErrorKind } from '../../contracts/wire-format.js';
import { decodeError as decodeForeignError } from '../parse-error-body.js';
import { textOf } from './json.js';

interface Meaning {
  readonly status: number;
  readonly kind: UpstreamErrorKind;
}

/** google.rpc.Code. */
const MEANINGS: ReadonlyMap<string, Meaning> = new Map<string, Meaning>([
  ['INVALID_ARGUMENT', { status: 400, kind: 'rejected' }],
  ['OUT_OF_RANGE', { status: 400, kind: 'rejected' }],
  // An unsupported location or missing billing: the endpoint's own state, whatever the request is.
  ['FAILED_PRECONDITION', { status: 400, kind: 'auth' }],
  ['UNAUTHENTICATED', { status: 401, kind: 'auth' }],
  ['PERMISSION_DENIED', { status: 403, kind: 'auth' }],
  ['NOT_FOUND', { status: 404, kind: 'model_missing' }],
  ['ABORTED', { status: 409, kind: 'conflict' }],
  ['ALREADY_EXISTS', { status: 409, kind: 'conflict' }],
  ['RESOURCE_EXHAUSTED', { status: 429, kind: 'rate_limited' }],
  ['CANCELLED', { status: 499, kind: 'try_later' }],
  ['INTERNAL', { status: 500, kind: 'server_error' }],
  ['UNKNOWN', { status: 500, kind: 'server_error' }],
  ['DATA_LOSS', { status: 500, kind: 'server_error' }],
  ['UNIMPLEMENTED', { status: 501, kind: 'model_missing' }],
  ['UNAVAILABLE', { status: 503, kind: 'overloaded' }],
  ['DEADLINE_EXCEEDED', { status: 504, kind: 'upstream_timeout' }],
]);
const KINDS: ReadonlySet<unknown> = new Set<UpstreamErrorKind>([
  'auth',
  'quota',
  'rate_limited',
  'overloaded',
  'server_error',
  'upstream_timeout',
  'try_later',
  'conflict',
  'model_missing',
  'rejected',
  'malformed',
]);
const LONGEST_MESSAGE = 1_000;

/** Reads an error body: Google's, one of this format's own chunks, or one of a router in between. */
export function decodeError(body: unknown, head?: ResponseHead): UpstreamErrorBody | undefined {
  const single: unknown = Array.isArray(body) && body.length === 1 ? body[0] : body;
  const error = isRecord(single) ? single['error'] : undefined;
  if (!isRecord(error)) return decodeForeignError(single);
  if (typeof error['status'] === 'number') return ownError(error);
  const word = textOf(error['status']);
  return word === undefined ? decodeForeignError(single) : googleError(error, word, head);
}

function ownError({ message, type, param, code, status, kind }: JsonObject): UpstreamErrorBody {
  return {
    message: textOf(message) ?? 'The upstream reported an error.',
    type: textOf(type) ?? null,
    param: textOf(param) ?? null,
    code: textOf(code) ?? null,
    status: Number(status),
    ...(KINDS.has(kind) && { kind: kind as UpstreamErrorKind }),
  };
}

function googleError(error: JsonObject, word: string, head: ResponseHead | undefined): UpstreamErrorBody {
  const meaning = MEANINGS.get(word);
  const details = Array.isArray(error['details']) ? error['details'].filter(isRecord) : [];
  const text = textOf(error['message']) ?? word;
  const status = statusOf(error['code']) ?? meaning?.status ?? head?.status;
  const kind = refinedKind(meaning?.kind, text, details);
  const retryAfterMs = waitOf(details, text);
  return {
    message: publicMessage(text),
    type: null,
    // Paths of Google's count merged turns and would name the wrong message.
    param: null,
    code: word,
    ...(status !== undefined && { status }),
    ...(kind !== undefined && { kind }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  };
}

function statusOf(code: unknown): number | undefined {
  return Number.isInteger(code) && Number(code) >= 400 && Number(code) <= 599 ? Number(code) : undefined;
}

function refinedKind(
  kind: UpstreamErrorKind | undefined,
  message: string,
  details: readonly JsonObject[],
): UpstreamErrorKind | undefined {
  if (kind === 'rejected' && isKeyRefused(message, details)) return 'auth';
  if (kind === 'rate_limited' && isDailyQuota(message, details)) return 'quota';
  return kind;
}

/** A refused key comes with status 400. */
function isKeyRefused(message: string, details: readonly JsonObject[]): boolean {
  if (details.some(({ reason }) => typeof reason === 'string' && reason.startsWith('API_KEY_'))) return true;
  return /^API key (?:not valid|expired)/.test(message);
}

/** A limit per day, or of nothing at all, does not pass within minutes. */
function isDailyQuota(message: string, details: readonly JsonObject[]): boolean {
  if (/\blimit: 0(?![\d.])/.test(message)) return true;
  const violations = details.flatMap((detail) => (Array.isArray(detail['violations']) ? detail['violations'] : []));
  return violations.some(
    (one) => isRecord(one) && typeof one['quotaId'] === 'string' && one['quotaId'].includes('PerDay'),
  );
}

/** Google sends no `retry-after` header: the wait is in `RetryInfo`, or only in the message. */
function waitOf(details: readonly JsonObject[], message: string): number | undefined {
  const delay = details.map(({ retryDelay }) => retryDelay).find((one) => typeof one === 'string');
  return (
    milliseconds(delay ?? '') ?? milliseconds(/\bretry in ((?:[\d.]+(?:ms|[hms])){1,3})/i.exec(message)?.[1] ?? '')
  );
}

const UNITS: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1_000, ms: 1 };

/** `13.38s`, `1m30s`, `500ms` in milliseconds. */
function milliseconds(duration: string): number | undefined {
  const match = /^(?:\d{1,9}(?:\.\d{1,12})?(?:ms|[hms]))+$/.test(duration);
  if (!match) return undefined;
  let sum = 0;
  for (const [, amount, unit] of duration.matchAll(/(\d+(?:\.\d+)?)(ms|[hms])/g)) sum += Number(amount) * UNITS[unit!]!;
  return Math.round(sum);
}

/** Names of the operator's projects and accounts are not for clients. */
function publicMessage(message: string): string {
  const cleaned = message
    .replaceAll(
      /\b(projects?|folders|organizations)([/ :_-]+)(?:number[: ]+)?(?:\d{5,}|(?<=\/)[a-z0-9:.-]+)/gi,
      '$1$2…',
    )
    .replaceAll(/\bAIza[\w-]{10,}/g, '…');
  return cleaned.length > LONGEST_MESSAGE ? `${cleaned.slice(0, LONGEST_MESSAGE - 1)}…` : cleaned;
}
