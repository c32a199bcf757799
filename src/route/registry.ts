import type { ResolvedProvider } from '../contracts/routing.js';
import type { PriceCatalog, RouteOptions } from '../options/types.js';
import { byPrice, type RoutableEndpoint, toRoutable } from './endpoint.js';
import { resolveModels } from './options/endpoint-options.js';
import { type ModelNames, resolveModelNames } from './options/model-names.js';
import { optionError } from '../options/checks.js';
import type { Parsed } from '../options/group.js';
import { ROUTE } from '../options/tables/route.js';
import { DEFAULT_TIMEOUTS } from '../options/tables/timeouts.js';
import { compileOrigins, type OriginList } from './options/origins.js';
import { parseProvider, resolveProvider, resolveTimeouts } from './options/provider-options.js';

/** The provider table. It is immutable; an update replaces it. */
export interface RouteTable {
  /** By slug. */
  readonly providers: ReadonlyMap<string, ResolvedProvider>;
  /** Slug or display name in lower case → slug. */
  readonly providerNames: ReadonlyMap<string, string>;
  /** Slugs of the providers that get the nested `provider` object. */
  readonly forwarders: readonly string[];
  /** In the order of the options. */
  readonly endpoints: readonly RoutableEndpoint[];
  /** The endpoints of each model, cheapest first. */
  readonly models: ReadonlyMap<string, readonly RoutableEndpoint[]>;
  readonly names: ModelNames;
  /** Some endpoint can read signed reasoning, so conversations are searched for it. */
  readonly readsReasoning: boolean;
  /** The top-level `timeouts.totalMs`, if it is set. */
  readonly totalMs: number | undefined;
}

/** The options that can be replaced while requests run. An absent one is kept. */
export type RouteChanges = Partial<
  Pick<RouteOptions, 'providers' | 'aliases' | 'defaultModel' | 'autoModels' | 'timeouts'>
>;

/** What a caller's `provider_configs` may contain. */
export interface OverridePolicy {
  readonly apiKeys: boolean;
  readonly origins: OriginList;
}

/** Holds the provider table, and replaces it while requests run; each request keeps the table it began with. */
export interface Registry {
  readonly table: RouteTable;
  readonly overrides: OverridePolicy;
  /**
   * Builds the table with `changes`, and returns a function that replaces the current one. Statistics are kept, because
   * they are stored by slug and model.
   * @throws TypeError for an invalid table; nothing has changed then
   */
  prepare(changes: RouteChanges): () => void;
  /** Replaces the provider table at once. @throws TypeError as `prepare` does. */
  replace(providers: RouteOptions['providers']): void;
}

/** Throws to refuse a provider table. */
type TableCheck = (endpoints: readonly RoutableEndpoint[], names: ModelNames) => void;

/**
 * The registry that `options` describe.
 * @throws TypeError naming the invalid option, the value received and the values allowed
 */
export function createRegistry(options: RouteOptions, check?: TableCheck): Registry {
  const { callerOverrides } = ROUTE.read(options);
  let current = options;
  let table = buildTable(ROUTE.read(current), check);
  const prepare = (changes: RouteChanges) => {
    const next = { ...current, ...changes };
    const nextTable = buildTable(ROUTE.read(next), check);
    return function commit() {
      current = next;
      table = nextTable;
    };
  };
  return {
    get table() {
      return table;
    },
    overrides: Object.freeze({
      apiKeys: callerOverrides.apiKeys,
      origins: compileOrigins('callerOverrides.allowedOrigins', callerOverrides.allowedOrigins),
    }),
    prepare,
    replace: (providers) => prepare({ providers })(),
  };
}

function buildTable(
  { providers, timeouts: topLevel, priceCatalog, ...named }: Parsed<typeof ROUTE.rows>,
  check: TableCheck | undefined,
): RouteTable {
  const timeouts = resolveTimeouts(topLevel, DEFAULT_TIMEOUTS);
  const resolved = resolveProviders(providers, timeouts, priceCatalog);
  const models = groupByModel(resolved.endpoints);
  const names = resolveModelNames(named, models, resolved.providers);
  check?.(resolved.endpoints, names);
  const readsReasoning = resolved.endpoints.some(({ reasoningFormat }) => reasoningFormat !== undefined);
  return Object.freeze({ ...resolved, models, names, readsReasoning, totalMs: timeouts.totalMs });
}

type Providers = Pick<RouteTable, 'providers' | 'providerNames' | 'forwarders' | 'endpoints'>;

function resolveProviders(
  configured: Readonly<Record<string, unknown>>,
  timeouts: ResolvedProvider['timeouts'],
  priceCatalog: PriceCatalog | undefined,
): Providers {
  const providers = new Map<string, ResolvedProvider>();
  const providerNames = new Map<string, string>();
  const endpoints: RoutableEndpoint[] = [];
  const slugsAndModels = new Set<string>();
  for (const [key, value] of Object.entries(configured)) {
    const path = `providers.${key}`;
    const slug = providerSlug(path, key);
    if (providers.has(slug)) throw optionError(path, 'is used twice, ignoring case');
    const options = parseProvider(path, value);
    const provider = resolveProvider(path, slug, options, timeouts);
    providers.set(slug, provider);
    const { zdr, dataCollection } = options;
    const defaults = { provider, priceCatalog, zdr, dataCollection };
    for (const endpoint of resolveModels(`${path}.models`, options.models, defaults)) {
      if (slugsAndModels.has(endpoint.id)) {
        throw new TypeError(
          `${path}.models: "${endpoint.slug}" is used twice for "${endpoint.model}". Give each endpoint its own tag.`,
        );
      }
      slugsAndModels.add(endpoint.id);
      endpoints.push(toRoutable({ ...endpoint, position: endpoints.length }));
    }
  }
  for (const slug of providers.keys()) providerNames.set(slug, slug);
  for (const { slug, displayName } of providers.values()) claimName(providerNames, displayName, slug);
  const forwarders = [...providers.values()].filter((provider) => provider.forwardsPreferences).map(({ slug }) => slug);
  return { providers, providerNames, forwarders, endpoints };
}

function providerSlug(path: string, key: string): string {
  const slug = key.toLowerCase();
  if (!SLUG.test(slug)) {
    throw new TypeError(
      `${path}: a provider's key may contain letters, digits, ".", "_" and "-". Use "name" for a display name.`,
    );
  }
  return slug;
}

const SLUG = /^[a-z0-9._-]{1,64}$/;

function claimName(names: Map<string, string>, displayName: string, slug: string): void {
  const name = displayName.toLowerCase();
  const owner = names.get(name);
  if (owner !== undefined && owner !== slug) {
    throw optionError(`providers.${slug}.name`, `is also a name of provider "${owner}"`, displayName);
  }
  names.set(name, slug);
}

function groupByModel(endpoints: readonly RoutableEndpoint[]): ReadonlyMap<string, readonly RoutableEndpoint[]> {
  const models = new Map<string, RoutableEndpoint[]>();
  for (const endpoint of endpoints) {
    const group = models.get(endpoint.model);
    if (group === undefined) models.set(endpoint.model, [endpoint]);
    else group.push(endpoint);
  }
  for (const group of models.values()) group.sort(byPrice);
  return models;
}
