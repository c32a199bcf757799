import { GatewayError } from '../errors/gateway-error.js';
import { jsonTypeOf } from './json-type.js';
import { MAX_DEPTH, MAX_TOKENS } from '../json/limits.js';
import { tooDeep, tooMany } from './complexity-errors.js';
import { memberPath } from './wire-path.js';

/**
 * Refuses an object that cannot be sent as it is: nested too deeply, too large, or with values that JSON does not have.
 * The counterpart of `JsonScanner` for a body that the host has parsed.
 * @throws GatewayError that names the top-level member
 */
export function checkJsonValue(body: object): void {
  let left = MAX_TOKENS;

  function walk(value: unknown, depth: number, member: string): void {
    // The value and the comma after it.
    left -= 2;
    if (left < 0) throw tooMany(member);
    if (typeof value !== 'object') {
      if (!isJsonScalar(value)) throw notJson(value, member);
      return;
    }
    if (value === null) return;
    if (depth > MAX_DEPTH) throw tooDeep(member);
    // JSON.stringify would send the result of `toJSON`, which was not checked.
    if ('toJSON' in value && typeof value.toJSON === 'function') throw notJson(value, member);
    if (Array.isArray(value)) {
      for (const item of value) walk(item, depth + 1, member);
      return;
    }
    for (const key of Object.keys(value)) {
      const inner = (value as Record<string, unknown>)[key];
      // JSON.stringify leaves it out.
      if (inner === undefined) continue;
      // The key and its colon.
      left -= 2;
      walk(inner, depth + 1, depth === 1 ? key : member);
    }
  }

  walk(body, 1, '');
}

function isJsonScalar(value: unknown): boolean {
  return (
    typeof value === 'string' || typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value))
  );
}

function notJson(value: unknown, member: string): GatewayError {
  const param = memberPath('', member);
  return new GatewayError(
    'invalid_value',
    `Invalid value in '${param}': ${jsonTypeOf(value)} cannot be sent as JSON.`,
    {
      param: param === '' ? null : param,
    },
  );
}
