import type { RequestContext, Stage, StageOutcome } from '../request/context.js';
import type { GatewayError } from '../errors/gateway-error.js';
import type { CommittedResponse } from './failover/attempt.js';
import type { Clock } from '../contracts/clock.js';
import type { HookRunner } from '../request/hooks.js';
import type { Transport } from '../contracts/transport.js';
import type { ProxyOptions, RouteOptions } from '../options/types.js';
import { AgentPool, agentFactory } from '../transports/agent-pool.js';
import { literalsIn } from '../transports/ssrf-guard.js';
import { isObject, optionalBoolean, optionalCount, optionError } from '../options/checks.js';
import { sendResponse } from './send-response.js';
import { Failover, type FailoverParts } from './failover/failover.js';
import { hedgingOf } from './failover/hedging.js';
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
  const transport =
    optionalTransport(options.transport) ?? httpProxyTransport(new AgentPool(agentFactory({ literals }, clock)));
  const maxInFlightPerProvider =
    optionalCount('maxInFlightPerProvider', options.maxInFlightPerProvider, 'calls') ?? 1_024;
  const endpointStates = new EndpointStates({ clock, random, maxInFlightPerProvider });
  const maxAttempts = optionalCount('maxAttempts', options.maxAttempts, 'attempts') ?? 5;
  const retryNonIdempotent = optionalBoolean('retryNonIdempotent', options.retryNonIdempotent) ?? true;
  const hedging = hedgingOf(options, clock);

  return {
    stage: proxyStage({ transport, clock, random, hooks, endpointStates, maxAttempts, retryNonIdempotent, hedging }),
    endpointStates,
    sockets: () => transport.sockets(),
    close: () => transport.close(),
  };
}

function optionalTransport(value: unknown): Transport | undefined {
  if (value === undefined || value === null) return undefined;
  const has = (member: string): boolean => isObject(value) && typeof value[member] === 'function';
  if (has('open') && has('sockets') && has('close')) return value as Transport;
  const forgotten = typeof value === 'function' ? ': call the function that makes it' : '';
  throw optionError('transport', `must be a transport, with open(), sockets() and close()${forgotten}`, value);
}

/** ASK AND ANSWER: follows `context.route` until a candidate answers, and delivers what it says. */
export function proxyStage(parts: FailoverParts): Stage {
  return async function proxyRequest(context): Promise<StageOutcome> {
    const { route } = context;
    if (route === undefined || context.request === undefined || context.body === undefined) {
      throw new TypeError('proxy needs what validate and route leave behind: mount them before it.');
    }
    const failover = new Failover(context, route, parts);
    for (let found = await failover.run(); found !== undefined; found = await failover.run()) {
      const rejection = await sendGuarded(context, found);
      if (rejection === undefined) break;
      failover.reject(found, rejection);
    }
    return 'responded';
  };
}

/** Sends a response. Resolves with an error where a guard wants the next candidate's instead. */
async function sendGuarded(context: RequestContext, found: CommittedResponse): Promise<GatewayError | undefined> {
  const { responseGate } = context;
  if (responseGate !== undefined) {
    return responseGate.offer(
      () => sendResponse(context, found),
      () => found.attempt.cancel(),
    );
  }
  await sendResponse(context, found);
  return undefined;
}
