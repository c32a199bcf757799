import { GatewayError } from '../errors/gateway-error.js';
import { asksForPlan } from '../route/dry-run.js';
import type { Stage } from '../request/context.js';
import type { GatewayParts } from './parts.js';

/** The stages that a chat request passes, in this order. */
export function chatStages({
  authenticate,
  admission,
  validator,
  guard,
  limits,
  router,
  cache,
  proxy,
  slots,
}: GatewayParts): Stage[] {
  return [
    beginChat,
    authenticate,
    admission.admitCaller,
    ...slots.afterAuthenticate,
    validator.stage,
    ...slots.afterValidate,
    ...(guard === undefined ? [] : [guard]),
    ...(limits === undefined ? [] : [limits.stage]),
    router.stage,
    ...slots.afterRoute,
    ...(cache === undefined ? [] : [cache.stage]),
    ...slots.afterCache,
    proxy.stage,
  ];
}

/** Marks dry runs, which are not counted as requests, and refuses other methods. */
const beginChat: Stage = (context) => {
  const { req } = context;
  context.isDryRun = asksForPlan(req);
  if (req.method === 'POST') return 'next';
  throw new GatewayError('method_not_supported', `Use POST for chat completions, not ${req.method ?? 'this method'}.`, {
    headers: { allow: 'POST' },
  });
};
