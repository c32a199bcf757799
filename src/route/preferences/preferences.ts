import type { ChatRequest } from '../../chat/types.js';
import { chooseModels } from '../choose-models.js';
import type { ModelChoice, SortBy } from '../options/model-names.js';
import { formatValue } from '../../options/checks.js';
import { type SentParameters, sentParameters } from '../plan/parameters.js';
import { nestedSetting, placeOf, preferenceFields, type PreferenceFields, setting } from './preference-fields.js';
import { amount, amountOrText, type Cutoffs, cutoffs, fault, flag, oneOf, words } from './preference-values.js';
import type { PriceCaps } from '../plan/price.js';
import { acceptedQuantizations } from '../plan/quantization.js';
import type { RouteTable } from '../registry.js';
import { didYouMean } from '../../options/suggest.js';
import { isRecord } from '../../util/json-object.js';

/** The routing preferences of a request, checked. */
export interface Preferences {
  /** First choice first; never empty. */
  readonly models: readonly ModelChoice[];
  /** Slug → its place in the caller's list. */
  readonly order: ReadonlyMap<string, number> | undefined;
  readonly only: ReadonlySet<string> | undefined;
  readonly ignore: ReadonlySet<string> | undefined;
  /** The sort of the request itself; that of a model's suffix is in its choice. */
  readonly sort: SortBy | undefined;
  /** `none`: the endpoints of all models in one order; `model`: model by model. */
  readonly partition: 'model' | 'none';
  readonly allowFallbacks: boolean;
  readonly quantizations: ReadonlySet<string> | undefined;
  readonly denyDataCollection: boolean;
  readonly zdr: boolean;
  readonly distillable: boolean;
  readonly caps: PriceCaps | undefined;
  readonly requireParameters: boolean;
  /** Tokens per second. */
  readonly minThroughput: Cutoffs | undefined;
  /** Seconds to the first token. */
  readonly maxLatency: Cutoffs | undefined;
  readonly serviceTier: 'default' | 'flex' | 'priority' | undefined;
  /** The longest response that the caller asks for, in tokens. */
  readonly maxTokens: number | undefined;
  readonly parameters: SentParameters;
  /** Members that only some providers get: `provider`, if one of them routes by it. */
  readonly forwarded: readonly string[];
}

const SORTS = oneOf<SortBy>(['price', 'throughput', 'latency']);
const DATA_COLLECTION = oneOf(['allow', 'deny']);
const PARTITION = oneOf(['model', 'none']);

/**
 * Reads the routing preferences of `request`.
 * @param anyModel - whether a routing hook chooses the model if the request names none
 * @throws GatewayError naming the invalid field
 */
export function readPreferences(request: ChatRequest, table: RouteTable, anyModel: boolean): Preferences {
  return Object.freeze({
    ...(hasRoutingFields(request) ? readRoutingFields(request, table) : DEFAULT_PREFERENCES),
    models: chooseModels(request, table.names, anyModel),
    serviceTier: serviceTier(request['service_tier']),
    maxTokens: maxTokens(request),
    parameters: sentParameters(request),
    forwarded: table.forwarders.length > 0 && isRecord(request.provider) ? FORWARDED : NOTHING,
  });
}

const FORWARDED: readonly string[] = Object.freeze(['provider']);
const NOTHING: readonly string[] = Object.freeze([]);

/** Preferences that only the gateway's own fields express. */
type RoutingPreferences = Omit<Preferences, 'models' | 'serviceTier' | 'maxTokens' | 'parameters' | 'forwarded'>;

/** Preferences of a request without routing fields, shared by all of them. */
const DEFAULT_PREFERENCES: RoutingPreferences = Object.freeze({
  order: undefined,
  only: undefined,
  ignore: undefined,
  sort: undefined,
  partition: 'model',
  allowFallbacks: true,
  quantizations: undefined,
  denyDataCollection: false,
  zdr: false,
  distillable: false,
  caps: undefined,
  requireParameters: false,
  minThroughput: undefined,
  maxLatency: undefined,
});

/** The names of all routing fields begin with `provider`. */
function hasRoutingFields(request: ChatRequest): boolean {
  for (const key of Object.keys(request)) if (key.startsWith('provider')) return true;
  return false;
}

