import type { UpstreamErrorBody } from '../contracts/provider.js';

/** More of a message than this helps nobody and may be a whole page. */
const LONGEST_MESSAGE = 1_000;

/** Anthropic's types, for errors that come inside a stream where no status line can say more. */
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
 * What an error body says, whoever wrote it: OpenAI's envelope, Anthropic's, OpenRouter's with a numeric `code`,
 * Google's list of one, FastAPI's `detail`, a bare `message`, or a text where the object should be.
 */
export function decodeError(body: unknown): UpstreamErrorBody | undefined {
  return decodeNested(body, DEEPEST_NESTING);
}

/** Routers wrap routers; a body that nests deeper was made to hurt. */
const DEEPEST_NESTING = 4;

function decodeNested(body: unknown, levels: number): UpstreamErrorBody | undefined {
  if (levels === 0) return undefined;
  if (Array.isArray(body)) return body.length === 1 ? decodeNested(body[0], levels - 1) : undefined;
  if (!isObject(body)) return undefined;
  const error = body['error'];
  if (isObject(error)) return fromErrorObject(error, levels, body['type'] === 'error');
  const message = textOf(error) ?? textOf(body['message']) ?? detailOf(body['detail']);
  return message === undefined ? undefined : { ...hintsOf(body), message: shortened(message) };
}

/** @param isAnthropic - its types stand for statuses; OpenAI's do not (a 404 is an `invalid_request_error` there). */
function fromErrorObject(error: JsonObject, levels: number, isAnthropic: boolean): UpstreamErrorBody | undefined {
  const message = messageOf(error, levels);
  const hints = hintsOf(error, isAnthropic ? ANTHROPIC_STATUSES : NO_STATUSES);
  if (message === undefined && hints.code === null && hints.type === null) return undefined;
  return { ...hints, message: shortened(message ?? hints.code ?? hints.type ?? '') };
}

type JsonObject = Readonly<Record<string, unknown>>;
type Hints = Omit<UpstreamErrorBody, 'message'>;

/** Everything but the message. A number in `code` is a status, as OpenRouter, vLLM and Google write it. */
function hintsOf(error: JsonObject, statuses = NO_STATUSES): Hints {
  const type = textOf(error['type']) ?? null;
  const param = textOf(error['param']) ?? null;
  const status = statusOf(error['code']) ?? (type === null ? undefined : statuses.get(type));
  const code = statusOf(error['code']) === undefined ? (textOf(error['code']) ?? null) : wordForCode(error);
  return { type, param, code, ...(status === undefined ? {} : { status }) };
}

function statusOf(code: unknown): number | undefined {
  const status = typeof code === 'string' && /^[1-5]\d\d$/.test(code) ? Number(code) : code;
  return Number.isInteger(status) && Number(status) >= 400 && Number(status) <= 599 ? Number(status) : undefined;
}

/** The word that stands beside a numeric code: OpenRouter's `metadata.error_type`, Google's `status`. */
function wordForCode(error: JsonObject): string | null {
  const metadata = error['metadata'];
  const word = isObject(metadata) ? textOf(metadata['error_type']) : undefined;
  return word ?? textOf(error['status']) ?? null;
}

/** The message; where a router only says that its provider failed, what that provider said. */
function messageOf(error: JsonObject, levels: number): string | undefined {
  const message = textOf(error['message']) ?? detailOf(error['detail']);
  const metadata = error['metadata'];
  if (!isObject(metadata)) return message;
  const cause = causeOf(metadata['raw'], levels);
  if (cause === undefined || message === undefined) return cause ?? message;
  return message.includes(cause) ? message : `${message}: ${cause}`;
}

/** `metadata.raw` is an object, JSON text or plain text. */
function causeOf(raw: unknown, levels: number): string | undefined {
  const value = typeof raw === 'string' ? parsed(raw) : raw;
  return typeof value === 'string' ? textOf(value) : decodeNested(value, levels - 1)?.message;
}

function parsed(text: string): unknown {
  if (!/^\s*[[{]/.test(text)) return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/** FastAPI's `detail`: a text, or a list of `{ loc, msg }`. */
function detailOf(detail: unknown): string | undefined {
  if (!Array.isArray(detail)) return textOf(detail);
  const faults = detail.slice(0, 5).map(faultOf);
  const known = faults.filter((fault) => fault !== undefined);
  return known.length === 0 ? undefined : known.join('; ');
}

function faultOf(fault: unknown): string | undefined {
  if (!isObject(fault)) return textOf(fault);
  const message = textOf(fault['msg']);
  const place = Array.isArray(fault['loc']) ? fault['loc'].filter(isStep).join('.') : '';
  return message === undefined || place === '' ? message : `${place}: ${message}`;
}

function isStep(step: unknown): boolean {
  return typeof step === 'number' || (typeof step === 'string' && step !== 'body');
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value : undefined;
}

function shortened(message: string): string {
  return message.length > LONGEST_MESSAGE ? `${message.slice(0, LONGEST_MESSAGE - 1)}…` : message;
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
