import type { Percentiles, Snapshot } from '../../contracts/routing.js';
import type { RoutableEndpoint } from '../endpoint.js';

/** Health of an endpoint. */
export type Health = 'ok' | 'degraded' | 'down';

/** Statistics of endpoints at one point in time. The only measured input of a plan. */
export interface Performance {
  healthOf(endpoint: RoutableEndpoint): Health;
  /** Tokens per second. */
  throughputOf(endpoint: RoutableEndpoint): Percentiles | undefined;
  /** Seconds to the first token. */
  latencyOf(endpoint: RoutableEndpoint): Percentiles | undefined;
}

/** `actual`, with the values of `snapshot` instead where it has any. */
export function assuming(snapshot: Snapshot, actual: Performance): Performance {
  const assumed = (endpoint: RoutableEndpoint) => snapshot[endpoint.id];
  return {
    healthOf: (endpoint) => assumedHealth(assumed(endpoint)?.health) ?? actual.healthOf(endpoint),
    throughputOf: (endpoint) => assumed(endpoint)?.throughput ?? actual.throughputOf(endpoint),
    latencyOf: (endpoint) => assumed(endpoint)?.latency ?? actual.latencyOf(endpoint),
  };
}

/** Any unknown value counts as `down`. */
function assumedHealth(value: string | undefined | null): Health | undefined {
  if (value === undefined || value === null) return undefined;
  return value === 'ok' || value === 'degraded' ? value : 'down';
}
