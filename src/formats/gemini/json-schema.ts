import { isRecord, type JsonObject } from '../../util/json-object.js';
import { isExactNumber } from '../../json/exact-numbers.js';
import { SchemaBudget, definitionAt, merged, objectOf } from './schema-walk.js';

/*
 * JSON Schema for `parametersJsonSchema` and `responseJsonSchema`, which take it nearly as it is: unknown keywords do
 * no harm there. Only what Gemini is known to refuse or to misread is changed.
 */

/** Members for validators and readers, not for a model. */
const REMOVED: ReadonlySet<string> = new Set([
  '$schema',
  '$comment',
  'strict',
  'examples',
  'deprecated',
  'readOnly',
  'writeOnly',
]);
const ONE_SCHEMA: ReadonlySet<string> = new Set([
  'items',
  'additionalItems',
  'additionalProperties',
  'contains',
  'else',
  'if',
  'not',
  'propertyNames',
  'then',
  'unevaluatedItems',
  'unevaluatedProperties',
]);
const LIST_OF_SCHEMAS: ReadonlySet<string> = new Set(['allOf', 'anyOf', 'items', 'oneOf', 'prefixItems']);
const MAP_OF_SCHEMAS: ReadonlySet<string> = new Set(['$defs', 'dependentSchemas', 'patternProperties', 'properties']);

/** Schema of a response. @param param - path of the request member that holds it. */
export function jsonSchema(schema: JsonObject, param: string): JsonObject {
  return cleaned(schema, 0, new SchemaBudget(param)) as JsonObject;
}

/**
 * Schema of a function's parameters; `undefined` where there are none.
 * @throws UnsupportedRequest for a root that is no object.
 */
export function parametersSchema(schema: JsonObject, param: string): JsonObject | undefined {
  const budget = new SchemaBudget(param);
  const root = cleaned(objectRoot(schema, budget), 0, budget) as JsonObject;
  return saysNothing(root) ? undefined : root;
}

/**
 * The root of parameters as an object schema. A root that only refers to a definition is replaced by it, and the parts
 * of `allOf` become one.
 */
export function objectRoot(schema: JsonObject, budget: SchemaBudget): JsonObject {
  let root = schema;
  // A chain of references that is longer than this goes in a circle.
  for (let step = 0; step < 8 && root['$ref'] !== undefined; step++) {
    const target = definitionAt(schema, root['$ref'], budget);
    if (!isRecord(target)) throw budget.refusal('The parameters of a function must be an object.');
    root = { ...target, ...definitionsOf(schema) };
  }
  if (Array.isArray(root['allOf']) && root['type'] === undefined) {
    const { allOf, ...rest } = root;
    const parts = (allOf as unknown[]).filter(isRecord);
    root = merged([rest, ...parts.map((part) => objectRoot({ ...part, ...definitionsOf(schema) }, budget))], budget);
  }
  const { type } = root;
  if (type === 'object' || (Array.isArray(type) && type.includes('object'))) return { ...root, type: 'object' };
  if (type === undefined && !['$ref', 'anyOf', 'oneOf', 'enum', 'const'].some((key) => Object.hasOwn(root, key)))
    return Object.keys(root).length === 0 ? root : { type: 'object', ...root };
  throw budget.refusal('The parameters of a function must be an object.');
}

function definitionsOf(schema: JsonObject): JsonObject {
  return objectOf(Object.entries(schema).filter(([key]) => key === '$defs' || key === 'definitions'));
}

/** An object schema without properties means the same as no parameters, unless it is open for any. */
function saysNothing(root: JsonObject): boolean {
  const { properties, additionalProperties } = root;
  if (isRecord(properties) && Object.keys(properties).length > 0) return false;
  if (additionalProperties !== undefined && additionalProperties !== false) return false;
  return Object.keys(root).every((key) =>
    ['type', 'properties', 'additionalProperties', 'required', 'title', 'description', '$defs'].includes(key),
  );
}

function cleaned(schema: unknown, depth: number, budget: SchemaBudget): unknown {
  if (!isRecord(schema) || isExactNumber(schema)) return schema;
  budget.enter(depth);
  const result = new Map<string, unknown>();
  const refers = schema['$ref'] !== undefined;
  for (const [key, value] of Object.entries(schema)) {
    // Beside `$ref` only members that begin with `$` may appear.
    if (REMOVED.has(key) || (refers && !key.startsWith('$') && key !== 'definitions')) continue;
    if (key === '$ref') result.set(key, localRef(value, budget));
    else if (key === 'const') result.set('enum', [value]);
    else if (key === 'definitions') addDefinitions(result, value, depth, budget);
    else if (key === '$defs') addDefinitions(result, value, depth, budget);
    else if (key !== 'enum' || !Object.hasOwn(schema, 'const'))
      result.set(key, cleanedMember(key, value, depth, budget));
  }
  return objectOf(result);
}

function cleanedMember(key: string, value: unknown, depth: number, budget: SchemaBudget): unknown {
  if (Array.isArray(value)) {
    return LIST_OF_SCHEMAS.has(key) ? value.map((one) => cleaned(one, depth + 1, budget)) : value;
  }
  if (ONE_SCHEMA.has(key)) return cleaned(value, depth + 1, budget);
  return MAP_OF_SCHEMAS.has(key) && isRecord(value) ? cleanedMap(value, depth, budget) : value;
}

function cleanedMap(map: JsonObject, depth: number, budget: SchemaBudget): JsonObject {
  return objectOf(Object.entries(map).map(([name, schema]) => [name, cleaned(schema, depth + 1, budget)] as const));
}

/** `definitions` is the older name of `$defs`. */
function addDefinitions(result: Map<string, unknown>, value: unknown, depth: number, budget: SchemaBudget): void {
  if (!isRecord(value)) return;
  const known = result.get('$defs');
  const added = cleanedMap(value, depth, budget);
  if (!isRecord(known)) {
    result.set('$defs', added);
    return;
  }
  for (const name of Object.keys(added)) {
    if (Object.hasOwn(known, name)) throw budget.refusal('$defs and definitions hold the same name.');
  }
  result.set('$defs', objectOf([...Object.entries(known), ...Object.entries(added)]));
}

function localRef(ref: unknown, budget: SchemaBudget): string {
  if (typeof ref !== 'string' || !/^#\/(?:\$defs|definitions)\/./.test(ref))
    throw budget.refusal('Only references to #/$defs/… and #/definitions/… can be sent.');
  return ref.replace(/^#\/definitions\//, '#/$defs/').replaceAll('/definitions/', '/$defs/');
}
