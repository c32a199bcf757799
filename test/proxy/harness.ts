import http from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ChatRequest } from '../../src/chat/types.js';
import type { RequestContext, Stage } from '../../src/request/context.js';
import type { AttemptOutcome, Timeouts } from '../../src/contracts/routing.js';
import type { Hooks } from '../../src/contracts/hooks.js';
import { HookRunner } from '../../src/request/hooks.js';
import { systemClock } from '../../src/util/clock.js';
import { proxyStage } from '../../src/proxy/proxy.js';
import { EndpointStates } from '../../src/proxy/failover/endpoint-states.js';
import { httpProxyTransport } from '../../src/transports/http-proxy/http-proxy-transport.js';
import { runStages } from '../../src/request/run-stages.js';
import { endpointAt } from '../support/endpoint.js';

export interface HarnessOptions {
  readonly upstreams: readonly { readonly baseUrl: string; readonly model?: string }[];
  readonly timeouts?: Partial<Timeouts>;
  readonly maxAttempts?: number;
  readonly hooks?: Hooks;
  readonly random?: () => number;
}

/** The proxy stage alone on a real server: routing is a fixed list, validation is JSON.parse. */
export async function proxyHarness(options: HarnessOptions) {
  const transport = httpProxyTransport();
  const endpoints = options.upstreams.map((upstream, position) =>
    endpointAt(upstream.baseUrl, `p${position}`, {
      position,
      model: upstream.model ?? 'm',
      apiKey: `operator-secret-${position}`,
      pricing: { prompt: 1, completion: 2, request: 0, image: 0 },
      ...(options.timeouts && { timeouts: options.timeouts }),
    }),
  );
  const outcomes: AttemptOutcome[] = [];
  const endpointStates = new EndpointStates({
    clock: systemClock,
    random: options.random ?? (() => 0),
    maxInFlightPerProvider: 1024,
  });
  const contexts: RequestContext[] = [];
  const hooks = new HookRunner(options.hooks);
  const prepare: Stage = async (context): Promise<'next'> => {
    contexts.push(context);
    const pieces: Buffer[] = [];
    for await (const piece of context.req) pieces.push(piece as Buffer);
    const request = JSON.parse(Buffer.concat(pieces).toString()) as ChatRequest;
    context.request = request;
    context.body = {
      request,
      received: undefined,
      bytesFor: ({ set }) =>
        Buffer.from(
          JSON.stringify({
            ...request,
            ...Object.fromEntries(Object.entries(set).map(([key, text]) => [key, JSON.parse(text)])),
          }),
        ),
    };
    context.route = {
      model: 'm',
      candidates: endpoints.map((endpoint) => ({ endpoint, credential: 'operator' as const, drop: [] })),
      excluded: [],
      drawn: false,
      ownFields: new Set(),
      overrides: undefined,
      record: (_endpoint, outcome) => void outcomes.push(outcome),
      onServed: undefined,
    };
    return 'next';
  };
  const proxy = proxyStage({
    transport,
    clock: systemClock,
    random: options.random ?? (() => 0),
    hooks,
    endpointStates,
    maxAttempts: options.maxAttempts ?? 5,
    retryNonIdempotent: true,
    upstreamErrors: 'summary',
    hedging: undefined,
  });
  const server = http.createServer(
    runStages([prepare, proxy], { clock: systemClock, hooks, errorHandling: 'respond', errorFormat: 'openai' }),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/chat/completions`;
  return {
    url,
    server,
    transport,
    contexts,
    outcomes,
    endpointStates,
    endpoints,
    post: (body: object, init: RequestInit = {}) =>
      fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'hi' }], ...body }),
        ...init,
      }),
    async close() {
      transport.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
