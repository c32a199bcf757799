import { isRecord } from '../../util/json-object.js';

/** In lib.es2023 these are missing; every supported Node has them. */
const lossless = JSON as typeof JSON & {
  parse(
    text: string,
    reviver: (key: string, value: unknown, context: { readonly source?: string }) => unknown,
  ): unknown;
  rawJSON(text: string): object;
  isRawJSON(value: unknown): boolean;
};

/** JSON that nests deeper is treated as text, because serialising it could exhaust the stack. */
const MAX_DEPTH = 128;

/** More digits than a double keeps. */
const LONG_NUMBER = /\d{16}|\d\.\d{15}|[eE][+-]?\d{3}/;

/** The JSON object that `text` holds, with long numbers intact. `undefined`: it holds none, or nests too deeply. */
export function parseJsonObject(text: string): object | undefined {
  if (!/^\s*\{/.test(text)) return undefined;
  try {
    const value = LONG_NUMBER.test(text) ? lossless.parse(text, keepDigits) : (JSON.parse(text) as unknown);
    return isRecord(value) && isShallow(value, MAX_DEPTH) ? value : undefined;
  } catch {
    return undefined;
  }
}

function keepDigits(_key: string, value: unknown, { source }: { readonly source?: string }): unknown {
  return typeof value === 'number' && source !== undefined && source !== String(value)
    ? lossless.rawJSON(source)
    : value;
}

function isShallow(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  if (levels === 0) return false;
  return Object.values(value).every((inner) => isShallow(inner, levels - 1));
}

/** A number that was kept as text because a double would lose digits of it. */
export function isLongNumber(value: unknown): boolean {
  return lossless.isRawJSON(value);
}

/** A member's number, also where its digits were kept. `undefined`: absent, null or no number. */
export function numberOf(value: unknown): number | undefined {
  if (isLongNumber(value)) return Number(JSON.stringify(value));
  return typeof value === 'number' ? value : undefined;
}

/** A text as it is; anything else as none. Conversions of unknown objects may throw. */
export function stringOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** A text that says something. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
