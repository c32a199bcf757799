import { isExactNumber } from '../../json/exact-numbers.js';

/** A member's number, also where its digits were kept. `undefined`: absent, null or no number. */
export function numberOf(value: unknown): number | undefined {
  if (isExactNumber(value)) return Number(JSON.stringify(value));
  return typeof value === 'number' ? value : undefined;
}

/** A text as it is; anything else as none. Conversions of unknown objects may throw. */
export function stringOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** A text that is not empty. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
