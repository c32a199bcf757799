import { isRecord } from '../util/json-object.js';
import type { ChatChoice, ChatCompletion } from '../chat/types.js';
import type { RequestContext } from '../request/context.js';
import type { Endpoint } from '../contracts/routing.js';
import { formatValue } from '../options/checks.js';
import type { CacheDecision, CacheRequestState } from '../options/cache-state.js';
import { SHARED_TENANT, tenantPart } from './key.js';

/** Finish reasons of complete responses. `length` is one: the caller's own limit was reached. */
const WHOLE: ReadonlySet<string> = new Set(['stop', 'length', 'tool_calls', 'function_call']);

/** The tenant whose cache a request uses; `undefined` where the request has no caller. */
export function tenantOf(context: RequestContext, shared: boolean): string | undefined {
  if (shared) return SHARED_TENANT;
  return context.caller === undefined ? undefined : tenantPart(context.caller.id);
}

/** The endpoints whose stored responses may be served, the first choice of the plan first. */
export type Targets = readonly [Endpoint, ...Endpoint[]];

/** The first choice of the plan and the endpoints that might have been drawn instead; `undefined`: not cacheable. */
export function cacheableTargets(context: RequestContext): Targets | undefined {
  const { request, route } = context;
  if (request === undefined || route === undefined) return undefined;
  // Responses to a caller's own credential or from a caller's own address belong to that caller and cannot be trusted.
  if (route.overrides !== undefined || hasMembers(request['provider_configs'])) return undefined;
  // With `store` the provider stores the call, and a hit would make none.
  if (request.store === true) return undefined;
  const [first, ...others] = route.candidates;
  if (first === undefined) return undefined;
  const { endpoint } = first;
  if (!route.drawn) return [endpoint];
  return [endpoint, ...others.map((other) => other.endpoint).filter(({ model }) => model === endpoint.model)];
}

/** The argument of the host's functions: a request and the endpoint that responds. */
export function cacheState(context: RequestContext, { model, slug }: Endpoint): CacheRequestState {
  const { requestId, req, caller, request } = context;
  return { requestId, req, caller, request: request!, model, slug };
}

/**
 * Whether the host's `shouldCache` allows this request.
 * @throws TypeError where it returns anything but true or false: a promise would be truthy for every request
 */
export function allowedBy(
  shouldCache: CacheDecision | undefined,
  context: RequestContext,
  endpoint: Endpoint,
): boolean {
  if (shouldCache === undefined) return true;
  const decision: unknown = shouldCache(cacheState(context, endpoint));
  if (typeof decision === 'boolean') return decision;
  throw new TypeError(`cache.shouldCache must return true or false, got ${formatValue(decision)}.`);
}

/** The endpoint that the response is from. */
export function servingEndpoint(context: RequestContext): Endpoint | undefined {
  const { served, route } = context;
  if (served === undefined || route === undefined) return undefined;
  const candidate = route.candidates.find(
    ({ endpoint }) => endpoint.slug === served.slug && endpoint.model === served.model,
  );
  return candidate?.endpoint;
}

/** Whether a response may be served again: every choice is complete, and none is a refusal or an error. */
export function mayKeep(completion: ChatCompletion): boolean {
  if (isRecord(completion['error'])) return false;
  return Array.isArray(completion.choices) && completion.choices.length > 0 && completion.choices.every(isWhole);
}

function isWhole(choice: ChatChoice): boolean {
  const { finish_reason: reason, message } = choice;
  if (typeof reason !== 'string' || !WHOLE.has(reason) || !isRecord(message)) return false;
  const refusal = message['refusal'];
  return refusal === undefined || refusal === null || refusal === '';
}

function hasMembers(value: unknown): boolean {
  return isRecord(value) && Object.keys(value).length > 0;
}
