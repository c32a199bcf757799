import { nearest } from './suggest.js';
import { isRecord } from '../util/json-object.js';

/**
 * The error of an invalid option: names its path, the value received, and what it must be.
 * @param rule - `must be …`
 */
export function optionError(path: string, rule: string, value?: unknown): TypeError {
  const received = value === undefined ? '' : `, got ${formatValue(value)}`;
  return new TypeError(`${path} ${rule}${received}.`);
}

/**
 * `value` as an object whose members are all known, for the few options that no table describes.
 * @throws TypeError with a suggestion where the name looks misspelt
 */
export function knownMembers(
  path: string,
  value: unknown,
  known: readonly string[],
  member = 'option',
): Record<string, unknown> {
  const members = anyMembers(path, value);
  for (const key of Object.keys(members)) {
    if (!known.includes(key)) throw unknownOption(`${path}: unknown ${member}`, key, nameHint(key, known));
  }
  return members;
}

/** What to suggest for an unknown name. */
export function nameHint(name: string, known: readonly string[]): string {
  if (known.length === 0) return 'It takes no options.';
  const near = nearest(name, known);
  return near === undefined ? `Known: ${known.join(', ')}.` : `Did you mean "${near}"?`;
}

/** The error of an unknown option: its code can be looked up in `docs/diagnostics.md`. */
export function unknownOption(what: string, name: string, hint: string): TypeError {
  return Object.assign(new TypeError(`${what} ${formatValue(name)}. ${hint}`), { code: 'NORDLYS_UNKNOWN_OPTION' });
}

/** Options often come from JSON, so `null` means "not set", as `undefined` does. */
export function isUnset(value: unknown): value is undefined | null {
  return value === undefined || value === null;
}

export function anyMembers(path: string, value: unknown): Record<string, unknown> {
  if (!isRecord(value)) throw optionError(path, 'must be an object', value);
  return value;
}

export function boolean(path: string, value: unknown): boolean {
  if (typeof value !== 'boolean') throw optionError(path, 'must be true or false', value);
  return value;
}

/** A non-empty string that is valid in a header and in a log line. */
export function text(path: string, value: unknown): string {
  if (typeof value !== 'string' || value.trim() === '') throw optionError(path, 'must be a non-empty string', value);
  if (hasControlCharacter(value)) throw optionError(path, 'must not contain control characters');
  return value;
}

export function oneOf<T extends string>(path: string, value: unknown, words: readonly T[]): T {
  const word = words.find((candidate) => candidate === value);
  if (word === undefined) throw optionError(path, `must be one of ${words.map((w) => `"${w}"`).join(', ')}`, value);
  return word;
}

export function count(path: string, value: unknown, unit: string): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 1) {
    throw optionError(path, `must be a whole number of ${unit}, 1 or more`, value);
  }
  return value;
}

/** Longer timers overflow in Node and fire at once. */
const LONGEST_TIMER_MS = 2_147_483_647;

export function milliseconds(path: string, value: unknown): number {
  if (typeof value !== 'number' || !(value > 0) || value > LONGEST_TIMER_MS) {
    throw optionError(path, `must be a number of milliseconds between 1 and ${LONGEST_TIMER_MS}`, value);
  }
  return value;
}

export function texts(path: string, value: unknown): readonly string[] {
  if (!Array.isArray(value)) throw optionError(path, 'must be a list of strings', value);
  return value.map((entry: unknown, index) => text(`${path}[${index}]`, entry));
}

export function optionalCount(path: string, value: unknown, unit: string): number | undefined {
  return isUnset(value) ? undefined : count(path, value, unit);
}

export function hasControlCharacter(value: string): boolean {
  for (let index = 0; index < value.length; index++) {
    const unit = value.charCodeAt(index);
    if (unit < 0x20 || unit === 0x7f) return true;
  }
  return false;
}

/** A value as error messages show it: short, and never a whole object. */
export function formatValue(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'an object';
  if (typeof value === 'function') return 'a function';
  const printed = typeof value === 'string' ? JSON.stringify(value) : String(value);
  return printed.length > 100 ? `${printed.slice(0, 97)}…` : printed;
}
