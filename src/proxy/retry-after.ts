type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** Longer waits, of more than a month, are taken for a mistake and ignored; in milliseconds. */
const LONGEST_MS = 31 * 86_400_000;
const DECIMAL = /^\d{1,12}(?:\.\d{1,6})?$/;

/**
 * How long an upstream asks to wait, in milliseconds; `undefined`: it does not ask. Reads `retry-after-ms` and
 * `x-ms-retry-after-ms` before `retry-after` (seconds, or a date: RFC 9110 §10.2.3). A date is compared with the
 * response's own `date` header, so that it does not matter whether the two clocks agree.
 */
export function readRetryAfter(headers: Headers, wallNow: number): number | undefined {
  return (
    milliseconds(first(headers['retry-after-ms']), 1) ??
    milliseconds(first(headers['x-ms-retry-after-ms']), 1) ??
    milliseconds(first(headers['retry-after']), 1_000) ??
    untilDate(first(headers['retry-after']), first(headers['date']), wallNow)
  );
}

/** Headers that ask a client to wait `waitMs`. SDKs read the one in milliseconds first. */
export function retryAfterHeaders(waitMs: number): { 'retry-after': string; 'retry-after-ms': string } {
  return { 'retry-after': String(Math.max(1, Math.ceil(waitMs / 1_000))), 'retry-after-ms': String(Math.ceil(waitMs)) };
}

function milliseconds(text: string | undefined, unit: number): number | undefined {
  if (text === undefined || !DECIMAL.test(text)) return undefined;
  return bounded(Number(text) * unit);
}

function untilDate(text: string | undefined, sentAt: string | undefined, wallNow: number): number | undefined {
  // `Date.parse` accepts far more than HTTP dates.
  if (text === undefined || !/^[A-Z][a-z]{2}, .* GMT$/.test(text)) return undefined;
  const moment = Date.parse(text);
  if (Number.isNaN(moment)) return undefined;
  const base = sentAt === undefined ? Number.NaN : Date.parse(sentAt);
  return bounded(Math.max(0, moment - (Number.isNaN(base) ? wallNow : base)));
}

function bounded(ms: number): number | undefined {
  return ms > LONGEST_MS ? undefined : ms;
}

/** The first of several values. A date contains a comma as well, and is recognised by its weekday. */
function first(value: string | string[] | undefined): string | undefined {
  const text = Array.isArray(value) ? value[0] : value;
  if (text === undefined) return undefined;
  return (/^[A-Z]/.test(text) ? text : text.slice(0, text.includes(',') ? text.indexOf(',') : undefined)).trim();
}
