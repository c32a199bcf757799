import type { Percentiles } from '../../contracts/routing.js';
import type { RoutableEndpoint } from '../endpoint.js';
import type { Performance } from '../stats/performance.js';
import { type Cutoffs, PERCENTILES } from '../preferences/preference-values.js';
import type { Preferences } from '../preferences/preferences.js';

/** Moves endpoints that miss a threshold behind those that meet all of them. */
export function demoteSlow(
  endpoints: readonly RoutableEndpoint[],
  { minThroughput, maxLatency }: Preferences,
  performance: Performance,
): readonly RoutableEndpoint[] {
  if (minThroughput === undefined && maxLatency === undefined) return endpoints;
  const isFast = (endpoint: RoutableEndpoint) =>
    meets(minThroughput, performance.throughputOf(endpoint), (measured, cutoff) => measured >= cutoff) &&
    meets(maxLatency, performance.latencyOf(endpoint), (measured, cutoff) => measured <= cutoff);
  return [...endpoints.filter(isFast), ...endpoints.filter((endpoint) => !isFast(endpoint))];
}

/** Whether all given thresholds are met. Without a measurement a threshold is not met. */
function meets(
  cutoffs: Cutoffs | undefined,
  measured: Percentiles | undefined,
  holds: (measured: number, cutoff: number) => boolean,
): boolean {
  if (cutoffs === undefined) return true;
  return PERCENTILES.every((percentile) => {
    const cutoff = cutoffs[percentile];
    const value = measured?.[percentile];
    return cutoff === undefined || (value !== undefined && holds(value, cutoff));
  });
}
