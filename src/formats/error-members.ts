import type { UpstreamErrorKind } from '../contracts/wire-format.js';
import { isRecord } from '../util/json-object.js';

export type JsonObject = Readonly<Record<string, unknown>>;

const MESSAGES = [
  'message',
  'Message',
  'msg',
  'error_msg',
  'error_message',
  'err_msg',
  'errorMessage',
  'status_msg',
  'error_description',
];
const CODES = ['code', 'error_code', 'err_code', 'errorCode', 'errcode', 'status_code', '__type'];
const TYPES = ['type', 'error_type'];
const STATUSES = ['code', 'status', 'statusCode', 'status_code', 'http_status', 'raw_status_code'];
/** Codes of success, in envelopes that always have a code. */
const NO_CODES: ReadonlySet<string> = new Set(['', '0', '200']);

/** The message of an error object, under any of the known names. */
export function messageIn(error: JsonObject): string | undefined {
  return firstText(error, MESSAGES);
}

export function typeIn(error: JsonObject): string | undefined {
  return firstText(error, TYPES);
}

/** The status that the error itself names: OpenRouter, vLLM and Google write it into `code`, others beside it. */
export function statusIn(error: JsonObject): number | undefined {
  for (const name of STATUSES) {
    const status = statusOf(error[name]);
    if (status !== undefined) return status;
  }
  return undefined;
}

/** The code as a word or as a number of the provider's own; a number that is an HTTP status is not one. */
export function codeIn(error: JsonObject): string | undefined {
  for (const name of CODES) {
    const code = error[name];
    const text = Number.isSafeInteger(code) ? String(code) : textOf(code);
    if (text === undefined || NO_CODES.has(text) || statusOf(text) !== undefined) continue;
    // AWS writes `namespace#Name`.
    return text.slice(text.lastIndexOf('#') + 1);
  }
  return undefined;
}

/** FastAPI's `detail`: a text, or a list of `{ loc, msg }`. */
export function detailOf(detail: unknown): string | undefined {
  if (!Array.isArray(detail)) return textOf(detail);
  const faults = detail.slice(0, 5).map(faultOf);
  const known = faults.filter((fault) => fault !== undefined);
  return known.length === 0 ? undefined : known.join('; ');
}

/** MiniMax's codes, which come with status 200 more often than not. */
const MINIMAX_KINDS: ReadonlyMap<number, UpstreamErrorKind> = new Map([
  [1000, 'server_error'],
  [1001, 'server_error'],
  [1002, 'rate_limited'],
  [1004, 'auth'],
  [1008, 'quota'],
  [1013, 'server_error'],
  [1024, 'server_error'],
  [1026, 'rejected'],
  [1027, 'rejected'],
  [1033, 'server_error'],
  [1039, 'rate_limited'],
  [1041, 'rate_limited'],
  [2013, 'rejected'],
  [2049, 'auth'],
  [2056, 'rate_limited'],
]);

/** What MiniMax's `base_resp` means: its numbers mean other things at other providers. */
export function minimaxKind(base: JsonObject): UpstreamErrorKind | undefined {
  return MINIMAX_KINDS.get(Number(base['status_code']));
}

/** Reasons beside the code: Google's `reason`, Azure's inner code, Anthropic's `error_code`. */
export function reasonsIn(error: JsonObject): string[] {
  const { details, innererror, metadata } = error;
  const found: unknown[] = [isRecord(innererror) ? innererror['code'] : undefined];
  for (const detail of Array.isArray(details) ? details.slice(0, 10) : [details]) {
    if (!isRecord(detail)) continue;
    found.push(detail['reason'], detail['error_code']);
    const { violations } = detail;
    if (Array.isArray(violations)) for (const each of violations.slice(0, 5)) found.push(quotaOf(each));
  }
  if (isRecord(metadata) && Array.isArray(metadata['reasons'])) found.push('flagged_input');
  return found.filter((reason) => typeof reason === 'string');
}

/** Google names its limits `…PerDayPerProject…` and `…PerMinute…`. */
function quotaOf(violation: unknown): string | undefined {
  return isRecord(violation) && String(violation['quotaId']).includes('PerDay') ? 'quota_per_day' : undefined;
}

export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value : undefined;
}

function firstText(error: JsonObject, names: readonly string[]): string | undefined {
  for (const name of names) {
    const text = textOf(error[name]);
    if (text !== undefined) return text;
  }
  return undefined;
}

function statusOf(value: unknown): number | undefined {
  const status = typeof value === 'string' && /^[1-5]\d\d$/.test(value) ? Number(value) : value;
  return Number.isInteger(status) && Number(status) >= 400 && Number(status) <= 599 ? Number(status) : undefined;
}

function faultOf(fault: unknown): string | undefined {
  if (!isRecord(fault)) return textOf(fault);
  const message = textOf(fault['msg']);
  const place = Array.isArray(fault['loc']) ? fault['loc'].filter(isStep).join('.') : '';
  return message === undefined || place === '' ? message : `${place}: ${message}`;
}

function isStep(step: unknown): boolean {
  return typeof step === 'number' || (typeof step === 'string' && step !== 'body');
}
