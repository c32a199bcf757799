import { isRecord, type JsonObject } from '../../util/json-object.js';
import { UnsupportedRequest } from '../../contracts/wire-format.js';

const MAX_DEPTH = 64;
const MAX_NODES = 10_000;

/** Keywords whose value is a schema, or (`items`) a list of schemas. */
const SINGLE: ReadonlySet<string> = new Set([
  'items',
  'additionalProperties',
  'additionalItems',
  'not',
  'if',
  'then',
  'else',
  'contains',
  'propertyNames',
  'unevaluatedProperties',
  'unevaluatedItems',
  'contentSchema',
]);
const LISTS: ReadonlySet<string> = new Set(['allOf', 'anyOf', 'oneOf', 'prefixItems']);
const MAPS: ReadonlySet<string> = new Set([
  'properties',
  'patternProperties',
  '$defs',
  'definitions',
  'dependentSchemas',
]);

/** Changes one schema object. It gets a copy whose own sub-schemas are still unchanged. */
export type SchemaRewrite = (node: JsonObject, depth: number) => JsonObject;

/**
 * A copy of `schema` with `rewrite` applied to every schema object in it, from the root down. The input is not changed.
 * @param param - path of the schema in the request
 * @throws UnsupportedRequest when it is too deep or too large, or refers to another document.
 */
export function mapSchema(schema: JsonObject, param: string, rewrite: SchemaRewrite): JsonObject {
  let nodes = 0;

  const ticket = (node: JsonObject, depth: number): JsonObject => {
    if (depth > MAX_DEPTH) throw new UnsupportedRequest(param, `The schema nests deeper than ${MAX_DEPTH} levels.`);
    if (++nodes > MAX_NODES) throw new UnsupportedRequest(param, `The schema has more than ${MAX_NODES} parts.`);
    checkReference(node, param);
    const changed = rewrite({ ...node }, depth);
    return Object.fromEntries(Object.entries(changed).map(([key, value]) => [key, child(key, value, depth + 1)]));
  };
  const child = (key: string, value: unknown, depth: number): unknown => {
    if (SINGLE.has(key)) return each(value, depth);
    if (LISTS.has(key)) return each(value, depth);
    if (!MAPS.has(key) || !isRecord(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, each(inner, depth)]));
  };
  const each = (value: unknown, depth: number): unknown => {
    if (Array.isArray(value)) return value.map((item) => (isRecord(item) ? ticket(item, depth) : (item as unknown)));
    return isRecord(value) ? ticket(value, depth) : value;
  };
  return ticket(schema, 0);
}

/** Only definitions of the same document can be sent along. */
function checkReference(node: JsonObject, param: string): void {
  const reference = node['$ref'];
  if (typeof reference === 'string' && !reference.startsWith('#')) {
    throw new UnsupportedRequest(param, `The schema refers to another document: ${reference.slice(0, 100)}`);
  }
}

/**
 * The names under `$defs` and `definitions` that are part of a cycle, or `true` where the root refers to itself.
 */
export function isRecursive(schema: JsonObject): boolean {
  const references = new Map<string, ReadonlySet<string>>();
  for (const place of ['$defs', 'definitions']) {
    const definitions = schema[place];
    if (!isRecord(definitions)) continue;
    for (const [name, definition] of Object.entries(definitions)) {
      references.set(`#/${place}/${name}`, referencesIn(definition));
    }
  }
  if (referencesIn(schema).has('#')) return true;
  return [...references.keys()].some((start) => reaches(start, references));
}

function reaches(start: string, references: ReadonlyMap<string, ReadonlySet<string>>): boolean {
  const open = [start];
  const seen = new Set<string>();
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const target of references.get(next) ?? []) {
      if (target === start) return true;
      if (!seen.has(target)) open.push(target);
      seen.add(target);
    }
  }
  return false;
}

function referencesIn(value: unknown): ReadonlySet<string> {
  const found = new Set<string>();
  const open = [value];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (typeof next !== 'object' || next === null) continue;
    const reference = (next as JsonObject)['$ref'];
    if (typeof reference === 'string') found.add(reference);
    for (const inner of Object.values(next)) open.push(inner);
  }
  return found;
}
