import { GatewayError } from '../errors/gateway-error.js';
import { MAX_DEPTH, MAX_TOKENS } from '../json/limits.js';
import { memberPath } from './wire-path.js';

/** @param member - the top-level member; empty for none */
export function tooDeep(member: string): GatewayError {
  return tooComplex(`nested deeper than ${MAX_DEPTH} levels`, member);
}

/** @param member - the top-level member in which the limit was exceeded; empty for none */
export function tooMany(member: string): GatewayError {
  return tooComplex(`made of more than ${MAX_TOKENS} tokens`, member);
}

function tooComplex(what: string, member: string): GatewayError {
  const where = member === '' ? 'The request' : `'${memberPath('', member)}'`;
  return new GatewayError('request_too_complex', `${where} is ${what}.`, {
    param: member === '' ? null : memberPath('', member),
  });
}
