import { GatewayError } from '../errors/gateway-error.js';
import type { Stage } from '../request/context.js';
import type { GatewayParts } from './parts.js';

/** The stages that a chat request passes, in this order. */
export function chatStages({
  authenticate,
  admission,
  validator,
  limits,
  router,
  cache,
  proxy,
}: GatewayParts): Stage[] {
  return [
    postOnly,
    authenticate,
    admission.admitCaller,
    validator.stage,
    ...(limits === undefined ? [] : [limits.stage]),
    router.stage,
    ...(cache === undefined ? [] : [cache.stage]),
    proxy.stage,
  ];
}

const postOnly: Stage = ({ req }) => {
  if (req.method === 'POST') return 'next';
  throw new GatewayError(
    'method_not_supported',
    `Chat completions are asked for with POST, not ${req.method ?? 'this method'}.`,
    { headers: { allow: 'POST' } },
  );
};
