import { isRecord, type JsonObject } from '../../util/json-object.js';
import { memberPath } from '../wire-path.js';

/** Stands for a member that is to be left out. */
export const OMITTED: unique symbol = Symbol('omitted');

/**
 * The value in wire form, or `OMITTED`. What needs no change comes back as it is, so that the caller sees whether
 * anything changed; what does is copied, because the original may belong to the host.
 * @param path Wire path of the value, for errors.
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

/** Changes the named members of an object; anything else is left alone. */
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

/** Changes every item of a list. Items are never left out: a hole would move the ones behind it. */
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

/** `{}` where an optional scalar belongs: how clients of the published document spell "not set". */
export const optionalScalar: Normalise = (value) => (isEmptyObject(value) ? OMITTED : value);

export function isEmptyObject(value: unknown): boolean {
  return isRecord(value) && Object.keys(value).length === 0;
}

/** A copy with one member replaced or left out. A spread keeps an own `__proto__` an own member; assignment would not. */
export function withMember(object: JsonObject, key: string, value: unknown): JsonObject {
  if (value !== OMITTED) return { ...object, [key]: value };
  const { [key]: _left, ...rest } = object;
  return rest;
}
