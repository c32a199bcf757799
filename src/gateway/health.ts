import type { Middleware } from '../http/middleware.js';
import { sendJson } from '../http/send.js';
import type { EndpointReadiness } from '../proxy/failover/endpoint-state.js';
import type { Proxy } from '../proxy/proxy.js';
import type { Router } from '../route/route.js';
import type { Admission } from '../runtime/admission.js';

/** Liveness: 200 while requests are accepted, 503 while draining. */
export function healthHandler(admission: Admission): Middleware {
  return (_req, res) => {
    const { draining } = admission;
    sendJson(res, draining ? 503 : 200, { status: draining ? 'draining' : 'ok' });
  };
}

export interface ReadinessParts {
  readonly admission: Admission;
  readonly router: Router;
  readonly proxy: Proxy;
}

/** Readiness: 200 while every model has an available endpoint, 503 otherwise and while draining. */
export function readyHandler({ admission, router, proxy }: ReadinessParts): Middleware {
  return (_req, res) => {
    if (admission.draining) return sendJson(res, 503, { status: 'draining', models: [] });
    const models = modelsWithoutEndpoint(router, proxy);
    sendJson(res, models.length > 0 ? 503 : 200, { status: models.length > 0 ? 'unavailable' : 'ready', models });
  };
}

/** The models without an available endpoint, in the order of the provider table. */
function modelsWithoutEndpoint(router: Router, { endpointStates }: Proxy): string[] {
  const available = new Map<string, boolean>();
  for (const { id, model } of router.endpoints()) {
    if (available.get(model) !== true) available.set(model, isAvailable(endpointStates.status(id)));
  }
  return [...available].flatMap(([model, isUp]) => (isUp ? [] : [model]));
}

/** An endpoint without attempts counts as available, and so does one whose circuit breaker is half-open. */
function isAvailable(readiness: EndpointReadiness | undefined): boolean {
  return readiness === undefined || (readiness.breaker.state !== 'open' && readiness.coolsForMs === 0);
}
