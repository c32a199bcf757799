import { createAdminRoutes, type AdminRoutes } from './admin-routes.js';
import { chatStages } from './gateway/chat-stages.js';
import { healthHandler } from './gateway/health.js';
import { createParts, type GatewayParts } from './gateway/parts.js';
import { fetchHandler } from './http/fetch-handler.js';
import type { Middleware } from './http/middleware.js';
import { shareInternals } from './observe/gateway-internals.js';
import type { GatewayOptions, RouteOptions } from './options/types.js';
import { runStages } from './request/run-stages.js';
import type { GatewayLimits } from './contracts/limits.js';
import { faceOf } from './limit/gateway-limits.js';
import type { PlanContext, PlanResult } from './route/router-types.js';
import { drain, type DrainOptions } from './runtime/drain.js';
import { createStatus, type GatewayStatus } from './status.js';

/** What `createGateway` makes: a request listener with everything else that can be asked of it. */
export interface Gateway extends Middleware, GatewayLimits {
  /** Which endpoints `body` would be sent to, in order, and why the others would not: no I/O, the same code as a request. */
  plan(body: unknown, context?: PlanContext): PlanResult;
  /** `GET /v1/models` and `GET /v1/models/{id}`, for callers with a key. */
  readonly models: Middleware;
  /** Everything that is counted, as Prometheus reads it, for those whom `admin` and `adminKeys` let see it. */
  readonly metrics: Middleware;
  /** What the caller itself has used, for callers with a key; also `GET …/usage` where the gateway is mounted. */
  readonly usageHandler: Middleware;
  /** 200 while requests are taken, 503 while draining. Needs no key. */
  readonly health: Middleware;
  /**
   * Answers a Fetch request: `export const POST = gateway.fetch` in Next's app router, `app.all('/v1/*', (c) =>
   * gateway.fetch(c.req.raw))` in Hono. The same path as over TCP, streams and aborts included. Rejects with a
   * `TypeError` where the response was aborted before its head; a path that is not served gets 404.
   */
  readonly fetch: (request: Request) => Promise<Response>;
  /** What this process knows of its endpoints right now, as JSON. */
  status(): GatewayStatus;
  /** Puts another provider table in place. Open streams and statistics stay. @throws TypeError when it is wrong; the old one stays. */
  update(providers: RouteOptions['providers']): void;
  /**
   * Takes no new requests, after `delayMs` where that is given, and resolves when the last one has left, or after
   * `timeoutMs`. What is still at work shortly before that is ended honestly. Closes the listener of `server`.
   */
  drain(options?: DrainOptions): Promise<void>;
  /** Closes idle upstream connections and the store. What is still at work ends by itself. */
  close(): Promise<void>;
}

/**
 * An OpenAI-compatible gateway as one middleware: authenticate → validate → route → cache → proxy.
 * @throws TypeError for an option that is wrong: its name, what came, and what would do.
 */
export function createGateway(options: GatewayOptions): Gateway {
  const parts = createParts(options);
  const { runner, admission, scope, admin, clock, hooks } = parts;
  const status = createStatus(parts);
  const routes = createAdminRoutes({ ...parts, admin: admin.stage, status });
  const middleware = routes.withRoutes(runStages(chatStages(parts), { ...runner, admission, observed: true, scope }));
  const endPages = shareInternals(middleware, { ...routes, clock, hooks, status, authenticates: admin.decides });
  return Object.assign(middleware, handlers(middleware, parts, routes), controls(parts, endPages), { status });
}

/** The request handlers of a gateway, beside the gateway itself. */
function handlers(
  middleware: Middleware,
  { admission }: GatewayParts,
  { models, metrics, usage }: AdminRoutes,
): Pick<Gateway, 'models' | 'metrics' | 'usageHandler' | 'health' | 'fetch'> {
  return { models, metrics, usageHandler: usage, health: healthHandler(admission), fetch: fetchHandler(middleware) };
}

/** What a host can ask of a gateway, or change, while it runs. */
function controls(
  { router, cache, admission, limits, proxy, clock }: GatewayParts,
  endPages: () => void,
): Pick<Gateway, 'plan' | 'update' | 'drain' | 'close' | keyof GatewayLimits> {
  return {
    ...faceOf(limits),
    plan: router.plan,
    update(providers) {
      router.update(providers);
      cache?.clearBodyIndex();
    },
    drain(limits = {}) {
      endPages();
      return drain(admission, clock, limits);
    },
    async close() {
      admission.close();
      endPages();
      proxy.close();
      await limits?.close();
      await cache?.close();
    },
  };
}
