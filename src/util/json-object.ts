/** A JSON object with unknown members. */
export type JsonObject = { [key: string]: unknown };

/** No model gives more choices, and no choice more tool calls, than this. */
const MAX_INDEX = 127;

export function isRecord(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `value` where it may be used as an array index: an upstream's 4294967294 must not grow an array. */
export function arrayIndex(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= MAX_INDEX ? value : undefined;
}

/**
 * The `index` member of a choice or a tool call as upstreams write it: a number or its digits. `'absent'` for null and
 * undefined, `'invalid'` for everything that must not become an array index.
 */
export function indexIn(value: unknown): number | 'absent' | 'invalid' {
  if (value === undefined || value === null) return 'absent';
  const number = typeof value === 'string' && /^\d{1,3}$/.test(value) ? Number(value) : value;
  return arrayIndex(number) ?? 'invalid';
}

/** `value` where it is a non-empty string. */
export function filledText(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** Copies the members of `source` into `target`, except `null` and `undefined`. */
export function mergeDefined(target: JsonObject, source: JsonObject, except: ReadonlySet<string> = NOTHING): void {
  for (const key of Object.keys(source)) {
    // Assigned, `__proto__` would become the target's prototype.
    if (key === '__proto__' || except.has(key)) continue;
    const value = source[key];
    if (value !== null && value !== undefined) target[key] = value;
  }
}

const NOTHING: ReadonlySet<string> = new Set();
