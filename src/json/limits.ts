/**
 * Deepest nesting of objects and arrays. Far above that of any real request, and far below the depth at which
 * `JSON.stringify` or a recursive walk overflows the stack.
 */
export const MAX_DEPTH = 512;

/** Most tokens of a JSON text (values, keys, brackets, colons, commas): the cost of parsing and checking grows with them. */
export const MAX_TOKENS = 200_000;
