import { demoteSlow } from './performance-thresholds.js';
import { byPrice, type RoutableEndpoint } from '../endpoint.js';
import { balance } from './load-balancing.js';
import type { SortBy } from '../options/model-names.js';
import type { Health, Performance } from '../stats/performance.js';
import type { Preferences } from '../preferences/preferences.js';

/** Inputs of an order besides the endpoints. */
interface OrderInputs {
  readonly preferences: Preferences;
  readonly performance: Performance;
  /** A number in [0, 1), the same for the whole plan. */
  readonly draw: () => number;
  /** The endpoint that served this conversation before, as slug or as id. */
  readonly stickyTo: ((model: string) => string | undefined) | undefined;
  /** Format of the signed reasoning in the conversation. */
  readonly signedFormat: string | undefined;
}

/** Endpoints that share one order: those of a model, or of all models if `partition` is `none`. */
export interface Group {
  readonly models: readonly string[];
  /** Cheapest first. All sorting is stable, so price and table order break ties. */
  readonly endpoints: readonly RoutableEndpoint[];
  /** From the model's suffix. */
  readonly sort: SortBy | undefined;
}

/** Orders each group, one after the other, and moves endpoints that miss the caller's thresholds to the end. */
export function orderGroups(groups: readonly Group[], inputs: OrderInputs): readonly RoutableEndpoint[] {
  return demoteSlow(
    groups.flatMap((group) => orderGroup(group, inputs)),
    inputs.preferences,
    inputs.performance,
  );
}

function orderGroup({ models, endpoints, sort }: Group, inputs: OrderInputs): readonly RoutableEndpoint[] {
  const { preferences, performance } = inputs;
  const { order, serviceTier, allowFallbacks } = preferences;
  const by = preferences.sort ?? sort ?? sortOfTier(serviceTier, endpoints);
  if (order !== undefined) {
    const { head, tail } = splitByOrder(endpoints, order);
    return [...sortHead(head, by, performance), ...rank(tail, by, inputs)];
  }
  // Without fallbacks the only endpoint is the cheapest, and not a random one.
  const ranked = rank(endpoints, by ?? (allowFallbacks ? undefined : 'price'), inputs);
  return models.reduce((soFar, model) => stickyFirst(readersFirst(soFar, model, inputs), model, inputs), ranked);
}

/** The order that a service tier implies: priority means speed, flex means a low price. */
function sortOfTier(tier: Preferences['serviceTier'], endpoints: readonly RoutableEndpoint[]): SortBy | undefined {
  if (tier === 'priority') return 'throughput';
  return tier === 'flex' && endpoints.some((endpoint) => endpoint.tier === 'flex') ? 'price' : undefined;
}

/** An endpoint and its place in the caller's order. */
interface Placed {
  readonly endpoint: RoutableEndpoint;
  readonly place: number;
}

/** The endpoints that the caller's order names, and the others. */
function splitByOrder(
  endpoints: readonly RoutableEndpoint[],
  order: ReadonlyMap<string, number>,
): { readonly head: readonly Placed[]; readonly tail: readonly RoutableEndpoint[] } {
  const head: Placed[] = [];
  const tail: RoutableEndpoint[] = [];
  for (const endpoint of endpoints) {
    const place = placeIn(order, endpoint);
    if (place === undefined) tail.push(endpoint);
    else head.push({ endpoint, place });
  }
  return { head, tail };
}

function placeIn(order: ReadonlyMap<string, number>, { slug, tier, provider }: RoutableEndpoint): number | undefined {
  const exact = order.get(slug);
  const base = tier === undefined ? order.get(provider.slug) : undefined;
  return exact === undefined || base === undefined ? (exact ?? base) : Math.min(exact, base);
}

/** In the caller's order, whatever their health. Endpoints that one entry names are sorted by metric. */
function sortHead(head: readonly Placed[], by: SortBy | undefined, performance: Performance): RoutableEndpoint[] {
  const metric = metricOf(by, performance);
  return head
    .map(({ endpoint, place }) => ({ endpoint, place, metric: metric(endpoint) }))
    .sort((a, b) => a.place - b.place || compare(a.metric, b.metric))
    .map(({ endpoint }) => endpoint);
}

/** By health, then by metric or by a random draw; priority endpoints first if the request asks for that tier. */
function rank(
  endpoints: readonly RoutableEndpoint[],
  by: SortBy | undefined,
  inputs: OrderInputs,
): readonly RoutableEndpoint[] {
  if (inputs.preferences.serviceTier !== 'priority') return rankByHealth(endpoints, by, inputs);
  return [
    ...rankByHealth(endpoints.filter(isPriority), by, inputs),
    ...rankByHealth(
      endpoints.filter((endpoint) => !isPriority(endpoint)),
      by,
      inputs,
    ),
  ];
}

