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

/** One state of the provider table. Never changes: an update puts another in its place. */
export interface RouteTable {
  /** By slug. */
  readonly providers: ReadonlyMap<string, ResolvedProvider>;
  /** Slug or display name in lower case → slug. */
  readonly providerNames: ReadonlyMap<string, string>;
  /** Slugs of the providers that are sent the nested `provider` object. */
  readonly forwarders: readonly string[];
  /** In the order of the options. */
  readonly endpoints: readonly RoutableEndpoint[];
  /** The endpoints of each model, cheapest first. */
  readonly models: ReadonlyMap<string, readonly RoutableEndpoint[]>;
  readonly names: ModelNames;
  /** Some endpoint can read signed reasoning, so that conversations are looked at for it. */
  readonly readsReasoning: boolean;
  /** What a whole request may take, where the operator has set a limit for all providers. */
  readonly totalMs: number | undefined;
}

/** The options that can be replaced while requests run. One that is absent stays as it is. */
export type RouteChanges = Partial<
  Pick<RouteOptions, 'providers' | 'aliases' | 'defaultModel' | 'autoModels' | 'timeouts'>
>;

/** What a caller's `provider_configs` may say. */
export interface OverridePolicy {
  readonly apiKeys: boolean;
  readonly origins: OriginList;
}

/** The provider table and how to replace it while requests run: each follows the table it began with. */
export interface Registry {
  readonly table: RouteTable;
  readonly overrides: OverridePolicy;
  /**
   * Builds the table that `changes` lead to, and returns how to put it in place. Statistics stay, as they are kept by
   * slug and model.
   * @throws TypeError when something is wrong with it; nothing has changed then.
   */
  prepare(changes: RouteChanges): () => void;
  /** Puts another provider table in place at once. @throws TypeError as `prepare` does. */
  replace(providers: RouteOptions['providers']): void;
}

/**
 * The registry that `options` describe.
 * @param check - refuses a provider table by throwing
 * @throws TypeError naming the option at fault, what came, and what would do.
 */
export function createRegistry(
  options: RouteOptions,
  check?: (endpoints: readonly RoutableEndpoint[]) => void,
): Registry {
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
  check: ((endpoints: readonly RoutableEndpoint[]) => void) | undefined,
): RouteTable {
  const timeouts = resolveTimeouts(topLevel, DEFAULT_TIMEOUTS);
  const resolved = resolveProviders(providers, timeouts, priceCatalog);
  check?.(resolved.endpoints);
  const models = groupByModel(resolved.endpoints);
  const names = resolveModelNames(named, models, resolved.providers);
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
    if (providers.has(slug)) throw optionError(path, 'stands twice when letter case is ignored');
    const options = parseProvider(path, value);
    const provider = resolveProvider(path, slug, options, timeouts);
    providers.set(slug, provider);
    const { zdr, dataCollection } = options;
    const defaults = { provider, priceCatalog, zdr, dataCollection };
    for (const endpoint of resolveModels(`${path}.models`, options.models, defaults)) {
      if (slugsAndModels.has(endpoint.id)) {
        throw new TypeError(
          `${path}.models: "${endpoint.slug}" stands twice for "${endpoint.model}". Give each its own tag.`,
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
      `${path}: a provider's key holds letters, digits, ".", "_" and "-". Put a nicer name into "name".`,
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
