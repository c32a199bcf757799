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
import { publicLimits } from './limit/gateway-limits.js';
import type { PlanContext, PlanResult, PlanWithHooksContext } from './route/router-types.js';
import { drain, type DrainOptions } from './runtime/drain.js';
import { createStatus, type GatewayStatus } from './status.js';

/** Result of `createGateway`: a request listener with further handlers and controls. */
export interface Gateway extends Middleware, GatewayLimits {
  /**
   * The endpoints that a request with this body would be sent to, in order, and why the others are excluded. Uses the
   * same code as a request, without I/O.
   * @throws GatewayError that the request would get; if no endpoint is left, `metadata.excluded` contains the reasons.
   */
  plan(body: unknown, context?: PlanContext): PlanResult;
  /**
   * As `plan`, with the hooks `beforeRoute` and `selectCandidates`, which are called as for a request of `caller` with
   * these `headers`. No upstream is called, and neither is `beforeAttempt`. Rejects with the `GatewayError` that the
   * request would get.
   * @example
   * await gateway.planWithHooks({ model: 'auto' }, { caller: { id: 'team-a' }, headers: { 'x-region': 'eu' } });
   */
  planWithHooks(body: unknown, context?: PlanWithHooksContext): Promise<PlanResult>;
  /** `GET /v1/models` and `GET /v1/models/{id}`, for callers with a key. */
  readonly models: Middleware;
  /** Metrics in Prometheus' text format, for requests that `admin` or `adminKeys` allow. */
  readonly metrics: Middleware;
  /** The caller's own usage, for callers with a key. The gateway also serves it at `GET …/usage`. */
  readonly usageHandler: Middleware;
  /** Liveness: 200 while requests are accepted, 503 while draining. Needs no key. */
  readonly health: Middleware;
  /**
   * Readiness: `200 {"status":"ready","models":[]}`, or 503 with the names of the models without an available
   * endpoint (circuit breaker open, or in cooldown): `{"status":"unavailable","models":["large"]}`. While draining
   * `503 {"status":"draining","models":[]}`. Needs no key.
   */
  readonly ready: Middleware;
  /**
   * Handles a Fetch request: `export const POST = gateway.fetch` in Next's app router, `app.all('/v1/*', (c) =>
   * gateway.fetch(c.req.raw))` in Hono. It behaves as over TCP, streams and aborts included. Rejects with a `TypeError`
   * if the response was aborted before its head; a path that is not served gets 404.
   */
  readonly fetch: (request: Request) => Promise<Response>;
  /** State of the gateway and its endpoints, as JSON. */
  status(): GatewayStatus;
  /**
   * Replaces options while requests run: `update({ aliases, defaultModel, autoModels, timeouts, providers })`, or
   * `update(providers)` with a provider table alone. If one option is invalid, nothing changes. Requests in flight keep
   * the options they began with, and statistics are kept.
   * @throws TypeError naming the invalid option.
   * @example
   * gateway.update({ aliases: { fast: 'small-2' }, defaultModel: 'small-2' });
   */
  update(update: UpdateArgument): void;
  /**
   * Purges the cached responses of one caller, or of all. Responses to requests that are in flight are not cached.
   * Takes effect in this process at once, and in other processes that share the store within a second, their copies in
   * memory included. Without a cache it does nothing. Rejects if the shared store failed (this process then applies the
   * purge, and repeats it with the next requests), and with a `TypeError` for an invalid option.
   * @example
   * await gateway.purgeCache({ callerId: 'team-a' });
   */
  purgeCache(options?: PurgeOptions): Promise<void>;
  /**
   * Graceful shutdown: refuses new requests (after `delayMs`, if set), and resolves when the last one in flight has
   * ended, or after `timeoutMs`. Shortly before that, the rest are ended with an error. Closes the listener of
   * `server`.
   */
  drain(options?: DrainOptions): Promise<void>;
  /** Closes idle upstream connections and the stores. Requests in flight are not aborted. */
  close(): Promise<void>;
}

/**
 * Creates an OpenAI-compatible gateway as one middleware: authenticate → validate → guard → limit → route → cache →
 * proxy.
 * @throws TypeError for an invalid option, with its name, the value received and the values allowed.
 *
 * @example
 * const gateway = createGateway({
 *   keys: ['demo-key'],
 *   providers: {
 *     openai: { baseUrl: 'https://api.openai.com/v1', apiKey: process.env.OPENAI_API_KEY, models: ['gpt-5-mini'] },
 *   },
 * });
 * app.use('/v1', gateway);
 */
export function createGateway(options: GatewayOptions): Gateway {
  const parts = createParts(options);
  const { runner, admission, scope, admin, clock, hooks, limits } = parts;
  const status = createStatus(parts);
  const routes = createAdminRoutes({ ...parts, admin: admin.stage, status });
  const middleware = routes.withRoutes(runStages(chatStages(parts), { ...runner, admission, observed: true, scope }));
  const closePages = shareInternals(middleware, {
    ...routes,
    clock,
    hooks,
    status,
    watchUsage: limits && (() => limits.watchUsage()),
    authenticates: admin.decides,
  });
  return Object.assign(middleware, handlers(middleware, parts, routes), controls(parts, closePages), { status });
}

/** The request handlers of a gateway, besides the gateway itself. */
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

/** The methods of a gateway that are no request handlers. */
function controls(
  parts: GatewayParts,
  closePages: () => void,
): Pick<Gateway, 'plan' | 'planWithHooks' | 'update' | 'purgeCache' | 'drain' | 'close' | keyof GatewayLimits> {
  const { router, cache, admission, limits, proxy, clock } = parts;
  return {
    ...publicLimits(limits),
    plan: router.plan,
    planWithHooks: router.planWithHooks,
    update: updater(parts),
    purgeCache: async (options) => cache?.purge(options),
    drain(limits = {}) {
      closePages();
      return drain(admission, clock, limits);
    },
    async close() {
      admission.close();
      closePages();
      proxy.close();
      await limits?.close();
      await cache?.close();
    },
  };
}
