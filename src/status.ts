import type { Admission } from './runtime/admission.js';
import type { Cache, CacheStatistics } from './cache/cache.js';
import type { Clock } from './contracts/clock.js';
import type { RouterStatus } from './contracts/router.js';
import type { HookRunner } from './request/hooks.js';
import type { Proxy } from './proxy/proxy.js';
import type { EndpointReadiness } from './proxy/failover/endpoint-state.js';
import type { EndpointReport, Router } from './route/route.js';

/** State of a gateway. Plain JSON without secrets, for a status page behind your own login. */
export interface GatewayStatus {
  /** `drain()` was called. */
  readonly draining: boolean;
  /** Requests in flight. */
  readonly inFlight: number;
  /** With `overloadProtection`. `elevated`: optional work is skipped; `overloaded`: new requests are refused. */
  readonly load: 'normal' | 'elevated' | 'overloaded';
  /** Seconds since the gateway was created. */
  readonly uptimeSeconds: number;
  /** Every endpoint of the provider table. */
  readonly endpoints: readonly EndpointStatusReport[];
  /** Connections to upstreams. */
  readonly sockets: { readonly active: number; readonly idle: number };
  /** `undefined` without a cache. */
  readonly cache: CacheStatistics | undefined;
  /** Counters of the router; `undefined` without one. */
  readonly routing: RouterStatus | undefined;
}

/** Live statistics of one endpoint, and its availability. */
export interface EndpointStatusReport extends EndpointReport {
  /** Circuit breaker, cooldown and last failure; `undefined` before the first attempt. */
  readonly readiness: EndpointReadiness | undefined;
}

export interface StatusParts {
  readonly clock: Clock;
  readonly admission: Admission;
  readonly router: Router;
  readonly proxy: Proxy;
  readonly cache: Cache | undefined;
  readonly hooks: HookRunner;
}

const LOAD = ['normal', 'elevated', 'overloaded'] as const;

export function createStatus({ clock, admission, router, proxy, cache, hooks }: StatusParts): () => GatewayStatus {
  const startedAt = clock.now();
  return function status() {
    return {
      draining: admission.draining,
      inFlight: admission.inFlight,
      load: LOAD[admission.load],
      uptimeSeconds: Math.floor((clock.now() - startedAt) / 1_000),
      endpoints: router
        .endpoints()
        .map((endpoint) => ({ ...endpoint, readiness: proxy.endpointStates.status(endpoint.id) })),
      sockets: proxy.sockets(),
      cache: cache?.statistics(),
      routing: hooks.hooks.selectCandidates?.status?.(),
    };
  };
}
