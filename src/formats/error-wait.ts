import { isRecord } from '../util/json-object.js';

type JsonObject = Readonly<Record<string, unknown>>;

/** A wait beyond a month is a mistake, not a wait. */
const LONGEST_WAIT_MS = 31 * 86_400_000;

const SECONDS_MEMBERS = ['retry_after', 'retryAfter', 'retry_after_seconds', 'retryAfterSeconds', 'estimated_time'];
const MS_MEMBERS = ['retry_after_ms', 'retryAfterMs'];
const DURATION_MEMBERS = ['retryDelay', 'retry_delay'];

/** "try again in 34.07s", "Please retry after 20 seconds", "Please wait 2 minutes": the phrases before a wait. */
const ANNOUNCED =
  /\b(?:(?:try|retry)(?: again| your request)?|(?:is |expected )?available|resets?|wait)(?: again)?(?: in| after| for)?:? (?:about |another |at least )?(\d.{0,40})/i;
/** The header, repeated in a text. */
const HEADER_IN_TEXT = /\bretry[-_]after["']?\s?[:=]\s?"?(\d{1,9}(?:\.\d{1,9})?)/i;
const PART =
  /^(\d{1,9}(?:\.\d{1,9})?) ?(ms|milliseconds?|s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?)(?![a-z])[ ,]*/i;

/**
 * How long an error asks to wait, in milliseconds: a `retry_after` member (seconds), Google's `RetryInfo`, or the
 * message ("Please try again in 6m0s"). `undefined`: no wait is stated.
 */
export function waitOf(error: JsonObject, message: string | undefined): number | undefined {
  const ms =
    waitOfMembers(error) ??
    waitOfMembers(objectOf(error['metadata'])) ??
    waitOfHeaders(objectOf(error['metadata'])?.['headers']) ??
    waitOfDetails(error['details']) ??
    waitOfText(message);
  return ms === undefined || ms > LONGEST_WAIT_MS ? undefined : ms;
}

function waitOfMembers(members: JsonObject | undefined): number | undefined {
  if (members === undefined) return undefined;
  for (const name of MS_MEMBERS) {
    const ms = numberOf(members[name]);
    if (ms !== undefined) return ms;
  }
  for (const name of SECONDS_MEMBERS) {
    const seconds = numberOf(members[name]);
    if (seconds !== undefined) return seconds * 1_000;
    if (typeof members[name] === 'string') return durationOf(members[name]);
  }
  for (const name of DURATION_MEMBERS) {
    const ms = protoDuration(members[name]);
    if (ms !== undefined) return ms;
  }
  return undefined;
}

/** OpenRouter repeats the headers of its provider in `metadata.headers`. */
function waitOfHeaders(headers: unknown): number | undefined {
  for (const [name, value] of Object.entries(objectOf(headers) ?? {})) {
    const seconds = name.toLowerCase() === 'retry-after' ? numberOf(value) : undefined;
    if (seconds !== undefined) return seconds * 1_000;
  }
  return undefined;
}

/** Google puts `RetryInfo` into a list of details, each with a type of its own. */
function waitOfDetails(details: unknown): number | undefined {
  if (!Array.isArray(details)) return waitOfMembers(objectOf(details));
  for (const detail of details.slice(0, 10)) {
    const ms = waitOfMembers(objectOf(detail));
    if (ms !== undefined) return ms;
  }
  return undefined;
}

/** protobuf's `Duration`: `"34.07s"`, or `{ seconds, nanos }`; a bare number is seconds. */
function protoDuration(value: unknown): number | undefined {
  const bare = numberOf(value);
  if (bare !== undefined) return bare * 1_000;
  if (typeof value === 'string') return durationOf(value);
  const duration = objectOf(value);
  if (duration === undefined) return undefined;
  const seconds = numberOf(duration['seconds'] ?? 0);
  const nanos = numberOf(duration['nanos'] ?? 0);
  return seconds === undefined || nanos === undefined ? undefined : seconds * 1_000 + nanos / 1e6;
}

function waitOfText(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const announced = ANNOUNCED.exec(text);
  if (announced !== null) return durationOf(announced[1]!);
  const seconds = HEADER_IN_TEXT.exec(text);
  return seconds === null ? undefined : Number(seconds[1]) * 1_000;
}

/** `450ms`, `34.07s`, `1h2m3.5s`, `2 minutes`: all parts at the beginning of `text`, together. */
function durationOf(text: string): number | undefined {
  let rest = text.trimStart();
  let total: number | undefined;
  for (let part = PART.exec(rest); part !== null; part = PART.exec(rest)) {
    total = (total ?? 0) + Number(part[1]) * unitMs(part[2]!.toLowerCase());
    rest = rest.slice(part[0].length);
  }
  return total;
}

function unitMs(unit: string): number {
  if (unit === 'ms' || unit.startsWith('milli')) return 1;
  if (unit.startsWith('s')) return 1_000;
  if (unit.startsWith('m')) return 60_000;
  return unit.startsWith('h') ? 3_600_000 : 86_400_000;
}

function numberOf(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^\d{1,12}(?:\.\d{1,9})?$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) && number >= 0 ? number : undefined;
}

function objectOf(value: unknown): JsonObject | undefined {
  return isRecord(value) ? value : undefined;
}
