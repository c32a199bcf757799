import { isRecord, type JsonObject } from '../../util/json-object.js';
import { UnsupportedRequest } from '../../contracts/wire-format.js';
import { mapSchema } from './json-schema.js';

/** A root may refer to a definition that refers to another one. */
const MAX_ROOT_REFERENCES = 8;
/** Parts of an `allOf` at the root, nested ones included: definitions that refer to each other have no end. */
const MAX_ROOT_PARTS = 64;

/**
 * The schema of a tool's input: an object at the root, without a union there. A root `$ref` is resolved and a root
 * `allOf` merged; everything else stays.
 * @param param - path of the schema in the request
 * @throws UnsupportedRequest when the root is no object.
 */
export function objectSchema(parameters: unknown, param: string): JsonObject {
  return objectRoot(parameters, param, { left: MAX_ROOT_PARTS });
}

function objectRoot(parameters: unknown, param: string, parts: { left: number }): JsonObject {
  if (parameters === undefined || parameters === null) return { type: 'object', properties: {} };
  if (!isRecord(parameters)) throw new UnsupportedRequest(param, 'The schema must be an object.');
  const root = mergedRoot(
    resolvedRoot(
      mapSchema(parameters, param, (node) => node),
      param,
    ),
    param,
    parts,
  );
  if (root['anyOf'] !== undefined || root['oneOf'] !== undefined) {
    throw new UnsupportedRequest(param, 'The provider takes no union at the root of a schema.');
  }
  const type = root['type'];
  if (type === 'object') return root;
  if (type === undefined || (Array.isArray(type) && type.includes('object'))) {
    return { ...root, type: 'object', ...(isRecord(root['properties']) ? {} : { properties: {} }) };
  }
  throw new UnsupportedRequest(param, 'The provider takes only an object at the root of a schema.');
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
function mergedRoot(root: JsonObject, param: string, parts: { left: number }): JsonObject {
  const { allOf, ...rest } = root;
  if (!Array.isArray(allOf)) return root;
  const definitions = definitionsOf(root);
  const branches = allOf.filter(isRecord).map((part) => {
    if (parts.left-- === 0) throw new UnsupportedRequest(param, `The root may have ${MAX_ROOT_PARTS} parts in allOf.`);
    return objectRoot({ ...definitions, ...part }, param, parts);
  });
  const all = [rest, ...branches];
  const required = all.flatMap((part) => (Array.isArray(part['required']) ? (part['required'] as unknown[]) : []));
  return Object.assign(
    {},
    ...branches.toReversed(),
    rest,
    { properties: united(all.map((part) => part['properties'])) },
    required.length === 0 ? {} : { required: [...new Set(required)] },
  ) as JsonObject;
}

/** A property that several parts describe must satisfy all of them. */
function united(parts: readonly unknown[]): JsonObject {
  const whole = new Map<string, unknown>();
  for (const [name, schema] of parts.filter(isRecord).flatMap((part) => Object.entries(part))) {
    whole.set(name, whole.has(name) ? { allOf: [whole.get(name), schema] } : schema);
  }
  return Object.fromEntries(whole);
}
