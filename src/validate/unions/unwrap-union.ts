import { isRecord, type JsonObject } from '../../util/json-object.js';
import { GatewayError } from '../../errors/gateway-error.js';
import { jsonTypeOf } from '../json-type.js';
import { isEmptyObject, OMITTED, withMember, type Normalise } from './normalise.js';
import type { Alternative, Union } from './unions.js';
import { memberPath } from '../wire-path.js';

/** A slot that needs a value: with no member set it stays as it came, and the schema says what is missing. */
export function required(union: Union): Normalise {
  return (value, path) => (isRecord(value) ? unwrap(union, value, path) : value);
}

/** A slot that may be empty: with no member set it is left out. */
export function optional(union: Union): Normalise {
  return (value, path) => {
    if (!isRecord(value)) return value;
    const unwrapped = unwrap(union, value, path);
    return isRecord(unwrapped) && holdsNothing(union, unwrapped) ? OMITTED : unwrapped;
  };
}

/** The one member of `value` that is set, as it stands on the wire; `value` itself where it is no wrapper. */
function unwrap(union: Union, value: JsonObject, path: string): unknown {
  const ours = Object.keys(value).filter((key) => Object.hasOwn(union, key));
  if (ours.length === 0) return value;
  const set = ours.filter((key) => isSet(union[key] as Alternative, value[key]));
  const [key] = set;
  if (key === undefined) return withoutUnset(value, ours);
  if (set.length > 1 || Object.keys(value).length > ours.length) {
    const beside = set.length > 1 ? set.map((name) => `'${name}'`).join(', ') : `'${key}' beside other members`;
    throw new GatewayError('invalid_value', `Invalid value for '${path}': expected one alternative, got ${beside}.`, {
      param: path,
    });
  }
  return wireForm(union[key] as Alternative, value[key], path);
}

/** `null` says "not this one", and so does `{}` where a scalar belongs. */
function isSet({ kind }: Alternative, value: unknown): boolean {
  return value !== null && value !== undefined && !(kind === 'string' && isEmptyObject(value));
}

/** Unset alternatives beside wire members say nothing; alone, they are all that there is to complain about. */
function withoutUnset(value: JsonObject, unset: readonly string[]): JsonObject {
  if (unset.length === Object.keys(value).length) return value;
  return unset.reduce((rest, key) => withMember(rest, key, OMITTED), value);
}

function holdsNothing(union: Union, value: JsonObject): boolean {
  return Object.keys(value).every((key) => Object.hasOwn(union, key) && !isSet(union[key] as Alternative, value[key]));
}

function wireForm({ kind, constant }: Alternative, inner: unknown, path: string): unknown {
  if (!hasKind(inner, kind)) {
    const expected = kind === 'string' ? 'a string' : `an ${kind}`;
    throw new GatewayError(
      'invalid_type',
      `Invalid type for '${path}': expected ${expected}, got ${jsonTypeOf(inner)}.`,
      {
        param: path,
      },
    );
  }
  if (constant === undefined) return inner;
  const [key, value] = constant;
  const given = (inner as JsonObject)[key];
  if (given === undefined || given === '') return withMember(inner as JsonObject, key, value);
  if (given === value) return inner;
  const param = memberPath(path, key);
  throw new GatewayError('invalid_value', `Invalid value for '${param}': expected '${value}', as it was wrapped.`, {
    param,
  });
}

function hasKind(value: unknown, kind: Alternative['kind']): boolean {
  if (kind === 'string') return typeof value === 'string';
  return kind === 'array' ? Array.isArray(value) : isRecord(value);
}
