import type { ClientRequest, IncomingMessage, ServerResponse } from 'node:http';
import { createProxyMiddleware, type RequestHandler } from 'http-proxy-middleware';
import type { Transport } from '../../contracts/transport.js';
import { AgentPool } from '../agent-pool.js';
import { AWAITING_CALL } from '../network-agent.js';
import { FakeRequest, type FakeResponse } from './fake-request.js';

/**
 * Upstream calls by http-proxy-middleware: one instance for all of them, called once per attempt with stand-ins
 * instead of the client's request and response. Keys and headers are set before it sees the request, never in its
 * hooks: httpxy skips `proxyReq` for requests with `Expect`, and a hook that may not run guards nothing.
 */
export function httpProxyTransport(agents: AgentPool = new AgentPool()): Transport {
  const proxy = createProxy(agents);

  return {
    supportsNetwork: true,
    open(request, events) {
      const call = new FakeRequest(request, events);
      // Resolves when the stand-in response is released; what goes wrong before the call began comes as `next(error)`.
      void proxy(call, call.response, (error) => call.failed(asError(error)));
      return call;
    },
    sockets: () => agents.sockets(),
    close: () => agents.close(),
  };
}

type StandInProxy = (request: FakeRequest, response: FakeResponse, next: (error?: unknown) => void) => Promise<void>;

function createProxy(agents: AgentPool): StandInProxy {
  const handler = createProxyMiddleware<IncomingMessage, ServerResponse>({
    selfHandleResponse: true,
    pathFilter: () => true,
    changeOrigin: true,
    // The default plugins answer the client, write log lines and build a URL per response: all ours to do.
    ejectPlugins: true,
    // The third argument is this request's own copy of the options (contract-tested: HPM is pinned to 4.2).
    router: (req, _res, options) => {
      const call = standIn(req);
      if (call.settled) throw new Error('The call was given up before it began.');
      const { url, network } = call.upstream;
      if (options !== undefined) {
        options.agent = agents.agentFor(call.upstream);
        // httpxy builds the request's options on top of these; Node hands all of them to the agent.
        if (network !== undefined) options.ssl = { [AWAITING_CALL]: call };
      }
      return { protocol: url.protocol, hostname: url.hostname, port: url.port, pathname: url.path };
    },
    plugins: [
      (server) => {
        server.on('proxyReq', (clientRequest: ClientRequest, req: IncomingMessage) =>
          standIn(req).began(clientRequest),
        );
        server.on('proxyRes', (message: IncomingMessage, req: IncomingMessage) => standIn(req).answered(message));
        server.on('error', (error: Error, req?: IncomingMessage) => standIn(req).failed(error));
        server.on('econnreset', (error: Error, req?: IncomingMessage) => standIn(req).failed(error));
      },
    ],
  });
  // The one cast that stand-ins need: HPM's types name Node's classes, its code uses the few members they have.
  return handler as RequestHandler as unknown as StandInProxy;
}

function standIn(req: IncomingMessage | undefined): FakeRequest {
  return req as IncomingMessage & FakeRequest;
}

function asError(value: unknown): Error {
  return value instanceof Error ? value : new Error('The proxy gave up without a reason.');
}
