import { isRecord } from '../util/json-object.js';
import type { ChatChoice, ChatCompletion } from '../chat/types.js';
import type { RequestContext } from '../request/context.js';
import type { Endpoint } from '../contracts/routing.js';
import { formatValue } from '../options/checks.js';
import type { CacheDecision, CacheRequestState } from '../options/cache-state.js';
import { SHARED_TENANT, tenantPart } from './key.js';

/** Ends of an answer that was given in full. `length` is one: the caller's own limit was reached. */
const WHOLE: ReadonlySet<string> = new Set(['stop', 'length', 'tool_calls', 'function_call']);

/** Whose cache this request uses; `undefined` for nobody's, since nobody knows who asks. */
export function tenantOf(context: RequestContext, shared: boolean): string | undefined {
  if (shared) return SHARED_TENANT;
  return context.caller === undefined ? undefined : tenantPart(context.caller.id);
}

/** The endpoints whose remembered answers will do, the one that is meant to answer first. */
export type Targets = readonly [Endpoint, ...Endpoint[]];

/** Who is meant to answer, and who might have been drawn instead; `undefined` where nothing may be remembered. */
export function cacheableTargets(context: RequestContext): Targets | undefined {
  const { request, route } = context;
  if (request === undefined || route === undefined) return undefined;
  // A caller's own credential or address: what comes from there is nobody else's, and not to be trusted.
  if (route.overrides !== undefined || hasMembers(request['provider_configs'])) return undefined;
  // `store` asks the provider to keep the call, which a hit would not make.
  if (request.store === true) return undefined;
  const [first, ...others] = route.candidates;
  if (first === undefined) return undefined;
  const { endpoint } = first;
  if (!route.drawn) return [endpoint];
  return [endpoint, ...others.map((other) => other.endpoint).filter(({ model }) => model === endpoint.model)];
}

/** What the host's functions are told of a request, with the endpoint that responds. */
export function cacheState(context: RequestContext, { model, slug }: Endpoint): CacheRequestState {
  const { requestId, req, caller, request } = context;
  return { requestId, req, caller, request: request!, model, slug };
}

/**
 * Whether the host lets the cache serve and keep this request.
 * @throws TypeError for what is neither true nor false: a promise would let everything through.
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

/** The endpoint that did answer. */
export function servingEndpoint(context: RequestContext): Endpoint | undefined {
  const { served, route } = context;
  if (served === undefined || route === undefined) return undefined;
  const candidate = route.candidates.find(
    ({ endpoint }) => endpoint.slug === served.slug && endpoint.model === served.model,
  );
  return candidate?.endpoint;
}

/** Whether an answer may be given again: every choice came to its own end, and none is a refusal or an error. */
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
