import { isRecord, type JsonObject } from '../../util/json-object.js';
import { stringOf } from './json.js';

/** Keywords that belong to one type, and move with it where a schema allows several. */
const BOUND: Readonly<Record<string, readonly string[]>> = {
  STRING: ['minLength', 'maxLength', 'pattern', 'format', 'enum', 'const'],
  NUMBER: ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'enum', 'const'],
  INTEGER: ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'enum', 'const'],
  BOOLEAN: ['enum', 'const'],
  ARRAY: ['items', 'prefixItems', 'minItems', 'maxItems'],
  OBJECT: ['properties', 'required', 'propertyOrdering', 'minProperties', 'maxProperties', 'additionalProperties'],
};
const FORMATS: ReadonlySet<string> = new Set(['int32', 'int64', 'float', 'double', 'date-time', 'enum']);

/** Alternatives of a schema. */
export interface Branches {
  /** Members beside the alternatives, which apply to all of them. */
  readonly common: JsonObject;
  readonly schemas: readonly unknown[];
  readonly nullable: boolean;
}

/** The alternatives that `anyOf`, `oneOf` or several types name; `undefined` where there are none. */
export function branchesOf(schema: JsonObject): Branches | undefined {
  const { anyOf, oneOf, ...common } = schema;
  const list = Array.isArray(anyOf) ? anyOf : oneOf;
  if (Array.isArray(list)) {
    const others = list.filter((one) => !isNull(one));
    return { common, schemas: others, nullable: others.length < list.length };
  }
  if (!Array.isArray(schema['type'])) return undefined;
  const names = schema['type'].map((word) => stringOf(word).toUpperCase());
  const types = names.filter((word) => word !== 'NULL');
  if (types.length < 2) return undefined;
  const labels: JsonObject = {};
  for (const key of ['description', 'title']) if (Object.hasOwn(schema, key)) labels[key] = schema[key];
  const schemas = types.map((type) => ({ type, ...membersFor(type, schema) }));
  return { common: labels, schemas, nullable: types.length < names.length };
}

function isNull(schema: unknown): boolean {
  if (!isRecord(schema)) return false;
  return schema['type'] === 'null' || schema['type'] === 'NULL' || schema['const'] === null;
}

function membersFor(type: string, schema: JsonObject): JsonObject {
  const members: JsonObject = {};
  for (const key of BOUND[type] ?? []) {
    if (!Object.hasOwn(schema, key)) continue;
    const value = schema[key];
    if (key === 'enum' && Array.isArray(value)) {
      const fitting = value.filter(
        (one) => typeOfValue(one) === type || (type === 'NUMBER' && typeof one === 'number'),
      );
      if (fitting.length > 0) members[key] = fitting;
    } else if (key !== 'const' || typeOfValue(value) === type) members[key] = value;
  }
  return members;
}

interface EnumParts {
  readonly values: readonly string[];
  readonly type: string | undefined;
  readonly nullable: boolean;
  /** With the values that an enum cannot hold. */
  readonly description: string | undefined;
}

/** `enum` and `const`. The subset's enums hold strings only, so other values are named in the description. */
export function enumOf(schema: JsonObject, type: string | undefined): EnumParts {
  const list = Object.hasOwn(schema, 'const') ? [schema['const']] : schema['enum'];
  if (!Array.isArray(list)) return { values: [], type: undefined, nullable: false, description: undefined };
  const values = list.filter((value) => value !== null && value !== '');
  const nullable = list.includes(null);
  const types = new Set(values.map(typeOfValue));
  const implied = types.size === 1 ? [...types][0] : types.size === 0 ? 'STRING' : undefined;
  if ((type ?? 'STRING') === 'STRING' && values.every((value) => typeof value === 'string'))
    return { values: values as string[], type: implied, nullable, description: undefined };
  const prefix = typeof schema['description'] === 'string' ? `${schema['description']} ` : '';
  const options = values.map(valueOf).join(', ');
  return { values: [], type: implied, nullable, description: `${prefix}One of: ${options}` };
}

/** A value as JSON text, for descriptions and comparisons. */
export function valueOf(value: unknown): string {
  return JSON.stringify(value) ?? 'null';
}

function typeOfValue(value: unknown): string {
  if (typeof value === 'string') return 'STRING';
  if (typeof value === 'boolean') return 'BOOLEAN';
  if (typeof value === 'number') return Number.isInteger(value) ? 'INTEGER' : 'NUMBER';
  return Array.isArray(value) ? 'ARRAY' : 'OBJECT';
}

/** Limits of numbers, and formats in the subset. */
export function withLimits(result: JsonObject, schema: JsonObject, type: string): void {
  const { format } = schema;
  if (typeof format === 'string' && FORMATS.has(format)) result['format'] = format;
  if (type !== 'NUMBER' && type !== 'INTEGER') return;
  const step = type === 'INTEGER' ? 1 : undefined;
  const minimum = limit(schema['minimum'], schema['exclusiveMinimum'], step, Math.max);
  const maximum = limit(
    schema['maximum'],
    schema['exclusiveMaximum'],
    step === undefined ? undefined : -step,
    Math.min,
  );
  if (minimum !== undefined) result['minimum'] = minimum;
  if (maximum !== undefined) result['maximum'] = maximum;
}

/** An exclusive limit of integers becomes the next inclusive one; of other numbers it cannot be expressed. */
function limit(
  inclusive: unknown,
  exclusive: unknown,
  step: number | undefined,
  tighter: (one: number, other: number) => number,
): number | undefined {
  const own = typeof inclusive === 'number' ? inclusive : undefined;
  if (step === undefined) return own;
  // Draft 4 writes `exclusiveMinimum: true` beside `minimum`.
  if (exclusive === true) return own === undefined ? undefined : own + step;
  if (typeof exclusive !== 'number') return own;
  const next = (step > 0 ? Math.floor(exclusive) : Math.ceil(exclusive)) + step;
  return own === undefined ? next : tighter(own, next);
}
