import type { Stage, StageOutcome } from '../request/context.js';
import type { Clock } from '../contracts/clock.js';
import type { HookRunner } from '../request/hooks.js';
import type { ProxyOptions, RouteOptions } from '../options/types.js';
import { AgentPool, agentFactory } from '../transports/agent-pool.js';
import { literalsIn } from '../transports/ssrf-guard.js';
import { PROXY } from '../options/tables/proxy.js';
import { sendResponse } from './send-response.js';
import { findResponse, type FailoverParts } from './failover/failover.js';
import { hedgingFor } from './failover/hedging.js';
import { EndpointStates } from './failover/endpoint-states.js';
import { httpProxyTransport } from '../transports/http-proxy/http-proxy-transport.js';

export interface ProxyParts {
  readonly clock: Clock;
  readonly random: () => number;
  readonly hooks: HookRunner;
}

/** The stage, and what its owner may ask of it. */
export interface Proxy {
  readonly stage: Stage;
  readonly endpointStates: EndpointStates;
  sockets(): { readonly active: number; readonly idle: number };
  /** Closes idle connections. What is at work ends by itself. */
  close(): void;
}

/** @throws TypeError for an option that is wrong. */
export function createProxy(
  options: ProxyOptions & Pick<Partial<RouteOptions>, 'callerOverrides'>,
  { clock, random, hooks }: ProxyParts,
): Proxy {
  const literals = literalsIn(options.callerOverrides?.allowedOrigins ?? []);
  const {
    maxAttempts,
    retryNonIdempotent,
    upstreamErrors,
    maxInFlightPerProvider,
    hedging: hedgingOptions,
    ...given
  } = PROXY.read(options);
  const transport = given.transport ?? httpProxyTransport(new AgentPool(agentFactory({ literals }, clock)));
  const endpointStates = new EndpointStates({ clock, random, maxInFlightPerProvider });
  const hedging = hedgingFor({ hedging: hedgingOptions, retryNonIdempotent }, clock);

  return {
    stage: proxyStage({
      transport,
      clock,
      random,
      hooks,
      endpointStates,
      maxAttempts,
      retryNonIdempotent,
      upstreamErrors,
      hedging,
    }),
    endpointStates,
    sockets: () => transport.sockets(),
    close: () => transport.close(),
  };
}

/** ASK AND ANSWER: follows `context.route` until a candidate answers, and delivers what it says. */
export function proxyStage(parts: FailoverParts): Stage {
  return async function proxyRequest(context): Promise<StageOutcome> {
    const { route } = context;
    if (route === undefined || context.request === undefined || context.body === undefined) {
      throw new TypeError('proxy needs what validate and route leave behind: mount them before it.');
    }
    const found = await findResponse(context, route, parts);
    if (found !== undefined) await sendResponse(context, found);
    return 'responded';
  };
}
