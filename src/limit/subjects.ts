import type { ChatRequest } from '../chat/types.js';
import type { RequestContext } from '../request/context.js';
import type { Caller } from '../contracts/caller.js';
import type { LimitState } from '../contracts/limits.js';
import type { BoundRule } from './bound-rules.js';
import { tenantOf } from './rules.js';

/** All callers without an id share one counter, so that no limit is off by mistake. */
export const ANONYMOUS: Caller = Object.freeze({ id: 'anonymous' });
const SESSION_HEADER = 'x-session-id';
const NO_REQUEST = Object.freeze({ messages: [] }) as ChatRequest;

/** What rules may read. A report of usage has no request, so rules that read one do not apply. */
export function stateOf(
  caller: Caller,
  { req, request = NO_REQUEST }: Partial<Pick<RequestContext, 'request' | 'req'>>,
): LimitState {
  const header = req?.headers[SESSION_HEADER];
  const named = request['session_id'];
  const session = typeof header === 'string' && header !== '' ? header : typeof named === 'string' ? named : undefined;
  return { caller, req: req as LimitState['req'], request, model: modelOf(request), session };
}

/** `<by> <key>` of each subject of a request that can be blocked. */
export function subjectsOf({ caller, session, model }: LimitState, rules: readonly BoundRule[]): readonly string[] {
  const subjects = [`caller ${caller.id}`, `tenant ${tenantOf(caller)}`, `model ${model}`];
  if (typeof caller['team'] === 'string') subjects.push(`team ${caller['team']}`);
  if (session !== undefined) subjects.push(`session ${session}`);
  for (const { rule, key } of rules) if (rule.by === undefined) subjects.push(`${rule.name} ${key}`);
  return subjects;
}

function modelOf(request: ChatRequest): string {
  if (typeof request.model === 'string') return request.model;
  const models: unknown = request['models'];
  return Array.isArray(models) && typeof models[0] === 'string' ? models[0] : '';
}
