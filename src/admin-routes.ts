import type { Stage } from './request/context.js';
import { GatewayError } from './errors/gateway-error.js';
import type { Middleware } from './http/middleware.js';
import { requestedModel, requestedRoute, unservedEndpoint } from './http/request-path.js';
import { sendJson, sendText } from './http/send.js';
import type { Limits } from './limit/limit.js';
import type { Diagnostics } from './observe/diagnostics.js';
import { EXPOSITION_TYPE } from './observe/exposition.js';
import { watchPath } from './observe/misconfiguration-checks.js';
import { metricsText } from './observe/metrics.js';
import type { Recorder } from './observe/recorder.js';
import { modelIn } from './route/model-listing.js';
import type { Router } from './route/route.js';
import { runStages, type RunnerParts } from './request/run-stages.js';
import type { GatewayStatus } from './status.js';

export interface AdminRoutesParts {
  readonly runner: RunnerParts;
  readonly authenticate: Stage;
  /** Authorises requests for metrics and for the status page. */
  readonly admin: Stage;
  readonly router: Router;
  readonly recorder: Recorder;
  readonly diagnostics: Diagnostics;
  readonly status: () => GatewayStatus;
  /** `undefined`: no limits and no accounting. */
  readonly limits: Limits | undefined;
  readonly unservedPaths: 'respond' | 'next';
}

/** Handlers of a gateway besides chat completions. */
export interface AdminRoutes {
  readonly models: Middleware;
  readonly metrics: Middleware;
  readonly usage: Middleware;
  /** Serves `stage` to GET requests that `admin` allows. */
  authenticated(stage: Stage): Middleware;
  /** Serves `stage` to all GET requests. */
  unauthenticated(stage: Stage): Middleware;
  /** Routes requests by path: to `chat`, to a handler of the gateway, or on to the host. */
  withRoutes(chat: Middleware): Middleware;
}

export function createAdminRoutes({
  runner,
  authenticate,
  admin,
  router,
  recorder,
  diagnostics,
  status,
  limits,
  unservedPaths,
}: AdminRoutesParts): AdminRoutes {
  const authenticated = (stage: Stage): Middleware => runStages([getOnly, admin, stage], runner);
  const models = runStages([getOnly, authenticate, listModels(router)], runner);
  const metrics = authenticated(({ res }) => {
    sendText(res, 200, EXPOSITION_TYPE, metricsText(recorder, status(), limits?.statistics()));
    return 'responded';
  });
  const usage = runStages([getOnly, authenticate, reportUsage(limits)], runner);
  const responses = runStages([refuseResponsesApi], runner);
  const unknown = runStages([refuseUnknownPath], runner);
  const unserved = runStages([refuseUnserved], runner);

  return {
    models,
    metrics,
    usage,
    authenticated,
    unauthenticated: (stage) => runStages([getOnly, stage], runner),
    withRoutes: (chat) =>
      function nordlysGateway(req, res, next) {
        if (req.method === 'OPTIONS' && next !== undefined) return next();
        const route = requestedRoute(req);
        switch (route === 'usage' && limits === undefined ? 'other' : route) {
          case 'chat':
            return chat(req, res, next);
          case 'models':
            return models(req, res, next);
          case 'usage':
            return usage(req, res, next);
          case 'responses':
            diagnostics.report('NORDLYS_RESPONSES_API');
            return responses(req, res, next);
          case 'other':
            if (next !== undefined && unservedPaths === 'respond' && unservedEndpoint(req) !== undefined) {
              diagnostics.report('NORDLYS_WRONG_PATH', { ending: unservedEndpoint(req) });
              return unserved(req, res, next);
            }
            watchPath(req, res, diagnostics);
            return next === undefined ? unknown(req, res) : next();
        }
      },
  };
}

function listModels(router: Router): Stage {
  return ({ req, res, caller }) => {
    const id = requestedModel(req);
    const list = router.models(caller);
    // The list depends on the caller's policy.
    if (caller?.['policy'] !== undefined) res.setHeader('vary', 'authorization, x-api-key');
    sendJson(res, 200, id === undefined ? list : modelIn(list, id));
    return 'responded';
  };
}

function reportUsage(limits: Limits | undefined): Stage {
  return async ({ res, caller }) => {
    if (limits === undefined || caller === undefined) throw noAccounting();
    sendJson(res, 200, await limits.usage(caller));
    return 'responded' as const;
  };
}

function noAccounting(): GatewayError {
  return new GatewayError('unknown_url', 'This gateway does not count the usage of its callers.');
}

const getOnly: Stage = ({ req }) => {
  if (req.method === 'GET' || req.method === 'HEAD') return 'next';
  throw new GatewayError('method_not_supported', `Use GET for this URL, not ${req.method ?? 'this method'}.`, {
    headers: { allow: 'GET, HEAD' },
  });
};

/** Several clients use the Responses API by default, so the error names the setting that turns it off. */
const refuseResponsesApi: Stage = () => {
  throw new GatewayError(
    'unknown_url',
    'This gateway serves /v1/chat/completions, not the Responses API. Use chat completions: openai.chat.completions.create(…), openai.chat("model") in the AI SDK, useResponsesApi: false in LangChain.',
  );
};

/** Without this, a client of an endpoint that is not served would get the host's HTML page. */
const refuseUnserved: Stage = ({ req }) => {
  throw new GatewayError(
    'unknown_url',
    `This gateway serves chat completions (POST …/chat/completions) and the list of models (GET …/models), not POST …${unservedEndpoint(req) ?? ''}.`,
  );
};

const refuseUnknownPath: Stage = ({ req }) => {
  const path = (req.url ?? '/').split('?', 1)[0]!.slice(0, 100);
  throw new GatewayError(
    'unknown_url',
    `Nothing is served at ${JSON.stringify(path)}. The endpoint is POST /v1/chat/completions.`,
  );
};
