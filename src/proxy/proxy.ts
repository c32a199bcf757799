import type { RequestContext, Stage, StageOutcome } from '../request/context.js';
import type { GatewayError } from '../errors/gateway-error.js';
import type { CommittedResponse } from './failover/attempt.js';
import type { Clock } from '../contracts/clock.js';
import type { HookRunner } from '../request/hooks.js';
import type { Transport } from '../contracts/transport.js';
import type { ProxyOptions, RouteOptions } from '../options/types.js';
import { AgentPool, agentFactory } from '../transports/agent-pool.js';
import { PROXY } from '../options/tables/proxy.js';
import { sendResponse } from './send-response.js';
import { Failover, type FailoverParts } from './failover/failover.js';
import { hedgingFor } from './failover/hedging.js';
import { EndpointStates } from './failover/endpoint-states.js';
import { httpProxyTransport } from '../transports/http-proxy/http-proxy-transport.js';
import { isRecord } from '../util/json-object.js';

export interface ProxyParts {
  readonly clock: Clock;
  readonly random: () => number;
  readonly hooks: HookRunner;
}

/** The stage and its controls. */
export interface Proxy {
  readonly stage: Stage;
  readonly endpointStates: EndpointStates;
  /** @throws TypeError for a provider with a `network` option that the transport does not support. */
  checkProviders(providers: unknown): void;
  sockets(): { readonly active: number; readonly idle: number };
  /** Closes idle connections. Connections in use close when their calls end. */
  close(): void;
}

/** @throws TypeError for an invalid option */
export function createProxy(
  options: ProxyOptions & Partial<Pick<RouteOptions, 'providers'>>,
  { clock, random, hooks }: ProxyParts,
): Proxy {
  const {
    maxAttempts,
    retryNonIdempotent,
    upstreamErrors,
    maxInFlightPerProvider,
    hedging: hedgingOptions,
    ...given
  } = PROXY.read(options);
  const transport = given.transport ?? httpProxyTransport(new AgentPool(agentFactory(clock)));
  const checkProviders = (providers: unknown): void => refuseUnsupportedNetworks(transport, providers);
  checkProviders(options.providers);
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
    checkProviders,
    sockets: () => transport.sockets(),
    close: () => transport.close(),
  };
}

/** A proxy or client certificate must not be ignored silently. */
function refuseUnsupportedNetworks({ supportsNetwork }: Transport, providers: unknown): void {
  if (supportsNetwork === true || !isRecord(providers)) return;
  for (const [name, provider] of Object.entries(providers)) {
    if (!isRecord(provider) || (provider['network'] ?? undefined) === undefined) continue;
    throw new TypeError(
      `providers.${name}.network needs a transport that supports it: the default one, undiciTransport(), or one with supportsNetwork: true.`,
    );
  }
}

/** Tries the candidates of `context.route` until one responds, and sends its response to the client. */
export function proxyStage(parts: FailoverParts): Stage {
  return async function proxyRequest(context): Promise<StageOutcome> {
    const { route } = context;
    if (route === undefined || context.request === undefined || context.body === undefined) {
      throw new TypeError('proxy needs the results of validate and route: mount both before it.');
    }
    const failover = new Failover(context, route, parts);
    for (let committed = await failover.run(); committed !== undefined; committed = await failover.run()) {
      const rejection = await sendGuarded(context, committed);
      if (rejection === undefined) break;
      failover.reject(committed, rejection);
    }
    return 'responded';
  };
}

/**
 * Sends a response through the guards. Resolves with an error if a guard wants the response of the next candidate
 * instead.
 */
async function sendGuarded(context: RequestContext, committed: CommittedResponse): Promise<GatewayError | undefined> {
  const { responseGate } = context;
  if (responseGate !== undefined) {
    return responseGate.offer(
      () => sendResponse(context, committed),
      () => committed.exchange.cancel(),
    );
  }
  await sendResponse(context, committed);
  return undefined;
}
