import type { ChatRequest } from '../../chat/types.js';
import { GatewayError } from '../../errors/gateway-error.js';
import { onlyKnown, type Reader, unknownParameter, wrongType } from './preference-values.js';
import { isRecord } from '../../util/json-object.js';

/** Members of the nested `provider` object, and the flat field that means the same. */
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

/** Members of `provider.max_price`. An audio price is nowhere declared, so no cap on it can be exceeded. */
const PRICE_NAMES: ReadonlyMap<string, string> = new Map([
  ['prompt', 'provider_max_prompt_price'],
  ['completion', 'provider_max_completion_price'],
  ['request', 'provider_max_request_price'],
  ['image', 'provider_max_image_price'],
  ['audio', 'provider.max_price.audio'],
]);

const NESTED_MEMBERS = [...FLAT_NAMES.keys(), 'sort', 'max_price', 'preferred_min_throughput', 'preferred_max_latency'];

/**
 * Members of a request that are addressed to the gateway and that no upstream is told.
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

/** The same where an upstream is sent the nested object. */
export const OWN_FIELDS_BUT_PREFERENCES: ReadonlySet<string> = new Set(
  [...OWN_FIELDS].filter((name) => name !== 'provider'),
);

/** The prefix is ours: no provider reads what begins with it. */
const OUR_PREFIX = 'provider_';
const OUR_NAMES = [...OWN_FIELDS].filter((name) => name.startsWith(OUR_PREFIX));

/** A wish that is misspelt, about privacy or price, must not be lost on its way to a provider that ignores it. */
function refuseMisspelt(request: ChatRequest): void {
  for (const key in request) {
    if (key.startsWith(OUR_PREFIX) && !OWN_FIELDS.has(key)) throw unknownParameter('', key, OUR_NAMES);
  }
}

/** A value of the nested object, under the name of the flat field that means the same. */
interface NestedValue {
  readonly path: string;
  readonly value: unknown;
}

/** Where preferences stand: flat in the request, or in OpenRouter's nested `provider` object. */
export interface PreferenceFields {
  readonly flat: ChatRequest;
  readonly nested: ReadonlyMap<string, NestedValue> | undefined;
}

/**
 * The places of `request` that hold preferences.
 * @param isForwarded - An upstream reads the nested object, too, and may know more of its members.
 * @throws GatewayError 400 for a nested object that is none, and for members of either form that nobody reads.
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
  spread(nested, 'max_price', PRICE_NAMES);
  spread(nested, 'sort', SORT_NAMES);
  return { flat: request, nested };
}

/** `sort` is a word, or an object of a word and how models share the plan. */
const SORT_NAMES: ReadonlyMap<string, string> = new Map([
  ['by', 'provider_sort'],
  ['partition', 'partition'],
]);

/** Puts the members of one nested object beside the others. */
function spread(nested: Map<string, NestedValue>, member: string, names: ReadonlyMap<string, string>): void {
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
 * What `fields` say under `name`, flat or nested.
 * @throws GatewayError 400 when both say something and not the same.
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
    throw new GatewayError('inconsistent_parameters', `'${name}' and '${held.path}' say different things. Send one.`, {
      param: name,
    });
  }
  return flat ?? nested;
}

/** What only the nested object can say. */
export function nestedSetting<T>(fields: PreferenceFields, name: string, read: Reader<T>): T | undefined {
  const held = fields.nested?.get(name);
  return held === undefined ? undefined : read(held.value, held.path);
}

/** Where the caller has written what `setting` found under `name`. */
export function placeOf(fields: PreferenceFields, name: string): string {
  return fields.nested?.get(name)?.path ?? name;
}

function same(a: unknown, b: unknown): boolean {
  if (!Array.isArray(a) || !Array.isArray(b)) return a === b;
  return a.length === b.length && a.every((entry, index) => entry === b[index]);
}
