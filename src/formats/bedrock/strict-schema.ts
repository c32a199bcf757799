import { isRecord, type JsonObject } from '../../util/json-object.js';
import { mapSchema } from './schema.js';

/** String formats that constrained decoding knows. */
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
/** Keywords that constrained decoding does not know: said in the description instead. */
const SAID_IN_WORDS: ReadonlySet<string> = new Set([
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
  'minLength',
  'maxLength',
  'pattern',
  'maxItems',
  'uniqueItems',
  'minProperties',
  'maxProperties',
  'not',
]);
const MOST_OPTIONAL = 10;

/** Thrown and caught in this file: the schema has no strict form. */
class NotStrict extends Error {}

/**
 * `schema` in the subset of constrained decoding, or `undefined` where it has no such form: open objects, references
 * to itself, or more optional properties than grammars are built for.
 */
export function strictSchema(schema: JsonObject, path: string): JsonObject | undefined {
  let optional = 0;
  try {
    const strict = mapSchema(schema, path, (inner) => {
      const cleaned = cleanedSchema(inner);
      optional += optionalProperties(cleaned);
      if (optional > MOST_OPTIONAL) throw new NotStrict();
      return cleaned;
    });
    return strict['type'] === 'object' && !refersToItself(strict) ? strict : undefined;
  } catch (error) {
    if (error instanceof NotStrict) return undefined;
    throw error;
  }
}

function cleanedSchema(schema: JsonObject): JsonObject {
  if (typeof schema['$ref'] === 'string') return onlyReference(schema);
  const kept: [string, unknown][] = [];
  const words: string[] = [];
  for (const [name, value] of Object.entries(schema)) {
    if (isSaidInWords(name, value)) words.push(`${name}: ${JSON.stringify(value)}.`);
    else kept.push([name === 'oneOf' ? 'anyOf' : name, value]);
  }
  const cleaned: JsonObject = Object.fromEntries(kept);
  if (words.length > 0) {
    const said = typeof schema['description'] === 'string' ? [schema['description']] : [];
    cleaned['description'] = [...said, ...words].join(' ');
  }
  return isObjectSchema(schema) ? closed(cleaned) : cleaned;
}

function onlyReference(schema: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(schema).filter(([name]) => name === '$ref' || name === '$defs' || name === 'definitions'),
  );
}

function isSaidInWords(name: string, value: unknown): boolean {
  if (name === 'format') return !FORMATS.has(value);
  if (name === 'minItems') return value !== 0 && value !== 1;
  return SAID_IN_WORDS.has(name);
}

function isObjectSchema({ type, properties }: JsonObject): boolean {
  return type === 'object' || (Array.isArray(type) && type.includes('object')) || isRecord(properties);
}

/** An object that lists its members and has no others. */
function closed(schema: JsonObject): JsonObject {
  const { additionalProperties: others } = schema;
  const open = (others !== undefined && others !== false) || 'patternProperties' in schema;
  if (open || !isRecord(schema['properties'])) throw new NotStrict();
  return { ...schema, additionalProperties: false };
}

function optionalProperties({ properties, required }: JsonObject): number {
  if (!isRecord(properties)) return 0;
  const needed = new Set<unknown>(Array.isArray(required) ? required : []);
  return Object.keys(properties).filter((name) => !needed.has(name)).length;
}

/** Whether a definition leads back to itself, or to the root. */
function refersToItself(schema: JsonObject): boolean {
  const definitions = { ...asRecord(schema['definitions']), ...asRecord(schema['$defs']) };
  const targets = new Map(Object.entries(definitions).map(([name, value]) => [name, referencesIn(value)]));
  const { $defs: _defs, definitions: _definitions, ...root } = schema;
  if ([...targets.values(), referencesIn(root)].some((names) => names.has(''))) return true;
  return [...targets.keys()].some((name) => leadsTo(name, name, targets, new Set()));
}

function leadsTo(from: string, to: string, targets: ReadonlyMap<string, Set<string>>, seen: Set<string>): boolean {
  for (const next of targets.get(from) ?? []) {
    if (next === to) return true;
    if (seen.has(next)) continue;
    seen.add(next);
    if (leadsTo(next, to, targets, seen)) return true;
  }
  return false;
}

/** Names of the definitions that `value` refers to; `''` for the root. */
function referencesIn(value: unknown): Set<string> {
  const names = new Set<string>();
  JSON.stringify(value, (key, inner: unknown) => {
    if (key === '$ref' && typeof inner === 'string')
      names.add(/^#\/(?:\$defs|definitions)\/([^/]+)/.exec(inner)?.[1] ?? '');
    return inner;
  });
  return names;
}

function asRecord(value: unknown): JsonObject {
  return isRecord(value) ? value : {};
}
