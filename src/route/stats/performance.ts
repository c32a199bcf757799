import type { Percentiles, Snapshot } from '../../contracts/routing.js';
import type { RoutableEndpoint } from '../endpoint.js';

/** How well an endpoint serves at the moment. */
export type Health = 'ok' | 'degraded' | 'down';

/** How well endpoints do, at one moment. A plan reads it and nothing else of the world. */
export interface Performance {
  healthOf(endpoint: RoutableEndpoint): Health;
  /** Tokens per second. */
  throughputOf(endpoint: RoutableEndpoint): Percentiles | undefined;
  /** Seconds to the first token. */
  latencyOf(endpoint: RoutableEndpoint): Percentiles | undefined;
}

/** `actual`, with what `snapshot` assumes in its place. */
export function assuming(snapshot: Snapshot, actual: Performance): Performance {
  const assumed = (endpoint: RoutableEndpoint) => snapshot[endpoint.id];
  return {
    healthOf: (endpoint) => healthWord(assumed(endpoint)?.health) ?? actual.healthOf(endpoint),
    throughputOf: (endpoint) => assumed(endpoint)?.throughput ?? actual.throughputOf(endpoint),
    latencyOf: (endpoint) => assumed(endpoint)?.latency ?? actual.latencyOf(endpoint),
  };
}

/** Any other word for an endpoint that is not well means that it is not. */
function healthWord(word: string | undefined | null): Health | undefined {
  if (word === undefined || word === null) return undefined;
  return word === 'ok' || word === 'degraded' ? word : 'down';
}
