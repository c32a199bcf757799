import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { openai } from '../../src/providers/openai.js';
import type { ChatRequest } from '../../src/chat/types.js';
import type { RequestContext, Stage } from '../../src/context.js';
import type { CallOutcome, Endpoint, Timeouts } from '../../src/contracts/routing.js';
import type { Hooks } from '../../src/contracts/hooks.js';
import { HookRunner } from '../../src/hooks.js';
import { systemClock } from '../../src/http/system-clock.js';
import { proxyStage } from '../../src/proxy/proxy.js';
import { TargetTable } from '../../src/proxy/target-table.js';
import { proxyTransport } from '../../src/proxy/transport.js';
import { runStages } from '../../src/run-stages.js';

export interface HarnessOptions {
  readonly upstreams: readonly { readonly baseUrl: string; readonly model?: string }[];
  readonly timeouts?: Partial<Timeouts>;
  readonly maxAttempts?: number;
  readonly hooks?: Hooks;
  readonly random?: () => number;
}

/** The proxy stage alone on a real server: routing is a fixed list, validation is JSON.parse. */
export async function proxyHarness(options: HarnessOptions) {
  const transport = proxyTransport();
  const endpoints = options.upstreams.map((upstream, position) =>
    endpointAt(upstream.baseUrl, position, upstream.model ?? 'm', options.timeouts),
  );
  const outcomes: CallOutcome[] = [];
  const targets = new TargetTable({
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
      candidates: endpoints.map((endpoint) => ({ endpoint, drop: [] })),
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
    targets,
    maxAttempts: options.maxAttempts ?? 5,
    retryAmbiguous: true,
    hedging: undefined,
  });
  const server = http.createServer(
    runStages([prepare, proxy], { clock: systemClock, hooks, onError: 'respond', errorFormat: 'openai' }),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/chat/completions`;
  return {
    url,
    server,
    transport,
    contexts,
    outcomes,
    targets,
    endpoints,
    ask: (body: object, init: RequestInit = {}) =>
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

function endpointAt(baseUrl: string, position: number, model: string, timeouts: Partial<Timeouts> = {}): Endpoint {
  const url = new URL(`${baseUrl}/chat/completions`);
  const slug = `p${position}`;
  return {
    position,
    provider: {
      slug,
      displayName: slug,
      url: { origin: url.origin, protocol: 'http:', hostname: url.hostname, port: url.port, path: url.pathname },
      apiKey: `operator-secret-${position}`,
      auth: { header: 'authorization', prefix: 'Bearer ' },
      headers: {},
      format: openai,
      timeouts: { connectMs: 5_000, headMs: 5_000, firstEventMs: 5_000, idleMs: 5_000, totalMs: 20_000, ...timeouts },
    },
    model,
    slug,
    id: `${slug} ${model}`,
    upstreamModel: model,
    pricing: { prompt: 1, completion: 2, request: 0, image: 0 },
    contextLength: undefined,
    maxCompletionTokens: undefined,
    quantization: 'unknown',
    supportedParameters: undefined,
    zdr: false,
    dataCollection: 'allow',
    distillable: false,
    tier: undefined,
  };
}
