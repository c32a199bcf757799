import { createAdminRoutes, type AdminRoutes } from './admin-routes.js';
import type { PurgeOptions } from './cache/purge-options.js';
import { chatStages } from './gateway/chat-stages.js';
import { healthHandler, readyHandler } from './gateway/health.js';
import { createParts, type GatewayParts } from './gateway/parts.js';
import { updater } from './gateway/update.js';
import type { UpdateArgument } from './options/update-types.js';
import { fetchHandler } from './http/fetch-handler.js';
import type { Middleware } from './http/middleware.js';
import { shareInternals } from './observe/gateway-internals.js';
import type { GatewayOptions } from './options/types.js';
import { runStages } from './request/run-stages.js';
import type { GatewayLimits } from './contracts/limits.js';
import { faceOf } from './limit/gateway-limits.js';
import type { PlanContext, PlanResult, PlanWithHooksContext } from './route/router-types.js';
import { drain, type DrainOptions } from './runtime/drain.js';
import { createStatus, type GatewayStatus } from './status.js';

/** What `createGateway` makes: a request listener with everything else that can be asked of it. */
export interface Gateway extends Middleware, GatewayLimits {
  /**
   * Which endpoints `body` would be sent to, in order, and why the others would not: no I/O, the same code as a request.
   * @throws GatewayError that the request would get; where no endpoint is left, `metadata.excluded` says why for each.
   */
  plan(body: unknown, context?: PlanContext): PlanResult;
  /**
   * The same with the hooks `beforeRoute` and `selectCandidates`, as a request of `caller` with these `headers` would run
   * them. No upstream is called; `beforeAttempt`, which belongs to a call, is not run. Rejects with the `GatewayError` that
   * the request would get.
   * @example
   * await gateway.planWithHooks({ model: 'auto' }, { caller: { id: 'team-a' }, headers: { 'x-region': 'eu' } });
   */
  planWithHooks(body: unknown, context?: PlanWithHooksContext): Promise<PlanResult>;
  /** `GET /v1/models` and `GET /v1/models/{id}`, for callers with a key. */
  readonly models: Middleware;
  /** Everything that is counted, as Prometheus reads it, for those whom `admin` and `adminKeys` let see it. */
  readonly metrics: Middleware;
  /** What the caller itself has used, for callers with a key; also `GET …/usage` where the gateway is mounted. */
  readonly usageHandler: Middleware;
  /** Liveness: 200 while requests are taken, 503 while draining. Needs no key. */
  readonly health: Middleware;
  /**
   * Readiness: `200 {"status":"ready","models":[]}`, or 503 with the names of the models for which no endpoint is alive
   * (every breaker open, or every endpoint in cooldown): `{"status":"unavailable","models":["large"]}`. While draining
   * `503 {"status":"draining","models":[]}`. Needs no key.
   */
  readonly ready: Middleware;
  /**
   * Answers a Fetch request: `export const POST = gateway.fetch` in Next's app router, `app.all('/v1/*', (c) =>
   * gateway.fetch(c.req.raw))` in Hono. The same path as over TCP, streams and aborts included. Rejects with a
   * `TypeError` where the response was aborted before its head; a path that is not served gets 404.
   */
  readonly fetch: (request: Request) => Promise<Response>;
  /** What this process knows of its endpoints right now, as JSON. */
  status(): GatewayStatus;
  /**
   * Replaces options while requests run: `update({ aliases, defaultModel, autoModels, timeouts, providers })`, or
   * `update(providers)` with a provider table alone. All or nothing: where one is wrong, none changes. Requests at work
   * follow what they began with; open streams and statistics stay.
   * @throws TypeError naming the option at fault.
   * @example
   * gateway.update({ aliases: { fast: 'small-2' }, defaultModel: 'small-2' });
   */
  update(update: UpdateArgument): void;
  /**
   * Purges the cached responses of one caller, or of all. Responses that were asked for before it are not kept. In
   * memory and for this process it takes effect at once; other processes that share a store follow within a second,
   * with what they hold in memory. Without a cache there is nothing to do. Rejects where a shared store did not take the
   * purge over (it holds in this process, and is tried again with the next requests), and with a `TypeError` for an
   * option that is wrong.
   * @example
   * await gateway.purgeCache({ callerId: 'team-a' });
   */
  purgeCache(options?: PurgeOptions): Promise<void>;
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
  const { runner, admission, scope, admin, clock, hooks, limits } = parts;
  const status = createStatus(parts);
  const routes = createAdminRoutes({ ...parts, admin: admin.stage, status });
  const middleware = routes.withRoutes(runStages(chatStages(parts), { ...runner, admission, observed: true, scope }));
  const endPages = shareInternals(middleware, {
    ...routes,
    clock,
    hooks,
    status,
    watchUsage: limits && (() => limits.watchUsage()),
    authenticates: admin.decides,
  });
  return Object.assign(middleware, handlers(middleware, parts, routes), controls(parts, endPages), { status });
}

/** The request handlers of a gateway, beside the gateway itself. */
function handlers(
  middleware: Middleware,
  parts: GatewayParts,
  { models, metrics, usage }: AdminRoutes,
): Pick<Gateway, 'models' | 'metrics' | 'usageHandler' | 'health' | 'ready' | 'fetch'> {
  return {
    models,
    metrics,
    usageHandler: usage,
    health: healthHandler(parts.admission),
    ready: readyHandler(parts),
    fetch: fetchHandler(middleware),
  };
}

/** What a host can ask of a gateway, or change, while it runs. */
function controls(
  parts: GatewayParts,
  endPages: () => void,
): Pick<Gateway, 'plan' | 'planWithHooks' | 'update' | 'purgeCache' | 'drain' | 'close' | keyof GatewayLimits> {
  const { router, cache, admission, limits, proxy, clock } = parts;
  return {
    ...faceOf(limits),
    plan: router.plan,
    planWithHooks: router.planWithHooks,
    update: updater(parts),
    purgeCache: async (options) => cache?.purge(options),
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
