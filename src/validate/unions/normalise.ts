import { isRecord, type JsonObject } from '../../util/json-object.js';
import { memberPath } from '../wire-path.js';

/** The result for a member that must be left out. */
export const OMITTED: unique symbol = Symbol('omitted');

/**
 * The value in wire form, or `OMITTED`. An unchanged value is returned itself, so that callers can detect changes; a
 * changed one is a copy, because the original may belong to the host.
 * @param path - wire path of the value, for errors
 */
export type Normalise = (value: unknown, path: string) => unknown;

/** Several changes, one after the other. */
export function inOrder(...steps: readonly Normalise[]): Normalise {
  return (value, path) => {
    let result = value;
    for (const step of steps) {
      if (result !== OMITTED) result = step(result, path);
    }
    return result;
  };
}

/** Changes the named members of an object. */
export function members(table: Readonly<Record<string, Normalise>>): Normalise {
  const entries = Object.entries(table);
  return (value, path) => {
    if (!isRecord(value)) return value;
    let result = value;
    for (const [key, normalise] of entries) {
      if (!Object.hasOwn(value, key)) continue;
      const before = value[key];
      const after = normalise(before, memberPath(path, key));
      if (after !== before) result = withMember(result, key, after);
    }
    return result;
  };
}

/** Changes every item of a list. Items are never left out, as that would shift the following ones. */
export function items(normalise: Normalise): Normalise {
  return (value, path) => {
    if (!Array.isArray(value)) return value;
    let result: unknown[] = value;
    for (let index = 0; index < value.length; index++) {
      const before: unknown = value[index];
      const after = normalise(before, `${path}[${index}]`);
      if (after === before || after === OMITTED) continue;
      if (result === value) result = [...value];
      result[index] = after;
    }
    return result;
  };
}

/** Clients of the published document send `{}` for an optional scalar that is not set. */
export const optionalScalar: Normalise = (value) => (isEmptyObject(value) ? OMITTED : value);

export function isEmptyObject(value: unknown): boolean {
  return isRecord(value) && Object.keys(value).length === 0;
}

/** A copy with one member replaced or left out. Spread copies an own `__proto__` as a member; assignment would not. */
export function withMember(object: JsonObject, key: string, value: unknown): JsonObject {
  if (value !== OMITTED) return { ...object, [key]: value };
  const { [key]: _left, ...rest } = object;
  return rest;
}
