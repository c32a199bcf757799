import type { ChatRequest } from '../../chat/types.js';
import { GatewayError } from '../../errors/gateway-error.js';
import { onlyKnown, type Reader, unknownParameter, wrongType } from './preference-values.js';
import { isRecord } from '../../util/json-object.js';

/** Members of the nested `provider` object, and the flat fields with the same meaning. */
const FLAT_NAMES: ReadonlyMap<string, string> = new Map([
  ['order', 'provider_order'],
  ['only', 'provider_only'],
  ['ignore', 'provider_ignore'],
  ['quantizations', 'provider_quantizations'],
  ['data_collection', 'provider_data_collection'],
  ['zdr', 'provider_zdr'],
  ['enforce_distillable_text', 'provider_enforce_distillable_text'],
  ['require_parameters', 'provider_require_parameters'],
  ['allow_fallbacks', 'provider_allow_fallbacks'],
]);

/** Members of `provider.max_price`. Audio prices are not compared, so a cap on them has no effect. */
const PRICE_NAMES: ReadonlyMap<string, string> = new Map([
  ['prompt', 'provider_max_prompt_price'],
  ['completion', 'provider_max_completion_price'],
  ['request', 'provider_max_request_price'],
  ['image', 'provider_max_image_price'],
  ['audio', 'provider.max_price.audio'],
]);

const NESTED_MEMBERS = [...FLAT_NAMES.keys(), 'sort', 'max_price', 'preferred_min_throughput', 'preferred_max_latency'];

/**
 * Members of a request that are for the gateway and are not sent upstream.
 */
export const OWN_FIELDS: ReadonlySet<string> = new Set([
  'models',
  'session_id',
  'provider',
  'provider_configs',
  'provider_sort',
  ...FLAT_NAMES.values(),
  ...[...PRICE_NAMES.values()].filter((name) => name.startsWith('provider_')),
]);

/** The same for an upstream that gets the nested object. */
export const OWN_FIELDS_BUT_PREFERENCES: ReadonlySet<string> = new Set(
  [...OWN_FIELDS].filter((name) => name !== 'provider'),
);

/** Prefix of the gateway's own fields, which no provider uses. */
const OWN_PREFIX = 'provider_';
const PREFIXED_FIELDS = [...OWN_FIELDS].filter((name) => name.startsWith(OWN_PREFIX));

/** A misspelt field, about privacy or price, must not be sent to a provider that ignores it. */
function refuseMisspelt(request: ChatRequest): void {
  for (const key in request) {
    if (key.startsWith(OWN_PREFIX) && !OWN_FIELDS.has(key)) throw unknownParameter('', key, PREFIXED_FIELDS);
  }
}

/** A value of the nested object, stored under the name of the flat field with the same meaning. */
interface NestedValue {
  readonly path: string;
  readonly value: unknown;
}

/** The preferences of a request: flat fields, and OpenRouter's nested `provider` object. */
export interface PreferenceFields {
  readonly flat: ChatRequest;
  readonly nested: ReadonlyMap<string, NestedValue> | undefined;
}

/**
 * The preference fields of `request`.
 * @param isForwarded - an upstream gets the nested object as well, and may know more of its members
 * @throws GatewayError 400 if the nested object is not an object, and for unknown members of either form
 */
export function preferenceFields(request: ChatRequest, isForwarded: boolean): PreferenceFields {
  refuseMisspelt(request);
  const provider = request['provider'];
  if (provider === undefined || provider === null) return { flat: request, nested: undefined };
  if (!isRecord(provider)) throw wrongType('provider', 'an object');
  if (!isForwarded) onlyKnown(provider, 'provider', NESTED_MEMBERS);
  const nested = new Map<string, NestedValue>();
  for (const [member, value] of Object.entries(provider)) {
    nested.set(FLAT_NAMES.get(member) ?? member, { path: `provider.${member}`, value });
  }
  flatten(nested, 'max_price', PRICE_NAMES);
  flatten(nested, 'sort', SORT_NAMES);
  return { flat: request, nested };
}

/** Members of `sort` in its object form. */
const SORT_NAMES: ReadonlyMap<string, string> = new Map([
  ['by', 'provider_sort'],
  ['partition', 'partition'],
]);

/** Replaces a nested object by its members. */
function flatten(nested: Map<string, NestedValue>, member: string, names: ReadonlyMap<string, string>): void {
  const held = nested.get(member);
  if (held === undefined) return;
  nested.delete(member);
  const { path, value } = held;
  if (value === null || value === undefined) return;
  if (member === 'sort' && typeof value === 'string') {
    nested.set('provider_sort', held);
    return;
  }
  if (!isRecord(value)) throw wrongType(path, 'an object');
  onlyKnown(value, path, [...names.keys()]);
  for (const [key, entry] of Object.entries(value)) {
    nested.set(names.get(key) ?? key, { path: `${path}.${key}`, value: entry });
  }
}

/**
 * The value of `name` in `fields`, flat or nested.
 * @throws GatewayError 400 if both are set to different values
 */
export function setting<T>(
  fields: PreferenceFields,
  name: string,
  read: Reader<T>,
  readNested: Reader<T> = read,
): T | undefined {
  const flat = read(fields.flat[name], name);
  const held = fields.nested?.get(name);
  if (held === undefined) return flat;
  const nested = readNested(held.value, held.path);
  if (flat !== undefined && nested !== undefined && !same(flat, nested)) {
    throw new GatewayError(
      'inconsistent_parameters',
      `'${name}' and '${held.path}' have different values. Send one of them.`,
      {
        param: name,
      },
    );
  }
  return flat ?? nested;
}

/** The value of a member that only the nested object has. */
export function nestedSetting<T>(fields: PreferenceFields, name: string, read: Reader<T>): T | undefined {
  const held = fields.nested?.get(name);
  return held === undefined ? undefined : read(held.value, held.path);
}

/** The path of the value that `setting` reads for `name`, for error messages. */
export function placeOf(fields: PreferenceFields, name: string): string {
  return fields.nested?.get(name)?.path ?? name;
}

function same(a: unknown, b: unknown): boolean {
  if (!Array.isArray(a) || !Array.isArray(b)) return a === b;
  return a.length === b.length && a.every((entry, index) => entry === b[index]);
}
