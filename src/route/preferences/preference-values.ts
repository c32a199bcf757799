import { GatewayError, type GatewayErrorCode } from '../../errors/gateway-error.js';
import { formatValue } from '../../options/checks.js';
import { didYouMean } from '../../options/suggest.js';
import { isRecord } from '../../util/json-object.js';

/**
 * Readers of what callers may write into a preference: `undefined` means "not set", which `null`, `''` and `[]` mean too,
 * as clients generated from typed languages cannot leave a member out.
 */
export type Reader<T> = (value: unknown, path: string) => T | undefined;

/** A fault of the request's field at `path`. */
export function fault(code: GatewayErrorCode, path: string, message: string): GatewayError {
  return new GatewayError(code, `Invalid value for '${path}': ${message}`, { param: path });
}

export function wrongType(path: string, expected: string): GatewayError {
  return new GatewayError('invalid_type', `Invalid type for '${path}': expected ${expected}.`, { param: path });
}

/** A list of words in lower case. */
export function words(value: unknown, path: string): readonly string[] | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  if (!Array.isArray(value)) throw wrongType(path, 'a list of strings');
  if (value.length > LONGEST_LIST) {
    throw fault('array_above_max_length', path, `at most ${LONGEST_LIST} entries are read.`);
  }
  if (value.length === 0) return undefined;
  return value.map((entry: unknown, index) => {
    if (typeof entry !== 'string') throw wrongType(`${path}[${index}]`, 'a string');
    return entry.toLowerCase();
  });
}

const LONGEST_LIST = 1_000;

export function flag(value: unknown, path: string): boolean | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'boolean') throw wrongType(path, 'true or false');
  return value;
}

/** A reader of one word out of `allowed`. */
export function oneOf<T extends string>(allowed: readonly T[]): Reader<T> {
  return function readWord(value, path) {
    if (value === undefined || value === null || value === '') return undefined;
    if (typeof value !== 'string') throw wrongType(path, 'a string');
    const word = allowed.find((candidate) => candidate === value);
    if (word !== undefined) return word;
    throw fault('invalid_value', path, `${formatValue(value)} is none of ${allowed.map((w) => `"${w}"`).join(', ')}.`);
  };
}

/** A number that is 0 or more. 0 is a real limit. */
export function amount(value: unknown, path: string): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'number' || !Number.isFinite(value)) throw wrongType(path, 'a number');
  if (value < 0) throw fault('decimal_below_min_value', path, 'it must be 0 or more.');
  return value;
}

/** The same, written as a number or as decimal text. */
export function amountOrText(value: unknown, path: string): number | undefined {
  if (typeof value !== 'string') return amount(value, path);
  if (value === '') return undefined;
  if (!DECIMAL.test(value)) throw wrongType(path, 'a number or a decimal text');
  return amount(Number(value), path);
}

const DECIMAL = /^\d{1,20}(?:\.\d{1,20})?(?:[eE][+-]?\d{1,3})?$/;

/** What must hold of a measured percentile, by percentile. */
export interface Cutoffs {
  readonly p50: number | undefined;
  readonly p75: number | undefined;
  readonly p90: number | undefined;
  readonly p99: number | undefined;
}

/** One number is meant for the median; an object may name several percentiles. */
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

/** Refuses members that nobody would read: a preference in the wrong place must not be lost without a word. */
export function onlyKnown(value: Readonly<Record<string, unknown>>, path: string, known: readonly string[]): void {
  for (const key of Object.keys(value)) {
    if (known.includes(key)) continue;
    throw unknownParameter(`${path}.`, key, known);
  }
}

/** Names the member that nobody reads, and the one that was probably meant. */
export function unknownParameter(before: string, key: string, known: readonly string[]): GatewayError {
  const place = before + formatValue(key).slice(1, -1);
  const hint = didYouMean(key, known) || ` Known: ${known.join(', ')}.`;
  return new GatewayError('unknown_parameter', `Unknown parameter: '${place}'.${hint}`, { param: place });
}
