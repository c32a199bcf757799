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

/** Everything that a request says about who shall answer it, read and checked. */
export interface Preferences {
  /** First choice first; never empty. */
  readonly models: readonly ModelChoice[];
  /** Slug → its place in the caller's list. */
  readonly order: ReadonlyMap<string, number> | undefined;
  readonly only: ReadonlySet<string> | undefined;
  readonly ignore: ReadonlySet<string> | undefined;
  /** Said in the request itself; a model's suffix is in its choice. */
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
  /** The longest answer that the caller asks for, in tokens. */
  readonly maxTokens: number | undefined;
  readonly parameters: SentParameters;
  /** JsonObject that only some providers are sent: `provider`, where one of them routes by it. */
  readonly forwarded: readonly string[];
}

const SORTS = oneOf<SortBy>(['price', 'throughput', 'latency']);
const DATA_COLLECTION = oneOf(['allow', 'deny']);
const PARTITION = oneOf(['model', 'none']);

/**
 * What `request` says about routing, in terms of `table`.
 * @param anyModel - whether a routing hook chooses where the request names no model.
 * @throws GatewayError naming the field at fault.
 */
export function readPreferences(request: ChatRequest, table: RouteTable, anyModel: boolean): Preferences {
  return Object.freeze({
    ...(hasWishes(request) ? readWishes(request, table) : DEFAULT_PREFERENCES),
    models: chooseModels(request, table.names, anyModel),
    serviceTier: serviceTier(request['service_tier']),
    maxTokens: maxTokens(request),
    parameters: sentParameters(request),
    forwarded: table.forwarders.length > 0 && isRecord(request.provider) ? FORWARDED : NOTHING,
  });
}

const FORWARDED: readonly string[] = Object.freeze(['provider']);
const NOTHING: readonly string[] = Object.freeze([]);

/** What only the gateway's own fields say. */
type Wishes = Omit<Preferences, 'models' | 'serviceTier' | 'maxTokens' | 'parameters' | 'forwarded'>;

/** Most requests say nothing of all this: they share one value. */
const DEFAULT_PREFERENCES: Wishes = Object.freeze({
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

/** Every field that says something of the provider begins with the word. */
function hasWishes(request: ChatRequest): boolean {
  for (const key of Object.keys(request)) if (key.startsWith('provider')) return true;
  return false;
}

function readWishes(request: ChatRequest, table: RouteTable): Wishes {
  const fields = preferenceFields(request, table.forwarders.length > 0);
  return {
    order: orderedSlugs(fields, table),
    only: knownSlugs(fields, 'provider_only', table, isConfigured),
    ignore: knownSlugs(fields, 'provider_ignore', table, meansSomething),
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

/** `fast` is OpenAI's newer word for `priority`. Tiers without endpoints of their own have no say in routing. */
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

/** Entries that name no configured provider are skipped: an order is a wish. */
function orderedSlugs(fields: PreferenceFields, table: RouteTable): ReadonlyMap<string, number> | undefined {
  const entries = setting(fields, 'provider_order', words);
  if (entries === undefined) return undefined;
  const others = meantByOtherNames(fields, 'provider_order', table);
  const order = new Map<string, number>();
  for (const entry of entries) {
    const slug = slugOf(entry, table);
    for (const meant of slug === undefined ? others : [slug]) if (!order.has(meant)) order.set(meant, order.size);
  }
  return order;
}

/** Entries of a filter must be known: a deny-list with a slip of the pen would let through what it names. */
function knownSlugs(
  fields: PreferenceFields,
  name: string,
  table: RouteTable,
  isKnown: (slug: string, table: RouteTable) => boolean,
): ReadonlySet<string> | undefined {
  const entries = setting(fields, name, words);
  if (entries === undefined) return undefined;
  const others = meantByOtherNames(fields, name, table);
  const slugs = entries.flatMap((entry, index) => {
    const slug = slugOf(entry, table);
    if (slug !== undefined && isKnown(slug, table)) return [slug];
    // What is to be ignored is a part of such a provider, and not the whole of it.
    if (others.length > 0) return name === 'provider_ignore' ? [] : others;
    const hint = didYouMean(entry, table.providerNames.keys());
    throw fault(
      'invalid_value',
      `${placeOf(fields, name)}[${index}]`,
      `no provider ${formatValue(entry)} is configured.${hint}`,
    );
  });
  return new Set(slugs);
}

/** The providers that know names of their own: those that are sent the object in which the names stand. */
function meantByOtherNames(fields: PreferenceFields, name: string, { forwarders }: RouteTable): readonly string[] {
  return placeOf(fields, name) === name ? NOTHING : forwarders;
}

function isConfigured(): boolean {
  return true;
}

/** A tag that no endpoint has denies nothing, so whoever wrote it meant something else. */
function meansSomething(slug: string, table: RouteTable): boolean {
  return !slug.includes('/') || table.endpoints.some((endpoint) => endpoint.slug === slug);
}

/** The slug that an entry means: slugs and display names count, whatever their case, with or without a tag. */
function slugOf(entry: string, table: RouteTable): string | undefined {
  const whole = table.providerNames.get(entry);
  if (whole !== undefined) return whole;
  const slash = entry.indexOf('/');
  if (slash < 0) return undefined;
  const provider = table.providerNames.get(entry.slice(0, slash));
  return provider === undefined ? undefined : provider + entry.slice(slash);
}