function readRoutingFields(request: ChatRequest, table: RouteTable): RoutingPreferences {
  const fields = preferenceFields(request, table.forwarders.length > 0);
  return {
    order: orderedSlugs(fields, table),
    only: knownSlugs(fields, 'provider_only', table, isConfigured),
    ignore: knownSlugs(fields, 'provider_ignore', table, namesEndpoint),
    sort: setting(fields, 'provider_sort', SORTS),
    partition: nestedSetting(fields, 'partition', PARTITION) ?? 'model',
    allowFallbacks: setting(fields, 'provider_allow_fallbacks', flag) ?? true,
    quantizations: quantizations(setting(fields, 'provider_quantizations', words)),
    denyDataCollection: setting(fields, 'provider_data_collection', DATA_COLLECTION) === 'deny',
    zdr: setting(fields, 'provider_zdr', flag) ?? false,
    distillable: setting(fields, 'provider_enforce_distillable_text', flag) ?? false,
    caps: priceCaps(fields),
    requireParameters: setting(fields, 'provider_require_parameters', flag) ?? false,
    minThroughput: nestedSetting(fields, 'preferred_min_throughput', cutoffs),
    maxLatency: nestedSetting(fields, 'preferred_max_latency', cutoffs),
  };
}

function priceCaps(fields: PreferenceFields): PriceCaps | undefined {
  const cap = (name: string) => setting(fields, name, amount, amountOrText);
  const caps = {
    prompt: cap('provider_max_prompt_price'),
    completion: cap('provider_max_completion_price'),
    request: cap('provider_max_request_price'),
    image: cap('provider_max_image_price'),
  };
  nestedSetting(fields, 'provider.max_price.audio', amountOrText);
  return Object.values(caps).every((price) => price === undefined) ? undefined : caps;
}

function quantizations(levels: readonly string[] | undefined): ReadonlySet<string> | undefined {
  return levels === undefined ? undefined : acceptedQuantizations(levels);
}

/** The tiers that affect routing. `fast` is OpenAI's newer name of `priority`. */
function serviceTier(value: unknown): Preferences['serviceTier'] {
  if (value === 'priority' || value === 'fast') return 'priority';
  return value === 'flex' || value === 'default' ? value : undefined;
}

function maxTokens(request: ChatRequest): number | undefined {
  const longest = Math.max(numberOrZero(request.max_tokens), numberOrZero(request.max_completion_tokens));
  return longest > 0 ? longest : undefined;
}

function numberOrZero(value: unknown): number {
  return typeof value === 'number' && value > 0 ? value : 0;
}

/** The places of the slugs in `provider_order`. Entries that name no configured provider are skipped. */
function orderedSlugs(fields: PreferenceFields, table: RouteTable): ReadonlyMap<string, number> | undefined {
  const entries = setting(fields, 'provider_order', words);
  if (entries === undefined) return undefined;
  const forwarders = forwardersOf(fields, 'provider_order', table);
  const order = new Map<string, number>();
  for (const entry of entries) {
    const slug = slugOf(entry, table);
    for (const named of slug === undefined ? forwarders : [slug]) if (!order.has(named)) order.set(named, order.size);
  }
  return order;
}

/** The slugs of a filter. An unknown entry is an error, because a misspelt deny list would deny nothing. */
function knownSlugs(
  fields: PreferenceFields,
  name: string,
  table: RouteTable,
  isKnown: (slug: string, table: RouteTable) => boolean,
): ReadonlySet<string> | undefined {
  const entries = setting(fields, name, words);
  if (entries === undefined) return undefined;
  const forwarders = forwardersOf(fields, name, table);
  const slugs = entries.flatMap((entry, index) => {
    const slug = slugOf(entry, table);
    if (slug !== undefined && isKnown(slug, table)) return [slug];
    // The entry may name a provider behind a forwarder. To ignore it must not exclude the whole forwarder.
    if (forwarders.length > 0) return name === 'provider_ignore' ? [] : forwarders;
    const hint = didYouMean(entry, table.providerNames.keys());
    throw fault(
      'invalid_value',
      `${placeOf(fields, name)}[${index}]`,
      `no provider ${formatValue(entry)} is configured.${hint}`,
    );
  });
  return new Set(slugs);
}

/** The providers that get the nested object, and so may know names that are not configured here. */
function forwardersOf(fields: PreferenceFields, name: string, { forwarders }: RouteTable): readonly string[] {
  return placeOf(fields, name) === name ? NOTHING : forwarders;
}

function isConfigured(): boolean {
  return true;
}

/** Whether `slug` names an endpoint: a tag that no endpoint has would ignore nothing. */
function namesEndpoint(slug: string, table: RouteTable): boolean {
  return !slug.includes('/') || table.endpoints.some((endpoint) => endpoint.slug === slug);
}

/** The slug of an entry: a slug or a display name in any case, with or without a tag. */
function slugOf(entry: string, table: RouteTable): string | undefined {
  const whole = table.providerNames.get(entry);
  if (whole !== undefined) return whole;
  const slash = entry.indexOf('/');
  if (slash < 0) return undefined;
  const provider = table.providerNames.get(entry.slice(0, slash));
  return provider === undefined ? undefined : provider + entry.slice(slash);
}
