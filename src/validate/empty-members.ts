import { isRecord, type JsonObject } from '../util/json-object.js';
import { OMITTED, withMember } from './unions/normalise.js';

/**
 * Leaves out members that mean nothing and that some upstreams refuse: empty lists, and the `-1` that clients of local
 * servers send for "no limit". Clients send back responses of one upstream, which others must accept.
 * Returns `request` itself where there is nothing to leave out.
 */
export function withoutEmptyMembers(request: JsonObject): JsonObject {
  let result = request;
  for (const key of TOKEN_LIMITS) if (result[key] === NO_LIMIT) result = withMember(result, key, OMITTED);
  if (isEmptyList(result.tools)) result = withoutTools(result);
  const messages = result.messages;
  if (!Array.isArray(messages) || !messages.some(hasEmptyToolCalls)) return result;
  return withMember(
    result,
    'messages',
    messages.map((message: unknown) => (hasEmptyToolCalls(message) ? withoutToolCalls(message) : message)),
  );
}

/**
 * `exact`, which has the numbers of `request` with all digits, reduced to the top-level members of `request`: an unusual
 * spelling of `-1` is left out there as well.
 */
export function alignedWith(request: JsonObject, exact: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(exact).filter(([key]) => Object.hasOwn(request, key)));
}

const TOKEN_LIMITS = ['max_tokens', 'max_completion_tokens'] as const;
const NO_LIMIT = -1;

/** OpenAI refuses these two without tools. A `tool_choice` that requires a call stays, so that it is refused. */
function withoutTools(request: JsonObject): JsonObject {
  let result = withMember(request, 'tools', OMITTED);
  const { tool_choice: choice } = result;
  if (choice === 'auto' || choice === 'none' || choice === null) result = withMember(result, 'tool_choice', OMITTED);
  return Object.hasOwn(result, 'parallel_tool_calls') ? withMember(result, 'parallel_tool_calls', OMITTED) : result;
}

function hasEmptyToolCalls(message: unknown): message is JsonObject {
  return isRecord(message) && message.role === 'assistant' && isEmptyList(message.tool_calls);
}

/** An assistant message without text and without calls needs a text, if an empty one. */
function withoutToolCalls(message: JsonObject): JsonObject {
  const rest = withMember(message, 'tool_calls', OMITTED);
  const hasOther = STAND_INS.some((key) => rest[key] !== undefined && rest[key] !== null);
  return hasOther ? rest : withMember(rest, 'content', '');
}

/** Members one of which an assistant message needs. */
const STAND_INS = ['content', 'function_call', 'refusal', 'audio'] as const;

function isEmptyList(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}
