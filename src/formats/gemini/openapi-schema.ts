import { isRecord, type JsonObject } from '../../util/json-object.js';
import { branchesOf, enumOf, valueOf, withLimits } from './openapi-members.js';
import { stringOf } from './json.js';
import { objectRoot } from './json-schema.js';
import { SchemaBudget, definitionAt, merged, objectOf } from './schema-walk.js';

/*
 * JSON Schema as the OpenAPI subset of `parameters` and `responseSchema`, where an unknown member is an error. What the
 * subset cannot express is left out or described in words; what would change the meaning is refused.
 */

/** A reference that contains itself is followed this often; then any object is allowed. */
const MAX_RECURSION = 3;

const TYPES: ReadonlySet<string> = new Set(['STRING', 'NUMBER', 'INTEGER', 'BOOLEAN', 'ARRAY', 'OBJECT']);
/** Copied as they are, where their value has the right type. */
const PLAIN: readonly (readonly [key: string, type: string])[] = [
  ['description', 'string'],
  ['title', 'string'],
  ['pattern', 'string'],
  ['minLength', 'number'],
  ['maxLength', 'number'],
  ['minItems', 'number'],
  ['maxItems', 'number'],
  ['minProperties', 'number'],
  ['maxProperties', 'number'],
];

/** @param param - path of the request member that holds the schema. */
export function openApiSchema(schema: JsonObject, param: string): JsonObject {
  return new Translation(schema, new SchemaBudget(param)).root(schema);
}

/** Schema of a function's parameters; `undefined` where there are none. */
export function openApiParameters(schema: JsonObject, param: string): JsonObject | undefined {
  const budget = new SchemaBudget(param);
  const root = objectRoot(schema, budget);
  const translated = new Translation(root, budget).root(root);
  return translated['properties'] === undefined ? undefined : translated;
}

class Translation {
  readonly #root: JsonObject;
  readonly #budget: SchemaBudget;
  /** References that are being followed, outermost first. */
  readonly #refs: unknown[] = [];

  constructor(root: JsonObject, budget: SchemaBudget) {
    this.#root = root;
    this.#budget = budget;
  }

  root(schema: JsonObject): JsonObject {
    return this.#schema(schema, 0) ?? { type: 'OBJECT' };
  }

