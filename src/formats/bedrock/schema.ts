import { isRecord, type JsonObject } from '../../util/json-object.js';
import { UnsupportedRequest } from '../../contracts/wire-format.js';

const DEEPEST = 64;
const MOST_NODES = 10_000;

/** Members of a schema whose values are schemas by name. */
const SCHEMA_MAPS: ReadonlySet<string> = new Set([
  'properties',
  '$defs',
  'definitions',
  'patternProperties',
  'dependentSchemas',
]);
/** Members of a schema whose value is a schema, or a list of them. */
const SCHEMAS: ReadonlySet<string> = new Set([
  'items',
  'prefixItems',
  'additionalProperties',
  'anyOf',
  'oneOf',
  'allOf',
  'not',
  'if',
  'then',
  'else',
  'contains',
  'propertyNames',
  'unevaluatedProperties',
  'unevaluatedItems',
]);

/** Rewrites one schema whose sub-schemas have been rewritten already. */
export type SchemaRule = (schema: JsonObject) => JsonObject;

/**
 * `schema` with `rule` applied to it and to every schema within, the innermost first. The input is not changed.
 * @throws UnsupportedRequest where it is too deep, too large, or refers to another document.
 */
export function mapSchema(schema: JsonObject, path: string, rule: SchemaRule): JsonObject {
  return new SchemaWalk(path, rule).schema(schema, 0);
}

class SchemaWalk {
  readonly #path: string;
  readonly #rule: SchemaRule;
  #nodes = 0;

  constructor(path: string, rule: SchemaRule) {
    this.#path = path;
    this.#rule = rule;
  }

  schema(schema: JsonObject, depth: number): JsonObject {
    this.#nodes += 1;
    if (depth > DEEPEST) throw new UnsupportedRequest(this.#path, `A schema may be ${DEEPEST} levels deep.`);
    if (this.#nodes > MOST_NODES) throw new UnsupportedRequest(this.#path, `A schema may have ${MOST_NODES} parts.`);
    const reference = schema['$ref'];
    if (typeof reference === 'string' && !reference.startsWith('#')) {
      throw new UnsupportedRequest(this.#path, 'A schema may refer to its own $defs only.');
    }
    const members = Object.entries(schema).map(([name, value]): [string, unknown] => [
      name,
      this.#member(name, value, depth + 1),
    ]);
    return this.#rule(Object.fromEntries(members));
  }

  #member(name: string, value: unknown, depth: number): unknown {
    if (SCHEMA_MAPS.has(name) && isRecord(value)) {
      return Object.fromEntries(
        Object.entries(value).map(([key, inner]): [string, unknown] => [key, this.#inner(inner, depth)]),
      );
    }
    if (!SCHEMAS.has(name)) return value;
    return Array.isArray(value) ? value.map((inner) => this.#inner(inner, depth)) : this.#inner(value, depth);
  }

  /** `true` and `false` are schemas, too, and stay. */
  #inner(value: unknown, depth: number): unknown {
    return isRecord(value) ? this.schema(value, depth) : value;
  }
}

/**
 * Parameters of a tool as Bedrock takes them: an object at the root.
 * @throws UnsupportedRequest where the root cannot be said as one object.
 */
export function objectSchema(schema: unknown, path: string, plain: boolean): JsonObject {
  if (schema === undefined || schema === null) return { type: 'object', properties: {} };
  if (!isRecord(schema)) throw new UnsupportedRequest(path, 'must be a JSON Schema of an object.');
  const mapped = mapSchema(schema, path, plain ? withoutRefinements : unchanged);
  const root = asObjectRoot(mergedRoot(mapped, path), path);
  if (!('properties' in root) && Object.keys(schema).length === 0) return { type: 'object', properties: {} };
  return plain ? plainRoot(root) : root;
}

function asObjectRoot(schema: JsonObject, path: string): JsonObject {
  if ('anyOf' in schema || 'oneOf' in schema) {
    throw new UnsupportedRequest(path, 'must be one object: Bedrock takes no anyOf or oneOf at the root.');
  }
  const { type } = schema;
  if (type === 'object') return schema;
  const canBeObject = type === undefined || (Array.isArray(type) && type.includes('object'));
  if (!canBeObject) throw new UnsupportedRequest(path, 'must be a JSON Schema of an object.');
  return { ...schema, type: 'object' };
}

/** `allOf` at the root as one object: properties and required names united. */
function mergedRoot(schema: JsonObject, path: string): JsonObject {
  const { allOf, ...rest } = schema;
  if (allOf === undefined) return schema;
  if (!Array.isArray(allOf) || !allOf.every(isRecord)) throw new UnsupportedRequest(path, 'allOf must be schemas.');
  return allOf.reduce<JsonObject>((merged, part) => mergeObjects(merged, part, path), rest);
}

function mergeObjects(merged: JsonObject, part: JsonObject, path: string): JsonObject {
  const { properties, required, ...others } = part;
  for (const [name, value] of Object.entries(others)) {
    const known = merged[name];
    if (name === 'description' || known === undefined || JSON.stringify(known) === JSON.stringify(value)) continue;
    throw new UnsupportedRequest(path, `allOf at the root says two things of "${name}".`);
  }
  const names = [merged['required'], required].flatMap((list: unknown) => (Array.isArray(list) ? list : []));
  return {
    ...others,
    ...merged,
    ...(isRecord(properties) ? { properties: { ...asRecord(merged['properties']), ...properties } } : {}),
    ...(names.length > 0 ? { required: [...new Set<unknown>(names)] } : {}),
  };
}

function asRecord(value: unknown): JsonObject {
  return isRecord(value) ? value : {};
}

const unchanged: SchemaRule = (schema) => schema;

const REFINEMENTS: ReadonlySet<string> = new Set([
  '$schema',
  '$id',
  '$comment',
  'title',
  'examples',
  'default',
  'additionalProperties',
]);

const withoutRefinements: SchemaRule = (schema) =>
  Object.fromEntries(Object.entries(schema).filter(([name]) => !REFINEMENTS.has(name)));

const PLAIN_ROOT: ReadonlySet<string> = new Set(['type', 'properties', 'required', '$defs', 'definitions']);

function plainRoot(schema: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(schema).filter(([name]) => PLAIN_ROOT.has(name)));
}
