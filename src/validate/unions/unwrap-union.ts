import { isRecord, type JsonObject } from '../../util/json-object.js';
import { GatewayError } from '../../errors/gateway-error.js';
import { jsonTypeOf } from '../json-type.js';
import { isEmptyObject, OMITTED, withMember, type Normalise } from './normalise.js';
import type { Alternative, Union } from './unions.js';
import { memberPath } from '../wire-path.js';

/** A required union: with no member set it stays unchanged, and the schema reports what is missing. */
export function required(union: Union): Normalise {
  return (value, path) => (isRecord(value) ? unwrap(union, value, path) : value);
}

/** An optional union: with no member set it is left out. */
export function optional(union: Union): Normalise {
  return (value, path) => {
    if (!isRecord(value)) return value;
    const unwrapped = unwrap(union, value, path);
    return isRecord(unwrapped) && holdsNothing(union, unwrapped) ? OMITTED : unwrapped;
  };
}

/** The one member of `value` that is set, in wire form; `value` itself where it is not a wrapper. */
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

/** `null` means "not set", and so does `{}` for a scalar. */
function isSet({ kind }: Alternative, value: unknown): boolean {
  return value !== null && value !== undefined && !(kind === 'string' && isEmptyObject(value));
}

/** Removes unset alternatives beside wire members. Alone they stay, so that the schema has something to report. */
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
