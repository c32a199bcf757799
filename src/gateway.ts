import { Admission } from './admission.js';
import { authenticateStage } from './authenticate/authenticate.js';
import { createCache } from './cache/cache.js';
import type { Stage } from './context.js';
import { GatewayError } from './errors.js';
import { sendJson } from './http/send-json.js';
import type { Middleware } from './http/middleware.js';
import { requestedRoute } from './http/request-path.js';
import type { GatewayOptions, RouteOptions } from './options.js';
import { createProxy } from './proxy/proxy.js';
import { resolveGatewayOptions } from './resolve-options.js';
import { createRouter, type PlanContext, type PlanResult } from './route/route.js';
import { runStages, type RunnerParts } from './run-stages.js';
import { createStatus, type GatewayStatus } from './status.js';
import { createValidator } from './validate/validate.js';

export interface Gateway extends Middleware {
  /** Which endpoints `body` would be sent to, in order, and why the others would not: no I/O, the same code as a request. */
  plan(body: unknown, context?: PlanContext): PlanResult;
  /** `GET /v1/models`, for callers with a key. */
  readonly models: Middleware;
  /** 200 while requests are taken, 503 while draining. Needs no key. */
  readonly health: Middleware;
  /** What this process knows of its endpoints right now, as JSON. */
  status(): GatewayStatus;
  /** Puts another provider table in place. Open streams and statistics stay. @throws TypeError when it is wrong; the old one stays. */
  update(providers: RouteOptions['providers']): void;
  /** Takes no new requests and resolves when the last one has left; what is left shortly before `graceMs` is ended honestly. */
  drain(options?: DrainOptions): Promise<void>;
  /** Closes idle upstream connections and the store. What is still at work ends by itself. */
  close(): Promise<void>;
}

export interface DrainOptions {
  /** @defaultValue `25_000`: Kubernetes kills after 30 s */
  readonly graceMs?: number | undefined;
}

/** Open answers get their error event this long before the grace ends, so that it still arrives. */
const LAST_CALL_MS = 2_000;

/**
 * An OpenAI-compatible gateway as one middleware: authenticate → validate → route → cache → proxy.
 * @throws TypeError for an option that is wrong: its name, what came, and what would do.
 */
export function createGateway(options: GatewayOptions): Gateway {
  const { common, admission: limits, hasTenants } = resolveGatewayOptions(options);
  const admission = new Admission(limits);
  const parts: RunnerParts = { ...common, admission };
  const { clock, random, hooks } = common;

  const authenticate = authenticateStage(options);
  const validator = createValidator(options, clock);
  const router = createRouter(options, { clock, random, hooks: hooks.hooks, validator });
  const cache = options.cache === undefined ? undefined : createCache(options.cache, { clock, hasTenants });
  const proxy = createProxy(options, { clock, random, hooks });

  const admit: Stage = (context) => {
    admission.admitCaller(context);
    return 'next';
  };
  const chat = runStages(
    [
      postOnly,
      authenticate,
      admit,
      validator.stage,
      router.stage,
      ...(cache === undefined ? [] : [cache.stage]),
      proxy.stage,
    ],
    parts,
  );
  const listModels: Stage = ({ res }) => {
    sendJson(res, 200, router.models());
    return 'answered';
  };
  const models = runStages([getOnly, authenticate, listModels], common);
  const responses = runStages([refuseResponsesApi], common);
  const unknown = runStages([refuseUnknownPath], common);
  const status = createStatus({ clock, admission, router, proxy, cache });

  const gateway: Middleware = function nordlysGateway(req, res, next) {
    if (req.method === 'OPTIONS' && next !== undefined) return next();
    switch (requestedRoute(req)) {
      case 'chat':
        return chat(req, res, next);
      case 'models':
        return models(req, res, next);
      case 'responses':
        return responses(req, res, next);
      case 'other':
        return next === undefined ? unknown(req, res) : next();
    }
  };

  return Object.assign(gateway, {
    plan: router.plan,
    models,
    health: ((_req, res) =>
      sendJson(res, admission.draining ? 503 : 200, {
        status: admission.draining ? 'draining' : 'ok',
      })) satisfies Middleware,
    status,
    update: router.update,
    async drain({ graceMs = 25_000 }: DrainOptions = {}): Promise<void> {
      admission.close();
      const lastCall = clock.setTimer(() => admission.evict(), Math.max(0, graceMs - LAST_CALL_MS));
      await admission.empty();
      lastCall.cancel();
    },
    async close(): Promise<void> {
      admission.close();
      proxy.close();
      await cache?.close();
    },
  });
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

const getOnly: Stage = ({ req }) => {
  if (req.method === 'GET' || req.method === 'HEAD') return 'next';
  throw new GatewayError(
    'method_not_supported',
    `The list of models is asked for with GET, not ${req.method ?? 'this method'}.`,
    {
      headers: { allow: 'GET, HEAD' },
    },
  );
};

/** Several clients call the Responses API by default; what they need to hear is which switch turns it off. */
const refuseResponsesApi: Stage = () => {
  throw new GatewayError(
    'unknown_url',
    'This gateway serves /v1/chat/completions, not the Responses API. Use chat completions: openai.chat.completions.create(…), openai.chat("model") in the AI SDK, useResponsesApi: false in LangChain.',
  );
};

const refuseUnknownPath: Stage = ({ req }) => {
  const path = (req.url ?? '/').split('?', 1)[0]!.slice(0, 100);
  throw new GatewayError(
    'unknown_url',
    `Nothing is served at ${JSON.stringify(path)}. The endpoint is POST /v1/chat/completions.`,
  );
};
