import { GatewayError } from '../errors/gateway-error.js';
import { memberPath } from '../validate/wire-path.js';

/**
 * Objects and arrays inside each other. Far beyond any request, and far below where `JSON.stringify` or a walk over
 * the value runs out of stack.
 */
export const MAX_DEPTH = 512;

/** Tokens of a JSON text (values, keys, brackets, colons, commas): what parsing and checking cost grows with them. */
export const MAX_TOKENS = 200_000;

/** @param member The top-level member in which it is; empty for none. */
export function tooDeep(member: string): GatewayError {
  return tooComplex(`nested deeper than ${MAX_DEPTH} levels`, member);
}

/** @param member The top-level member in which the limit was passed; empty for none. */
export function tooMany(member: string): GatewayError {
  return tooComplex(`made of more than ${MAX_TOKENS} tokens`, member);
}

function tooComplex(what: string, member: string): GatewayError {
  const where = member === '' ? 'The request' : `'${memberPath('', member)}'`;
  return new GatewayError('request_too_complex', `${where} is ${what}.`, {
    param: member === '' ? null : memberPath('', member),
  });
}
