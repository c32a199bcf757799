/** The type of `value` for messages that must not show it. */
export function jsonTypeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty array' : 'an array';
  switch (typeof value) {
    case 'object':
      return 'an object';
    case 'number':
      if (!Number.isFinite(value)) return 'a number that is too large';
      return Number.isInteger(value) ? 'an integer' : 'a decimal number';
    case 'undefined':
      return 'nothing';
    default:
      return `a ${typeof value}`;
  }
}
