import { demoteSlow } from './performance-thresholds.js';
import { byPrice, type RoutableEndpoint } from '../endpoint.js';
import { balance } from './load-balancing.js';
import type { SortBy } from '../options/model-names.js';
import type { Health, Performance } from '../stats/performance.js';
import type { Preferences } from '../preferences/preferences.js';

/** What an order is made from, besides the endpoints. */
interface OrderInputs {
  readonly preferences: Preferences;
  readonly performance: Performance;
  /** A number in [0, 1), the same for the whole plan. */
  readonly draw: () => number;
  /** The endpoint that this conversation was served by, as slug or as id. */
  readonly stickyTo: ((model: string) => string | undefined) | undefined;
  /** The format of the signed reasoning that the conversation carries. */
  readonly carried: string | undefined;
}

/** Endpoints that share one order: those of a model, or of all models where `partition` is `none`. */
export interface Group {
  readonly models: readonly string[];
  /** Cheapest first. Every step below keeps the order of equals, so price and table order break its ties. */
  readonly endpoints: readonly RoutableEndpoint[];
  /** From the model's suffix. */
  readonly sort: SortBy | undefined;
}

/** One order of all groups: each group's own, one behind the other, then what the caller's cutoffs demote. */
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
  // The one endpoint of a plan without fallbacks is the first in price, not a drawn one.
  const ranked = rank(endpoints, by ?? (allowFallbacks ? undefined : 'price'), inputs);
  return models.reduce((sofar, model) => stickyFirst(readersFirst(sofar, model, inputs), model, inputs), ranked);
}

/** Whoever asks for the priority tier asks for speed; whoever gets flex endpoints asked for a low price. */
function sortOfTier(tier: Preferences['serviceTier'], endpoints: readonly RoutableEndpoint[]): SortBy | undefined {
  if (tier === 'priority') return 'throughput';
  return tier === 'flex' && endpoints.some((endpoint) => endpoint.tier === 'flex') ? 'price' : undefined;
}

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

/** In the caller's order, whatever their health. What one entry names is sorted among itself. */
function sortHead(head: readonly Placed[], by: SortBy | undefined, performance: Performance): RoutableEndpoint[] {
  const metric = metricOf(by, performance);
  return head
    .map(({ endpoint, place }) => ({ endpoint, place, metric: metric(endpoint) }))
    .sort((a, b) => a.place - b.place || compare(a.metric, b.metric))
    .map(({ endpoint }) => endpoint);
}

/** Priority endpoints first where that tier was asked for, each part by health, then by metric or by the draw. */
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

/** What endpoints are sorted by, smallest first. What was never measured comes last. */
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

/** Infinities are equal to themselves here, which subtraction does not know. */
function compare(a: number, b: number): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

/**
 * Moves the endpoints that can read the conversation's signed reasoning before those of the same model and health that
 * cannot: elsewhere the reasoning is lost.
 */
function readersFirst(
  ranked: readonly RoutableEndpoint[],
  model: string,
  { performance, carried }: OrderInputs,
): readonly RoutableEndpoint[] {
  if (carried === undefined || ranked.length < 2) return ranked;
  const reads = (endpoint: RoutableEndpoint) => endpoint.reasoningFormat === carried;
  return (['ok', 'degraded', 'down'] as const).reduce<readonly RoutableEndpoint[]>((sofar, health) => {
    const isPeer = (endpoint: RoutableEndpoint) =>
      endpoint.model === model && performance.healthOf(endpoint) === health;
    const peers = sofar.filter(isPeer);
    const ordered = [...peers.filter(reads), ...peers.filter((endpoint) => !reads(endpoint))].values();
    return sofar.map((endpoint) => (isPeer(endpoint) ? ordered.next().value! : endpoint));
  }, ranked);
}

/** Moves the remembered endpoint before those that are no better than it: same model, same health. */
function stickyFirst(
  ranked: readonly RoutableEndpoint[],
  model: string,
  { performance, stickyTo, carried }: OrderInputs,
): readonly RoutableEndpoint[] {
  const wanted = stickyTo === undefined || ranked.length < 2 ? undefined : stickyTo(model);
  if (wanted === undefined) return ranked;
  const at = ranked.findIndex(
    (endpoint) => endpoint.model === model && (endpoint.slug === wanted || endpoint.id === wanted),
  );
  const sticky = ranked[at];
  if (sticky === undefined) return ranked;
  const health = performance.healthOf(sticky);
  const reads = ({ reasoningFormat }: RoutableEndpoint) => carried !== undefined && reasoningFormat === carried;
  const peer = ranked.findIndex(
    (endpoint) =>
      endpoint.model === model && performance.healthOf(endpoint) === health && reads(endpoint) === reads(sticky),
  );
  return ranked.toSpliced(at, 1).toSpliced(peer, 0, sticky);
}

/** All groups as one, as if their endpoints belonged to one model. */
export function mergeGroups(groups: readonly Group[]): Group {
  const endpoints = new Set(groups.flatMap((group) => group.endpoints));
  const models = new Set(groups.flatMap((group) => group.models));
  return { models: [...models], endpoints: [...endpoints].sort(byPrice), sort: groups[0]?.sort };
}
