// A value that a JSON Schema allows: the response of a simulator to a request for structured output.
import { asObject, objectAt, type JsonObject } from './simulator-request.ts';

const FORMATS: Readonly<Record<string, string>> = {
  date: '2026-01-31',
  'date-time': '2026-01-31T12:00:00Z',
  time: '12:00:00Z',
  email: 'ada@example.com',
  uri: 'https://example.com/',
  uuid: '00000000-0000-4000-8000-000000000000',
  ipv4: '192.0.2.1',
};

// Schemas may refer to themselves; deeper levels are left out.
const MAX_DEPTH = 6;

/** An example of `schema`, the same one each time. References are looked up in `root`. */
export function exampleOf(schema: JsonObject, root: JsonObject = schema, depth = 0): unknown {
  if ('const' in schema) return schema['const'];
  if (Array.isArray(schema['enum'])) return (schema['enum'] as unknown[])[0];
  if (typeof schema['$ref'] === 'string') return exampleOf(resolve(schema['$ref'], root), root, depth + 1);
  for (const union of ['anyOf', 'oneOf'] as const) {
    const members = schema[union];
    if (Array.isArray(members))
      return exampleOf(asObject(members[depth > MAX_DEPTH ? members.length - 1 : 0]), root, depth + 1);
  }
  if (Array.isArray(schema['allOf'])) {
    return exampleOf(Object.assign({}, ...(schema['allOf'] as JsonObject[])) as JsonObject, root, depth + 1);
  }

  switch (typeOf(schema)) {
    case 'object':
      return objectOf(schema, root, depth);
    case 'array':
      return arrayOf(schema, root, depth);
    case 'integer':
    case 'number':
      return numberOf(schema);
    case 'boolean':
      return true;
    case 'null':
      return null;
    default:
      return textOf(schema);
  }
}

function typeOf(schema: JsonObject): unknown {
  const type = schema['type'];
  if (Array.isArray(type)) return (type as unknown[])[0];
  return type ?? ('properties' in schema ? 'object' : 'items' in schema ? 'array' : 'string');
}

function objectOf(schema: JsonObject, root: JsonObject, depth: number): JsonObject {
  const required = Array.isArray(schema['required']) ? (schema['required'] as unknown[]) : [];
  const members = Object.entries(objectAt(schema, 'properties')).filter(
    ([name]) => depth < MAX_DEPTH || required.includes(name),
  );
  return Object.fromEntries(members.map(([name, member]) => [name, exampleOf(asObject(member), root, depth + 1)]));
}

function arrayOf(schema: JsonObject, root: JsonObject, depth: number): unknown[] {
  const least = typeof schema['minItems'] === 'number' ? schema['minItems'] : 1;
  const length = depth >= MAX_DEPTH && schema['minItems'] === undefined ? 0 : least;
  return Array.from({ length }, () => exampleOf(objectAt(schema, 'items'), root, depth + 1));
}

function numberOf(schema: JsonObject): number {
  const bound = (name: string): number | undefined => (typeof schema[name] === 'number' ? schema[name] : undefined);
  const step = bound('multipleOf') ?? 1;
  const above = bound('exclusiveMinimum');
  const lowest = above === undefined ? bound('minimum') : above + step;
  const highest = bound('maximum') ?? Number.POSITIVE_INFINITY;
  return Math.min(Math.ceil((lowest ?? step) / step) * step, highest);
}

function textOf(schema: JsonObject): string {
  const text = FORMATS[String(schema['format'])] ?? 'northern light';
  const least = typeof schema['minLength'] === 'number' ? schema['minLength'] : 0;
  const most = typeof schema['maxLength'] === 'number' ? schema['maxLength'] : Number.POSITIVE_INFINITY;
  return text.padEnd(least, '.').slice(0, most);
}

/** `#/$defs/name` and the like. */
function resolve(reference: string, root: JsonObject): JsonObject {
  const steps = reference.split('/').slice(1);
  return asObject(
    steps.reduce<unknown>((place, step) => asObject(place)[step.replaceAll('~1', '/').replaceAll('~0', '~')], root),
  );
}