  /** `undefined`: no value fits (`false`). */
  #schema(schema: unknown, depth: number): JsonObject | undefined {
    this.#budget.enter(depth);
    if (schema === false) return undefined;
    if (!isRecord(schema)) return { type: 'OBJECT' };
    if (schema['$ref'] !== undefined) return this.#referred(schema, depth);
    const whole = this.#withoutAllOf(schema);
    if (whole['$ref'] !== undefined) return this.#referred(whole, depth);
    const branches = branchesOf(whole);
    if (branches !== undefined) return this.#alternatives(branches, depth);
    return this.#plain(whole, depth);
  }

  #referred({ $ref, ...siblings }: JsonObject, depth: number): JsonObject | undefined {
    if (this.#refs.filter((ref) => ref === $ref).length >= MAX_RECURSION) return { type: 'OBJECT' };
    this.#refs.push($ref);
    const target = definitionAt(this.#root, $ref, this.#budget);
    const { description } = siblings;
    const described = isRecord(target) && typeof description === 'string' ? { ...target, description } : target;
    const result = this.#schema(described, depth + 1);
    this.#refs.pop();
    return result;
  }

  #withoutAllOf({ allOf, ...rest }: JsonObject): JsonObject {
    if (!Array.isArray(allOf)) return rest;
    const parts = allOf.filter(isRecord);
    if (parts.length === 1 && Object.keys(rest).every((key) => key === 'description')) return { ...parts[0], ...rest };
    const resolved = parts.map((part) => this.#resolved(part, 0));
    return merged([rest, ...resolved], this.#budget);
  }

  #resolved(part: JsonObject, step: number): JsonObject {
    if (step > MAX_RECURSION) throw this.#budget.refusal('The schema refers to itself with allOf.');
    if (part['$ref'] !== undefined) {
      const target = definitionAt(this.#root, part['$ref'], this.#budget);
      return isRecord(target) ? this.#resolved(target, step + 1) : {};
    }
    if (!Array.isArray(part['allOf'])) return part;
    const { allOf, ...rest } = part;
    const parts = (allOf as unknown[]).filter(isRecord).map((one) => this.#resolved(one, step + 1));
    return merged([rest, ...parts], this.#budget);
  }

  #alternatives({ common, schemas, nullable }: NonNullable<ReturnType<typeof branchesOf>>, depth: number): JsonObject {
    const nothing = nullable ? { nullable: true } : {};
    const labels = objectOf(Object.entries(common).filter(([key]) => key === 'description' || key === 'title'));
    const shared = objectOf(Object.entries(common).filter(([key]) => key !== 'description' && key !== 'title'));
    const translated = schemas
      .map((one) => this.#schema(this.#narrowed(shared, one), depth + 1))
      .filter((one) => one !== undefined);
    const [only] = translated;
    if (only === undefined) return { ...this.#plain(common, depth), ...nothing };
    if (translated.length === 1) return { ...only, ...labels, ...nothing };
    return { ...labels, anyOf: translated, ...nothing };
  }

  /** A branch with the members beside all branches. */
  #narrowed(shared: JsonObject, branch: unknown): unknown {
    if (Object.keys(shared).length === 0 || !isRecord(branch)) return branch;
    return merged([this.#resolved(branch, 0), shared], this.#budget);
  }

  #plain(schema: JsonObject, depth: number): JsonObject {
    const { types, nullable } = this.#types(schema);
    const named = enumOf(schema, types[0]);
    const type = types[0] ?? named.type ?? impliedType(schema);
    const result: JsonObject = { type };
    for (const [key, kind] of PLAIN) if (typeof schema[key] === kind) result[key] = schema[key];
    for (const key of ['default', 'example']) if (Object.hasOwn(schema, key)) result[key] = schema[key];
    withLimits(result, schema, type);
    if (named.values.length > 0) result['enum'] = named.values;
    if (named.description !== undefined) result['description'] = named.description;
    if (nullable || named.nullable || schema['nullable'] === true) result['nullable'] = true;
    if (type === 'ARRAY') result['items'] = this.#items(schema, depth);
    if (type === 'OBJECT') this.#addProperties(result, schema, depth);
    return result;
  }

  #types(schema: JsonObject): { types: string[]; nullable: boolean } {
    const names = schema['type'] === undefined ? [] : [schema['type']].flat();
    const types = names.map((word) => stringOf(word).toUpperCase());
    const wrong = types.find((type) => type !== 'NULL' && !TYPES.has(type));
    if (wrong !== undefined)
      throw this.#budget.refusal(`The schema names a type that does not exist: '${wrong.slice(0, 40)}'.`);
    return { types: types.filter((type) => type !== 'NULL'), nullable: types.includes('NULL') };
  }

  #items(schema: JsonObject, depth: number): JsonObject {
    const tuple = [schema['prefixItems'], schema['items']].find(Array.isArray) as unknown[] | undefined;
    if (tuple === undefined) {
      const items = schema['items'];
      return (items === undefined ? undefined : this.#schema(items, depth + 1)) ?? { type: 'STRING' };
    }
    const distinct = new Map<string, JsonObject>();
    for (const one of tuple) {
      const item = this.#schema(one, depth + 1);
      if (item !== undefined) distinct.set(valueOf(item), item);
    }
    const items = [...distinct.values()];
    return items.length > 1 ? { anyOf: items } : (items[0] ?? { type: 'STRING' });
  }

  #addProperties(result: JsonObject, schema: JsonObject, depth: number): void {
    if (!isRecord(schema['properties'])) return;
    const properties = new Map<string, JsonObject>();
    for (const [name, property] of Object.entries(schema['properties'])) {
      const translated = this.#schema(property, depth + 1);
      if (translated !== undefined) properties.set(name, translated);
    }
    if (properties.size === 0) return;
    result['properties'] = objectOf(properties);
    const required = Array.isArray(schema['required']) ? schema['required'] : [];
    const known = required.filter((name) => properties.has(name as string));
    if (known.length > 0) result['required'] = known;
    const order = schema['propertyOrdering'];
    if (Array.isArray(order)) result['propertyOrdering'] = order.filter((name) => properties.has(name as string));
  }
}

/** The type of a schema that names none. */
function impliedType(schema: JsonObject): string {
  const has = (...keys: string[]): boolean => keys.some((key) => Object.hasOwn(schema, key));
  if (has('properties', 'required', 'additionalProperties')) return 'OBJECT';
  if (has('items', 'prefixItems', 'minItems', 'maxItems')) return 'ARRAY';
  if (has('pattern', 'minLength', 'maxLength', 'format')) return 'STRING';
  return has('minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf') ? 'NUMBER' : 'OBJECT';
}
