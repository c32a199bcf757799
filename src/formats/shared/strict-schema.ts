import { isRecord, type JsonObject } from '../../util/json-object.js';
import { isRecursive, mapSchema } from './json-schema.js';
import { objectSchema } from './object-schema.js';

/** String formats that constrained decoding supports. */
const FORMATS: ReadonlySet<unknown> = new Set([
  'date-time',
  'time',
  'date',
  'duration',
  'email',
  'hostname',
  'uri',
  'ipv4',
  'ipv6',
  'uuid',
]);

/** Constraints that it does not know: the model reads them in the description instead. */
const CONSTRAINTS = [
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
  'minLength',
  'maxLength',
  'pattern',
  'format',
  'minItems',
  'maxItems',
  'uniqueItems',
  'minProperties',
  'maxProperties',
  'not',
  'contains',
  'propertyNames',
  'dependentRequired',
  'dependentSchemas',
  'if',
  'then',
  'else',
];

/** Of no use to a decoder. */
const ANNOTATIONS = ['$schema', '$id', '$comment', 'examples', 'deprecated', 'readOnly', 'writeOnly'];

/** Grammars of more optional properties take too long to compile. */
const MAX_OPTIONAL = 10;

/**
 * `schema` in the subset that constrained decoding takes (strict tools, native structured output).
 * `undefined`: its meaning cannot be kept, because it has open objects, refers to itself or is too rich.
 * @param param - path of the schema in the request
 * @throws UnsupportedRequest when the root is no object, or the schema is too large.
 */
export function strictSchema(schema: unknown, param: string): JsonObject | undefined {
  const root = objectSchema(schema, param);
  if (isRecursive(root)) return undefined;
  let isExact = true;
  let optional = 0;
  const strict = mapSchema(root, param, (node, depth) => {
    const clean = cleaned(node, depth);
    const staysOpen = isOpen(clean) && !(depth === 0 && isEmptyRoot(clean));
    if (staysOpen || (Array.isArray(node['oneOf']) && Array.isArray(node['anyOf']))) isExact = false;
    optional += optionalProperties(clean);
    return isObjectSchema(clean) ? { ...clean, additionalProperties: false } : clean;
  });
  return isExact && optional <= MAX_OPTIONAL ? strict : undefined;
}

function cleaned(node: JsonObject, depth: number): JsonObject {
  const { $ref: reference, $defs, definitions } = node;
  if (typeof reference === 'string') {
    return { $ref: reference, ...(depth === 0 ? present({ $defs, definitions }) : {}) };
  }
  const clean = { ...node };
  for (const annotation of ANNOTATIONS) delete clean[annotation];
  if (Array.isArray(node['oneOf']) && node['anyOf'] === undefined) clean['anyOf'] = node['oneOf'];
  delete clean['oneOf'];
  const described = CONSTRAINTS.filter((keyword) => node[keyword] !== undefined && !isKnown(keyword, node[keyword]));
  for (const keyword of described) delete clean[keyword];
  if (described.length === 0) return clean;
  const constraints = `${described.map((keyword) => `${keyword}: ${formatValue(node[keyword])}`).join('; ')}.`;
  const description = node['description'];
  clean['description'] =
    typeof description === 'string' && description !== '' ? `${description}\n${constraints}` : constraints;
  return clean;
}

function isKnown(keyword: string, value: unknown): boolean {
  if (keyword === 'format') return FORMATS.has(value);
  return keyword === 'minItems' && (value === 0 || value === 1);
}

function formatValue(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function isObjectSchema({ type, properties }: JsonObject): boolean {
  return type === 'object' || (Array.isArray(type) && type.includes('object')) || isRecord(properties);
}

/** The input of a tool that declares none. */
function isEmptyRoot({ properties, ...others }: JsonObject): boolean {
  return isRecord(properties) && Object.keys(properties).length === 0 && Object.keys(others).join() === 'type';
}

/** An object that may have properties which it does not name. */
function isOpen(node: JsonObject): boolean {
  if (!isObjectSchema(node)) return false;
  const { additionalProperties: others, patternProperties, properties } = node;
  if (isRecord(patternProperties) && Object.keys(patternProperties).length > 0) return true;
  if (others === true || isRecord(others)) return true;
  return others !== false && (!isRecord(properties) || Object.keys(properties).length === 0);
}

function optionalProperties({ properties, required }: JsonObject): number {
  if (!isRecord(properties)) return 0;
  const names = new Set<unknown>(Array.isArray(required) ? required : []);
  return Object.keys(properties).filter((name) => !names.has(name)).length;
}

function present(members: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}
