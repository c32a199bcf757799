import { GatewayError, type GatewayErrorCode } from '../../errors/gateway-error.js';
import { formatValue } from '../../options/checks.js';
import { didYouMean } from '../../options/suggest.js';
import { isRecord } from '../../util/json-object.js';

/**
 * Reads the value of a preference. `undefined`, `null`, `''` and `[]` all mean "not set", because clients generated
 * from typed languages cannot leave a member out.
 */
export type Reader<T> = (value: unknown, path: string) => T | undefined;

/** The error of an invalid value at `path` of the request. */
export function fault(code: GatewayErrorCode, path: string, message: string): GatewayError {
  return new GatewayError(code, `Invalid value for '${path}': ${message}`, { param: path });
}

export function wrongType(path: string, expected: string): GatewayError {
  return new GatewayError('invalid_type', `Invalid type for '${path}': expected ${expected}.`, { param: path });
}

/** A list of strings, in lower case. */
export function words(value: unknown, path: string): readonly string[] | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  if (!Array.isArray(value)) throw wrongType(path, 'a list of strings');
  if (value.length > MAX_ENTRIES) {
    throw fault('array_above_max_length', path, `at most ${MAX_ENTRIES} entries are allowed.`);
  }
  if (value.length === 0) return undefined;
  return value.map((entry: unknown, index) => {
    if (typeof entry !== 'string') throw wrongType(`${path}[${index}]`, 'a string');
    return entry.toLowerCase();
  });
}

const MAX_ENTRIES = 1_000;

export function flag(value: unknown, path: string): boolean | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'boolean') throw wrongType(path, 'true or false');
  return value;
}

/** A reader of one of the strings `allowed`. */
export function oneOf<T extends string>(allowed: readonly T[]): Reader<T> {
  return function readWord(value, path) {
    if (value === undefined || value === null || value === '') return undefined;
    if (typeof value !== 'string') throw wrongType(path, 'a string');
    const word = allowed.find((candidate) => candidate === value);
    if (word !== undefined) return word;
    throw fault(
      'invalid_value',
      path,
      `${formatValue(value)} is not one of ${allowed.map((w) => `"${w}"`).join(', ')}.`,
    );
  };
}

/** A number, 0 or more. 0 is a limit as well. */
export function amount(value: unknown, path: string): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'number' || !Number.isFinite(value)) throw wrongType(path, 'a number');
  if (value < 0) throw fault('decimal_below_min_value', path, 'it must be 0 or more.');
  return value;
}

/** As `amount`, also as a string of decimal digits. */
export function amountOrText(value: unknown, path: string): number | undefined {
  if (typeof value !== 'string') return amount(value, path);
  if (value === '') return undefined;
  if (!DECIMAL.test(value)) throw wrongType(path, 'a number or a decimal text');
  return amount(Number(value), path);
}

const DECIMAL = /^\d{1,20}(?:\.\d{1,20})?(?:[eE][+-]?\d{1,3})?$/;

/** Thresholds for measured percentiles. */
export interface Cutoffs {
  readonly p50: number | undefined;
  readonly p75: number | undefined;
  readonly p90: number | undefined;
  readonly p99: number | undefined;
}

/** Thresholds: a number for the median, or an object of several percentiles. */
export function cutoffs(value: unknown, path: string): Cutoffs | undefined {
  if (value === undefined || value === null) return undefined;
  if (!isRecord(value)) return { ...NO_CUTOFFS, p50: amount(value, path) };
  onlyKnown(value, path, PERCENTILES);
  const read = (name: keyof Cutoffs) => amount(value[name], `${path}.${name}`);
  const all = { p50: read('p50'), p75: read('p75'), p90: read('p90'), p99: read('p99') };
  return Object.values(all).every((cutoff) => cutoff === undefined) ? undefined : all;
}

export const PERCENTILES = ['p50', 'p75', 'p90', 'p99'] as const satisfies readonly (keyof Cutoffs)[];
const NO_CUTOFFS: Cutoffs = { p50: undefined, p75: undefined, p90: undefined, p99: undefined };

/** Refuses unknown members, because a misplaced preference must not be ignored silently. */
export function onlyKnown(value: Readonly<Record<string, unknown>>, path: string, known: readonly string[]): void {
  for (const key of Object.keys(value)) {
    if (known.includes(key)) continue;
    throw unknownParameter(`${path}.`, key, known);
  }
}

/** The error of an unknown member, with a suggestion. */
export function unknownParameter(before: string, key: string, known: readonly string[]): GatewayError {
  const place = before + formatValue(key).slice(1, -1);
  const hint = didYouMean(key, known) || ` Known: ${known.join(', ')}.`;
  return new GatewayError('unknown_parameter', `Unknown parameter: '${place}'.${hint}`, { param: place });
}
