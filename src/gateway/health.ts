import type { Middleware } from '../http/middleware.js';
import { sendJson } from '../http/send.js';
import type { Admission } from '../runtime/admission.js';

/** Liveness: 200 while requests are taken, 503 while draining. */
export function healthHandler(admission: Admission): Middleware {
  return (_req, res) => {
    const { draining } = admission;
    sendJson(res, draining ? 503 : 200, { status: draining ? 'draining' : 'ok' });
  };
}
