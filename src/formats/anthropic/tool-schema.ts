import { isRecord, type JsonObject } from '../../util/json-object.js';
import { UnsupportedRequest } from '../../contracts/wire-format.js';
import { mapSchema } from '../shared/json-schema.js';

/** A root may refer to a definition that refers to another one. */
const MAX_ROOT_REFERENCES = 8;

/**
 * The `input_schema` of a tool: an object at the root, without a union there. A root `$ref` is resolved and a root
 * `allOf` merged; everything else stays.
 * @param param - path of the schema in the request
 * @throws UnsupportedRequest when the root is no object.
 */
export function objectSchema(parameters: unknown, param: string): JsonObject {
  if (parameters === undefined || parameters === null) return { type: 'object', properties: {} };
  if (!isRecord(parameters)) throw new UnsupportedRequest(param, 'The schema must be an object.');
  const root = mergedRoot(
    resolvedRoot(
      mapSchema(parameters, param, (node) => node),
      param,
    ),
    param,
  );
  if (root['anyOf'] !== undefined || root['oneOf'] !== undefined) {
    throw new UnsupportedRequest(param, 'Anthropic takes no union at the root of a schema.');
  }
  const type = root['type'];
  if (type === 'object') return root;
  if (type === undefined || (Array.isArray(type) && type.includes('object'))) {
    return { ...root, type: 'object', ...(isRecord(root['properties']) ? {} : { properties: {} }) };
  }
  throw new UnsupportedRequest(param, 'Anthropic takes only an object at the root of a schema.');
}

function resolvedRoot(schema: JsonObject, param: string): JsonObject {
  let root = schema;
  for (let step = 0; typeof root['$ref'] === 'string'; step++) {
    const target = definitionOf(schema, root['$ref']);
    if (target === undefined || step === MAX_ROOT_REFERENCES) {
      throw new UnsupportedRequest(param, 'The schema refers to a definition that it does not have.');
    }
    const { $ref: _resolved, ...siblings } = root;
    root = { ...definitionsOf(schema), ...target, ...siblings };
  }
  return root;
}

function definitionOf(schema: JsonObject, reference: string): JsonObject | undefined {
  const [, place, name] = /^#\/(\$defs|definitions)\/([^/]+)$/.exec(reference) ?? [];
  const definitions = place === undefined ? undefined : schema[place];
  const found = isRecord(definitions) && name !== undefined ? ownMember(definitions, name) : undefined;
  return isRecord(found) ? found : undefined;
}

function ownMember(object: JsonObject, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

function definitionsOf(schema: JsonObject): JsonObject {
  return Object.fromEntries(['$defs', 'definitions'].filter((key) => key in schema).map((key) => [key, schema[key]]));
}

/** `allOf` at the root as one object: properties and required names united, the first of each other keyword. */
function mergedRoot(root: JsonObject, param: string): JsonObject {
  const parts = root['allOf'];
  if (!Array.isArray(parts)) return root;
  const { allOf: _merged, ...rest } = root;
  let whole: JsonObject = rest;
  for (const part of parts as readonly unknown[]) {
    const branch = isRecord(part) ? objectSchema({ ...definitionsOf(root), ...part }, param) : {};
    const properties = united(whole['properties'], branch['properties']);
    whole = { ...branch, ...whole, properties, ...requiredBy(whole, branch) };
  }
  return whole;
}

/** A property that both sides describe must satisfy both. */
function united(a: unknown, b: unknown): JsonObject {
  const whole = new Map(Object.entries(isRecord(a) ? a : {}));
  for (const [name, schema] of Object.entries(isRecord(b) ? b : {})) {
    whole.set(name, whole.has(name) ? { allOf: [whole.get(name), schema] } : schema);
  }
  return Object.fromEntries(whole);
}

function requiredBy(a: JsonObject, b: JsonObject): JsonObject {
  const names = [a['required'], b['required']].flatMap((list) => (Array.isArray(list) ? (list as unknown[]) : []));
  return names.length === 0 ? {} : { required: [...new Set(names)] };
}
