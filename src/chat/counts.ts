import { isRecord, type JsonObject } from '../util/json-object.js';

/** A count as providers report it; `undefined` for anything else. */
export function countOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined;
}

/** The object under `name`; empty if there is none. */
export function recordIn(of: JsonObject, name: string): JsonObject {
  const value = of[name];
  return isRecord(value) ? value : {};
}
