import type { ErrorObject } from 'ajv';
import { GatewayError, type GatewayErrorCode } from '../errors/gateway-error.js';
import { isRecord } from '../util/json-object.js';
import { jsonTypeOf } from './json-type.js';
import { wirePath } from './wire-path.js';

const MOST_ECHOED = 100;

/** The first error of the schema, with the code and message that OpenAI gives. */
export function fieldError(request: unknown, errors: readonly ErrorObject[] | null | undefined): GatewayError {
  // The first error is the deepest. Those after it are of the keywords around it, which failed because of it.
  const error = errors?.[0];
  if (error === undefined) return new GatewayError('invalid_value', 'The request is not valid.');
  const fault = faultOf(error);
  const param = wirePath(request, error.instancePath, fault.below);
  // OpenAI sends `code: null` for a missing model.
  const wireCode = param === 'model' ? null : undefined;
  return new GatewayError(fault.code, message(param, error, fault), { param, wireCode });
}

interface Fault {
  readonly code: GatewayErrorCode;
  /** Keys from the object that the schema names down to the invalid member. */
  readonly below: readonly string[];
  /** "expected …" */
  readonly expected: string;
  /** Whether the message shows the value; for a wrong type the type is enough. */
  readonly echo: boolean;
  /** Characters of a text that is too long. */
  readonly length: number | undefined;
}

function faultOf({ keyword, params, data, parentSchema, schema, propertyName }: ErrorObject): Fault {
  const at = propertyName === undefined ? [] : [propertyName];
  switch (keyword) {
    case 'required':
      return fault('missing_required_parameter', '', { below: [params.missingProperty] });
    case 'additionalProperties':
      return fault('unknown_parameter', '', { below: [params.additionalProperty] });
    case 'type':
      return fault('invalid_type', `expected ${typeNames(schema)}`);
    case 'enum':
      return fault('invalid_value', `expected one of ${quoted(schema)}`, { echo: true });
    case 'discriminator':
      return tagFault(params, parentSchema);
    case 'minimum':
      return fault(`${numberKind(parentSchema)}_below_min_value`, `expected at least ${schema}`, { echo: true });
    case 'maximum':
      return fault(`${numberKind(parentSchema)}_above_max_value`, `expected at most ${schema}`, { echo: true });
    case 'minItems':
      return fault('empty_array', `expected at least ${count(schema, 'item')}`);
    case 'maxItems':
      return fault('array_above_max_length', `expected at most ${count(schema, 'item')}`);
    case 'maxProperties':
      return fault('object_above_max_properties', `expected at most ${count(schema, 'member')}`);
    case 'pattern':
      return textFault(propertyName ?? data, parentSchema, at);
    default:
      return fault('invalid_value', 'expected another value', { below: at });
  }
}

function fault(
  code: GatewayErrorCode,
  expected: string,
  { below = [], echo = false, length }: { below?: readonly string[]; echo?: boolean; length?: number } = {},
): Fault {
  return { code, below, expected, echo, length };
}

/** The discriminating member of an object is missing, not a string, or unknown. */
function tagFault(params: ErrorObject['params'], parentSchema: unknown): Fault {
  const below = [params.tag as string];
  if (params.error === 'mapping') {
    return fault('invalid_value', `expected one of ${quoted(tagWords(parentSchema, params.tag))}`, {
      below,
      echo: true,
    });
  }
  if (params.tagValue === undefined) return fault('missing_required_parameter', '', { below });
  return fault('invalid_type', 'expected a string', { below });
}

/** A pattern expresses a set of words, a maximum length, or a form. */
function textFault(value: unknown, schema: unknown, below: readonly string[]): Fault {
  const { longest, form, words } = isRecord(schema) ? schema : {};
  if (words !== undefined) return fault('invalid_value', `expected one of ${quoted(words)}`, { below, echo: true });
  if (value === '') return fault('empty_string', 'expected at least 1 character', { below });
  if (typeof value === 'string' && typeof longest === 'number' && value.length > longest) {
    const code = below.length > 0 ? 'property_name_above_max_length' : 'string_above_max_length';
    return fault(code, `expected at most ${longest} characters`, { below, length: value.length });
  }
  const expected = typeof form === 'string' ? form : 'another form of text';
  return fault('invalid_value', `expected ${expected}`, { below, echo: true });
}

function message(param: string, error: ErrorObject, { code, below, expected, echo, length }: Fault): string {
  const name = `'${param}'`;
  if (code === 'missing_required_parameter') return `Missing required parameter: ${name}.`;
  if (code === 'unknown_parameter') return `Unknown parameter: ${name}.`;
  const value = valueBelow(error.data, error.propertyName === undefined ? below : []);
  // The value may be a key or an address of the caller.
  const secret = param === 'provider_configs' || param.startsWith('provider_configs.');
  const shown = echo && !secret ? formatValue(value) : jsonTypeOf(value);
  const received = length === undefined ? shown : `${length}`;
  return `Invalid ${code === 'invalid_type' ? 'type for' : 'value for'} ${name}: ${expected}, got ${received}.`;
}

function valueBelow(value: unknown, keys: readonly string[]): unknown {
  return keys.reduce<unknown>((inner, key) => (isRecord(inner) ? inner[key] : undefined), value);
}

/** A scalar as received, cut after a hundred characters. */
function formatValue(value: unknown): string {
  if (typeof value === 'string' && value.length > MOST_ECHOED) return `${JSON.stringify(value.slice(0, MOST_ECHOED))}…`;
  return typeof value === 'object' ? jsonTypeOf(value) : JSON.stringify(value);
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  integer: 'an integer',
  boolean: 'a boolean',
  object: 'an object',
  array: 'an array',
};

/** The accepted types, without `null`. */
function typeNames(types: unknown): string {
  const names = (Array.isArray(types) ? types : [types]).map((type) => TYPE_NAMES[type]).filter(Boolean);
  return names.join(' or ');
}

function numberKind(schema: unknown): 'integer' | 'decimal' {
  const type = isRecord(schema) ? schema.type : undefined;
  return type === 'integer' || (Array.isArray(type) && type.includes('integer')) ? 'integer' : 'decimal';
}

/** The values of a discriminating member. */
function tagWords(schema: unknown, tag: string): unknown {
  const kinds = isRecord(schema) && Array.isArray(schema.oneOf) ? schema.oneOf : [];
  return kinds.flatMap((kind) => kind.properties?.[tag]?.enum ?? []);
}

function quoted(words: unknown): string {
  const formatValue = Array.isArray(words) ? words.filter((word) => typeof word === 'string' && word !== '') : [];
  return formatValue.map((word) => `'${word}'`).join(', ');
}

function count(limit: unknown, noun: string): string {
  return `${String(limit)} ${noun}${limit === 1 ? '' : 's'}`;
}
