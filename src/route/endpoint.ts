import type { Candidate, Endpoint, ExcludedEndpoint } from '../contracts/routing.js';
import { expressedBy, understoodBy } from './plan/parameters.js';
import { rankingPrice } from './plan/price.js';

/** An endpoint with the values that plans compare, computed at start-up. */
export interface RoutableEndpoint extends Endpoint {
  /** The price by which endpoints are compared. */
  readonly rankingPrice: number;
  /** Parameters that it supports, one bit each: those that it declares and its format can express. */
  readonly understands: number;
  /** Parameters that are passed to its format, which drops and reports those that it cannot express. */
  readonly given: number;
  /** Format of the signed reasoning that it can read. */
  readonly reasoningFormat: string | undefined;
  /** Its entries among the excluded endpoints of plans, by reason, shared by all plans. */
  readonly exclusions: Map<string, ExcludedEndpoint>;
}

/** `endpoint` with the values that plans compare. */
export function toRoutable(endpoint: Endpoint): RoutableEndpoint {
  const { format } = endpoint.provider;
  const declared = understoodBy(endpoint.supportedParameters);
  const understands = declared & expressedBy(endpoint.expressibleParameters);
  return {
    ...endpoint,
    rankingPrice: rankingPrice(endpoint.pricing),
    understands,
    // The translation decides which parameters it drops or refuses, so it gets all of them.
    given: format.exchange === undefined ? understands : declared,
    reasoningFormat: format.reasoningFormat?.(endpoint.facts),
    exclusions: new Map(),
  };
}

/** `endpoint` as hooks and `plan()` show it. */
export function toCandidate({ provider, model, slug, upstreamModel, pricing, contextLength }: Endpoint): Candidate {
  return Object.freeze({
    provider: provider.slug,
    model,
    slug,
    upstreamModel,
    ...(pricing === undefined ? {} : { pricing }),
    ...(contextLength === undefined ? {} : { contextLength }),
  });
}

/** `endpoint` as excluded for `reason`. */
export function excludedFor(endpoint: RoutableEndpoint, reason: string): ExcludedEndpoint {
  let excluded = endpoint.exclusions.get(reason);
  if (excluded === undefined) {
    const { provider, model, slug } = endpoint;
    excluded = Object.freeze({ provider: provider.slug, model, slug, reason });
    endpoint.exclusions.set(reason, excluded);
  }
  return excluded;
}

/** Cheapest first; endpoints of equal price in table order. */
export function byPrice(a: RoutableEndpoint, b: RoutableEndpoint): number {
  if (a.rankingPrice === b.rankingPrice) return a.position - b.position;
  return a.rankingPrice < b.rankingPrice ? -1 : 1;
}

/**
 * Whether `slugs` name `endpoint` by its exact slug or its provider's. An endpoint of a tier is named by its exact slug
 * only.
 */
export function isNamedIn(slugs: { has(slug: string): boolean }, endpoint: RoutableEndpoint): boolean {
  return slugs.has(endpoint.slug) || (endpoint.tier === undefined && slugs.has(endpoint.provider.slug));
}
