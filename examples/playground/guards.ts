// Guards that a request switches on: the stage `guard` in a slot of the gateway, in front of everything behind `validate`.
import { getContext, guard, redact, type SlotMiddleware } from 'nordlys-proxy';
import type { RequestStore } from './request-store.ts';

/** Values of the header `x-playground-guard`. */
const GUARDS: Readonly<Record<string, ReturnType<typeof guard>>> = {
  // The provider gets placeholders, and the client its own values where the response names them.
  restore: guard({ input: [redact({ restore: true })] }),
  // The provider gets the prompt as it is; values in its response are taken out while it streams.
  redact: guard({ output: [redact()] }),
};

export const GUARD_NAMES = Object.keys(GUARDS);

/** For `middleware.afterValidate`. */
export const guardOnDemand: SlotMiddleware = (req, res, next) => {
  const name = String(req.headers['x-playground-guard'] ?? '');
  const chosen = Object.hasOwn(GUARDS, name) ? GUARDS[name] : undefined;
  if (chosen === undefined) next();
  else chosen(req, res, next);
};

/** For `middleware.afterCache`: stores the guarded prompt that the provider gets. */
export function rememberGuarded(store: RequestStore): SlotMiddleware {
  return (req, _res, next) => {
    const { requestId, request } = getContext(req);
    const last = request?.messages.at(-1)?.content;
    if (req.headers['x-playground-guard'] !== undefined && typeof last === 'string') store.noteSent(requestId, last);
    next();
  };
}