function isPriority({ tier }: RoutableEndpoint): boolean {
  return tier === 'priority';
}

function rankByHealth(
  endpoints: readonly RoutableEndpoint[],
  by: SortBy | undefined,
  { performance, draw }: OrderInputs,
): readonly RoutableEndpoint[] {
  const { ok, degraded, down } = byHealth(endpoints, performance);
  if (by === undefined) return [...balance(ok, draw), ...degraded, ...down];
  const metric = metricOf(by, performance);
  return [ok, degraded, down].flatMap((tier) => sortByMetric(tier, metric));
}

function byHealth(
  endpoints: readonly RoutableEndpoint[],
  performance: Performance,
): Readonly<Record<Health, RoutableEndpoint[]>> {
  const tiers: Record<Health, RoutableEndpoint[]> = { ok: [], degraded: [], down: [] };
  for (const endpoint of endpoints) tiers[performance.healthOf(endpoint)].push(endpoint);
  return tiers;
}

function sortByMetric(
  endpoints: readonly RoutableEndpoint[],
  metric: (endpoint: RoutableEndpoint) => number,
): readonly RoutableEndpoint[] {
  if (endpoints.length < 2) return endpoints;
  return endpoints
    .map((endpoint) => ({ endpoint, metric: metric(endpoint) }))
    .sort((a, b) => compare(a.metric, b.metric))
    .map(({ endpoint }) => endpoint);
}

/** The value by which endpoints are sorted, smallest first. Endpoints without measurements come last. */
function metricOf(by: SortBy | undefined, performance: Performance): (endpoint: RoutableEndpoint) => number {
  switch (by) {
    case 'throughput':
      return (endpoint) => -(performance.throughputOf(endpoint)?.p50 ?? Number.NEGATIVE_INFINITY);
    case 'latency':
      return (endpoint) => performance.latencyOf(endpoint)?.p50 ?? Number.POSITIVE_INFINITY;
    default:
      return ({ rankingPrice }) => rankingPrice;
  }
}

/** Compares numbers without subtraction, so that equal infinities are equal. */
function compare(a: number, b: number): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

/**
 * Moves the endpoints that can read the conversation's signed reasoning before those of the same model and health that
 * cannot, where the reasoning would be lost.
 */
function readersFirst(
  ranked: readonly RoutableEndpoint[],
  model: string,
  { performance, signedFormat }: OrderInputs,
): readonly RoutableEndpoint[] {
  if (signedFormat === undefined || ranked.length < 2) return ranked;
  const reads = (endpoint: RoutableEndpoint) => endpoint.reasoningFormat === signedFormat;
  return (['ok', 'degraded', 'down'] as const).reduce<readonly RoutableEndpoint[]>((soFar, health) => {
    const isPeer = (endpoint: RoutableEndpoint) =>
      endpoint.model === model && performance.healthOf(endpoint) === health;
    const peers = soFar.filter(isPeer);
    const ordered = [...peers.filter(reads), ...peers.filter((endpoint) => !reads(endpoint))].values();
    return soFar.map((endpoint) => (isPeer(endpoint) ? ordered.next().value! : endpoint));
  }, ranked);
}

/** Moves the endpoint that served the conversation before the others of the same model and health. */
function stickyFirst(
  ranked: readonly RoutableEndpoint[],
  model: string,
  { performance, stickyTo, signedFormat }: OrderInputs,
): readonly RoutableEndpoint[] {
  const wanted = stickyTo === undefined || ranked.length < 2 ? undefined : stickyTo(model);
  if (wanted === undefined) return ranked;
  const at = ranked.findIndex(
    (endpoint) => endpoint.model === model && (endpoint.slug === wanted || endpoint.id === wanted),
  );
  const sticky = ranked[at];
  if (sticky === undefined) return ranked;
  const health = performance.healthOf(sticky);
  const reads = ({ reasoningFormat }: RoutableEndpoint) =>
    signedFormat !== undefined && reasoningFormat === signedFormat;
  const peer = ranked.findIndex(
    (endpoint) =>
      endpoint.model === model && performance.healthOf(endpoint) === health && reads(endpoint) === reads(sticky),
  );
  return ranked.toSpliced(at, 1).toSpliced(peer, 0, sticky);
}

/** Merges all groups, as if their endpoints belonged to one model. */
export function mergeGroups(groups: readonly Group[]): Group {
  const endpoints = new Set(groups.flatMap((group) => group.endpoints));
  const models = new Set(groups.flatMap((group) => group.models));
  return { models: [...models], endpoints: [...endpoints].sort(byPrice), sort: groups[0]?.sort };
}
