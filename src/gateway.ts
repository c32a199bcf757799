import { Admission } from './runtime/admission.js';
import { adminGuard } from './authenticate/admin.js';
import { authenticateStage } from './authenticate/authenticate.js';
import { createCache, type Cache } from './cache/cache.js';
import type { ChatRequest } from './chat/types.js';
import type { Stage } from './request/context.js';
import type { Hooks } from './contracts/hooks.js';
import { drain, type DrainOptions } from './runtime/drain.js';
import { GatewayError } from './errors/gateway-error.js';
import { sendJson } from './http/send.js';
import { fetchHandler } from './http/fetch-handler.js';
import type { Middleware } from './http/middleware.js';
import type { Diagnostics } from './observe/diagnostics.js';
import { shareInternals } from './observe/gateway-internals.js';
import { createObservation } from './observe/observe.js';
import type { GatewayOptions, RouteOptions } from './options/types.js';
import { createAdminRoutes } from './admin-routes.js';
import { overloadOf } from './runtime/overload.js';
import { createProxy } from './proxy/proxy.js';
import { resolveGatewayOptions } from './resolve-options.js';
import { asksForPlan } from './route/dry-run.js';
import type { HookRunner } from './request/hooks.js';
import { createRouter, type PlanContext, type PlanResult, type Router } from './route/route.js';
import { runStages, type RunnerParts } from './request/run-stages.js';
import { createStatus, type GatewayStatus } from './status.js';
import { createValidator, type FastPath } from './validate/validate.js';

/** What `createGateway` makes: a request listener with everything else that can be asked of it. */
export interface Gateway extends Middleware {
  /** Which endpoints `body` would be sent to, in order, and why the others would not: no I/O, the same code as a request. */
  plan(body: unknown, context?: PlanContext): PlanResult;
  /** `GET /v1/models` and `GET /v1/models/{id}`, for callers with a key. */
  readonly models: Middleware;
  /** Everything that is counted, as Prometheus reads it, for those whom `admin` and `adminKeys` let see it. */
  readonly metrics: Middleware;
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
  const { common, admission: atWork, hasTenants } = resolveGatewayOptions(options);
  const admission = new Admission(atWork.limits, atWork.overloadProtection ? overloadOf(common.clock) : undefined);
  const { clock, random } = common;
  const { hooks, recorder, diagnostics, scope } = createObservation(options, common.hooks, clock);
  const runner: RunnerParts = { ...common, hooks };

  const authenticate = authenticateStage(options, clock);
  const admin = adminGuard(options, authenticate);
  const cache = options.cache ? createCache(options.cache, { clock, hasTenants }) : undefined;
  const readLater = (bytes: Buffer): ChatRequest => validator.parse(bytes).request;
  const validator = createValidator(options, clock, createFastPath(cache, hooks.hooks, readLater));
  const router = reportingUnserved(
    createRouter(options, { clock, random, hooks: hooks.hooks, validator }),
    hooks,
    diagnostics,
  );
  const proxy = createProxy(options, { clock, random, hooks });

  const chat = runStages(
    [
      postOnly,
      authenticate,
      admission.admitCaller,
      validator.stage,
      router.stage,
      ...(cache === undefined ? [] : [cache.stage]),
      proxy.stage,
    ],
    { ...runner, admission, observed: true, scope },
  );
  const status = createStatus({ clock, admission, router, proxy, cache, hooks });
  const adminRoutes = createAdminRoutes({
    runner,
    authenticate,
    admin: admin.stage,
    router,
    recorder,
    diagnostics,
    status,
  });
  const gateway = adminRoutes.withRoutes(chat);
  const endPages = shareInternals(gateway, { ...adminRoutes, clock, hooks, status, authenticates: admin.decides });

  return Object.assign(gateway, {
    plan: router.plan,
    models: adminRoutes.models,
    metrics: adminRoutes.metrics,
    health: healthPage(admission),
    fetch: fetchHandler(gateway),
    status,
    update(providers: RouteOptions['providers']): void {
      router.update(providers);
      cache?.clearBodyIndex();
    },
    drain: (limits = {}) => {
      endPages();
      return drain(admission, clock, limits);
    },
    async close(): Promise<void> {
      admission.close();
      endPages();
      proxy.close();
      await cache?.close();
    },
  });
}

function healthPage(admission: Admission): Middleware {
  return (_req, res) => {
    const { draining } = admission;
    sendJson(res, draining ? 503 : 200, { status: draining ? 'draining' : 'ok' });
  };
}

/** `router`, saying once which models of the routing hook no provider serves. */
function reportingUnserved(router: Router, { hooks }: HookRunner, diagnostics: Diagnostics): Router {
  const report = (): void => {
    const known = router.models().data.map(({ id }) => id);
    const models = hooks.selectCandidates?.unserved?.(known) ?? [];
    if (models.length === 0) return;
    diagnostics.report('NORDLYS_ROUTER_MODEL_UNSERVED', { models }, `Not served: ${models.join(', ')}.`);
  };
  report();
  return {
    ...router,
    update(providers) {
      router.update(providers);
      report();
    },
  };
}

/** Bytes up to which a body is read in one go, where a hook asks for the request that it was. */
const READ_AT_ONCE = 64 * 1024;

/** Lets the cache answer a body that it knows by its bytes, where nobody wants to look at the request first. */
function createFastPath(
  cache: Cache | undefined,
  { beforeRoute, selectCandidates, afterResponse }: Hooks,
  read: (bytes: Buffer) => ChatRequest,
): FastPath | undefined {
  // A router that is only asked for open models decides by the body, so a body that is known needs no decision.
  if (cache === undefined || beforeRoute || (selectCandidates && selectCandidates.requests !== 'open'))
    return undefined;
  return function answerRepeat(context, bytes) {
    if (asksForPlan(context.req)) return false;
    if (afterResponse !== undefined && bytes.length > READ_AT_ONCE) return false;
    const answered = cache.lookupByBody(context, bytes);
    if (afterResponse !== undefined && answered !== false) context.readRequest = () => read(bytes);
    return answered;
  };
}

const postOnly: Stage = ({ req }) => {
  if (req.method === 'POST') return 'next';
  throw new GatewayError(
    'method_not_supported',
    `Chat completions are asked for with POST, not ${req.method ?? 'this method'}.`,
    {
      headers: { allow: 'POST' },
    },
  );
};
