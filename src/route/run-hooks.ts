import { isRecord } from '../util/json-object.js';
import type { ChatRequest } from '../chat/types.js';
import type { Clock } from '../contracts/clock.js';
import type { Hooks } from '../contracts/hooks.js';
import { GatewayError, HostCodeError } from '../errors/gateway-error.js';
import { KeptDigits } from '../json/kept-digits.js';
import { SerialisedBody } from '../json/request-body.js';
import type { RequestContext } from '../request/context.js';
import { hookState } from '../request/hooks.js';
import { waitFor } from '../util/wait-for.js';
import { chooseModels } from './choose-models.js';
import type { Registry } from './registry.js';

/** Longest time that a request waits for a routing hook, in milliseconds; less if `totalMs` passes before. */
const HOOK_MS = 60_000;

/** Dependencies of the hooks of the route stage. */
export interface HookParts {
  readonly registry: Registry;
  readonly hooks: Pick<Hooks, 'beforeRoute' | 'selectCandidates'>;
  readonly clock: Clock;
}

/** Whether a hook chooses the model if a request leaves it open. A hook in shadow mode does not. */
export function choosesModels({ selectCandidates }: Pick<Hooks, 'selectCandidates'>): boolean {
  return selectCandidates !== undefined && selectCandidates.mode !== 'shadow';
}

/**
 * Runs `beforeRoute`, which may replace the request or change it in place. Later stages and upstreams get its result,
 * so the received bytes are not used after such a hook. Long numbers that it leaves as they are keep their digits.
 */
export function runBeforeRoute(context: RequestContext, parts: HookParts): void | Promise<void> {
  const { beforeRoute } = parts.hooks;
  if (beforeRoute === undefined) return undefined;
  const request = requestOf(context);
  const digits = KeptDigits.of(context.body);
  const state = {
    ...hookState(context),
    request,
    get models() {
      return modelsOf(request, parts);
    },
  };
  return andThen(
    callHook(context, parts, 'beforeRoute', () => beforeRoute(state)),
    (replaced = request) => {
      if (!isRecord(replaced)) throw new TypeError('beforeRoute must return a request or nothing.');
      context.request = replaced;
      context.body = new SerialisedBody(replaced, digits?.restoredIn(replaced));
    },
  );
}

/** Calls a hook, and waits for its promise up to the limit. */
export function callHook<T>(
  { cancelSignal, startedAt }: RequestContext,
  { clock, registry }: HookParts,
  hook: 'beforeRoute' | 'selectCandidates',
  call: () => T | Promise<T>,
): T | Promise<T> {
  const result = call();
  if (typeof (result as { then?: unknown } | undefined)?.then !== 'function') return result;
  const { totalMs = Infinity } = registry.table;
  const limitMs = Math.min(HOOK_MS, startedAt + totalMs - clock.now());
  return waitFor(() => result, { clock, cancelSignal, limitMs }).then((waited) => {
    if (waited.kind === 'value') return waited.value;
    throw new GatewayError('internal_error', 'A hook of the gateway did not finish in time.', {
      cause: new HostCodeError(`the hook ${hook} has not settled in time`),
    });
  });
}

/** The models that the names in `request` represent; empty for unknown names. */
function modelsOf(request: ChatRequest, { registry, hooks }: HookParts): readonly string[] {
  try {
    const choices = chooseModels(request, registry.table.names, choosesModels(hooks));
    return [...new Set(choices.map(({ model }) => model))];
  } catch {
    return [];
  }
}

/** The request that `validate` left in the context. */
export function requestOf({ request }: RequestContext): ChatRequest {
  if (request === undefined) throw new TypeError('route: nothing has read this request yet. Mount validate before it.');
  return request;
}

/** Calls `proceed` with `value`, at once unless it is a promise, so that a gateway without hooks stays synchronous. */
export function andThen<T, R>(value: T | Promise<T>, proceed: (value: T) => R | Promise<R>): R | Promise<R> {
  return value instanceof Promise ? value.then(proceed) : proceed(value);
}
