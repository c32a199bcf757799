import type { Candidate, Endpoint, ExcludedEndpoint } from '../contracts/routing.js';
import { expressedBy, understoodBy } from './plan/parameters.js';
import { rankingPrice } from './plan/price.js';

/** An endpoint with everything a plan needs worked out at start-up: a plan then only reads and compares. */
export interface RoutableEndpoint extends Endpoint {
  /** What endpoints are compared by when price decides. */
  readonly rankingPrice: number;
  /** The parameters it understands, one bit each: what it declares, as far as its format can express it. */
  readonly understands: number;
  /** The parameters that its format is given, which itself leaves out and reports what it cannot express. */
  readonly given: number;
  /** The reasoning whose signatures it can read. */
  readonly reasoningFormat: string | undefined;
  /** How plans show it when they exclude it, by reason. Reasons are few, so the same objects serve every plan. */
  readonly exclusions: Map<string, ExcludedEndpoint>;
}

/** `endpoint`, ready for plans. */
export function toRoutable(endpoint: Endpoint): RoutableEndpoint {
  const { format } = endpoint.provider;
  const declared = understoodBy(endpoint.supportedParameters);
  const understands = declared & expressedBy(endpoint.expressibleParameters);
  return {
    ...endpoint,
    rankingPrice: rankingPrice(endpoint.pricing),
    understands,
    // Only a translation knows which of them it refuses: taking those out would answer another question.
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

/** Cheapest first; what costs the same stands in table order. */
export function byPrice(a: RoutableEndpoint, b: RoutableEndpoint): number {
  if (a.rankingPrice === b.rankingPrice) return a.position - b.position;
  return a.rankingPrice < b.rankingPrice ? -1 : 1;
}

/** Whether `slugs` name `endpoint`: by its exact slug, or by its provider's. No base slug names a tier's endpoint. */
export function isNamedIn(slugs: { has(slug: string): boolean }, endpoint: RoutableEndpoint): boolean {
  return slugs.has(endpoint.slug) || (endpoint.tier === undefined && slugs.has(endpoint.provider.slug));
}
