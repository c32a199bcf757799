import { isRecord, type JsonObject } from '../../util/json-object.js';
import { UnsupportedRequest } from '../../contracts/wire-format.js';

const MAX_DEPTH = 64;
const MAX_NODES = 10_000;

/** Bounds of one translation of a schema, and where it is in the request. */
export class SchemaBudget {
  /** Path of the request member: `tools[0].function.parameters`. */
  readonly param: string;
  #nodes = 0;

  constructor(param: string) {
    this.param = param;
  }

  /** Counts one sub-schema. @throws UnsupportedRequest past the bounds. */
  enter(depth: number): void {
    if (depth > MAX_DEPTH) throw this.refusal(`The schema nests deeper than ${MAX_DEPTH} levels.`);
    if (++this.#nodes > MAX_NODES) throw this.refusal(`The schema has more than ${MAX_NODES} sub-schemas.`);
  }

  refusal(message: string): UnsupportedRequest {
    return new UnsupportedRequest(this.param, message);
  }
}

/** Where definitions are looked up. @throws UnsupportedRequest for anything but `#/$defs/…` and `#/definitions/…`. */
export function definitionAt(root: JsonObject, ref: unknown, budget: SchemaBudget): unknown {
  const match = typeof ref === 'string' ? /^#\/(\$defs|definitions)\/(.+)$/s.exec(ref) : null;
  if (match === null) throw budget.refusal('Only references to #/$defs/… and #/definitions/… can be sent.');
  let value: unknown = root[match[1]!];
  for (const step of match[2]!.split('/').map(unescaped)) {
    const holder: unknown = value;
    if (typeof holder !== 'object' || holder === null || !Object.hasOwn(holder, step))
      throw budget.refusal(`The reference ${match[0].slice(0, 100)} leads nowhere.`);
    value = (holder as JsonObject)[step];
  }
  return value;
}

function unescaped(step: string): string {
  try {
    return decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~');
  } catch {
    return step;
  }
}

/** A new object of these members, whatever their names. */
export function objectOf(entries: Iterable<readonly [string, unknown]>): JsonObject {
  return Object.fromEntries(entries);
}

/**
 * Several schemas that must all hold, as one: properties and `required` united, of other members the first.
 * @throws UnsupportedRequest where they contradict each other.
 */
export function merged(schemas: readonly JsonObject[], budget: SchemaBudget): JsonObject {
  const result = new Map<string, unknown>();
  for (const schema of schemas) {
    for (const [key, value] of Object.entries(schema)) {
      const known = result.get(key);
      if (!result.has(key)) result.set(key, value);
      else if (key === 'required') result.set(key, union(known, value));
      else if (key === 'properties') result.set(key, unitedProperties(known, value, budget));
      else if (key === 'type' && !sameType(known, value))
        throw budget.refusal('The schema combines different types with allOf.');
    }
  }
  return objectOf(result);
}

function union(one: unknown, other: unknown): unknown {
  return [...new Set([one, other].flat())];
}

function unitedProperties(one: unknown, other: unknown, budget: SchemaBudget): unknown {
  if (!isRecord(one) || !isRecord(other)) return one;
  const all = new Map(Object.entries(one));
  for (const [name, schema] of Object.entries(other)) {
    const known = all.get(name);
    const both = isRecord(known) && isRecord(schema);
    all.set(name, both ? merged([known, schema], budget) : (known ?? schema));
  }
  return objectOf(all);
}

function sameType(one: unknown, other: unknown): boolean {
  return JSON.stringify([one].flat()) === JSON.stringify([other].flat());
}
