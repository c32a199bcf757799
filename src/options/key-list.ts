/**
 * A list of keys that an HTTP header can carry. Messages name the fault of a key, without the key.
 * @param hint - what else could be meant, for lists that are empty or none
 */
export function keyList(path: string, value: unknown, hint = ''): readonly string[] {
  if (!Array.isArray(value) || value.length === 0) {
    throw new TypeError(`${path} must be a non-empty list of strings.${hint}`);
  }
  return value.map((key: unknown, index) => checkKey(`${path}[${index}]`, key));
}

const KEY = /^[\x21-\x2b\x2d-\x7e]{1,512}$/;

function checkKey(path: string, key: unknown): string {
  if (typeof key === 'string' && KEY.test(key)) return key;
  throw new TypeError(
    `${path} must be 1 to 512 printable ASCII characters without space or comma, got ${describe(key)}. Is its environment variable set?`,
  );
}

function describe(key: unknown): string {
  if (typeof key !== 'string') return typeof key;
  if (key === '') return 'an empty string';
  return key.length > 512 ? `${key.length} characters` : 'a string with a character that no header can carry';
}
