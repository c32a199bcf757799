/**
 * Objects and arrays inside each other. Far beyond any request, and far below where `JSON.stringify` or a walk over
 * the value runs out of stack.
 */
export const MAX_DEPTH = 512;

/** Tokens of a JSON text (values, keys, brackets, colons, commas): what parsing and checking cost grows with them. */
export const MAX_TOKENS = 200_000;
