import type { ClientRequest, IncomingMessage, ServerResponse } from 'node:http';
import { createProxyMiddleware, type RequestHandler } from 'http-proxy-middleware';
import type { Transport } from '../../contracts/transport.js';
import { AgentPool } from '../agent-pool.js';
import { CONNECTING_CALL } from '../network-agent.js';
import { FakeRequest, type FakeResponse } from './fake-request.js';

/**
 * The default transport, over http-proxy-middleware: one instance for all calls, called once per attempt with a fake
 * request and response in place of the client's. Keys and headers are set before it gets the request, never in its
 * hooks, because httpxy skips `proxyReq` for requests with `Expect`.
 */
export function httpProxyTransport(agents: AgentPool = new AgentPool()): Transport {
  const proxy = createProxy(agents);

  return {
    supportsNetwork: true,
    open(request, events) {
      const call = new FakeRequest(request, events);
      // Resolves when the fake response is released. An error before the call has begun is passed to `next`.
      void proxy(call, call.response, (error) => call.fail(asError(error)));
      return call;
    },
    sockets: () => agents.sockets(),
    close: () => agents.close(),
  };
}

type FakeProxy = (request: FakeRequest, response: FakeResponse, next: (error?: unknown) => void) => Promise<void>;

function createProxy(agents: AgentPool): FakeProxy {
  const handler = createProxyMiddleware<IncomingMessage, ServerResponse>({
    selfHandleResponse: true,
    pathFilter: () => true,
    changeOrigin: true,
    // The default plugins respond to the client, log, and parse a URL per response.
    ejectPlugins: true,
    // The third argument is a copy of the options for this request only (HPM is pinned to 4.2, and a test checks this).
    router: (req, _res, options) => {
      const call = fakeRequestOf(req);
      if (call.settled) throw new Error('The call was aborted before it began.');
      const { url, network } = call.upstream;
      if (options !== undefined) {
        options.agent = agents.agentFor(call.upstream);
        // httpxy builds the request's options on top of these, and Node passes all of them to the agent.
        if (network !== undefined) options.ssl = { [CONNECTING_CALL]: call };
      }
      return { protocol: url.protocol, hostname: url.hostname, port: url.port, pathname: url.path };
    },
    plugins: [
      (server) => {
        server.on('proxyReq', (clientRequest: ClientRequest, req: IncomingMessage) =>
          fakeRequestOf(req).onClientRequest(clientRequest),
        );
        server.on('proxyRes', (message: IncomingMessage, req: IncomingMessage) =>
          fakeRequestOf(req).onResponse(message),
        );
        server.on('error', (error: Error, req?: IncomingMessage) => fakeRequestOf(req).fail(error));
        server.on('econnreset', (error: Error, req?: IncomingMessage) => fakeRequestOf(req).fail(error));
      },
    ],
  });
  // HPM's types name Node's classes, but its code uses only the members that the fakes have.
  return handler as RequestHandler as unknown as FakeProxy;
}

function fakeRequestOf(req: IncomingMessage | undefined): FakeRequest {
  return req as IncomingMessage & FakeRequest;
}

function asError(value: unknown): Error {
  return value instanceof Error ? value : new Error('http-proxy-middleware failed without an error.');
}
