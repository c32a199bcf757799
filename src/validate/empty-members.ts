import { isRecord, type JsonObject } from '../util/json-object.js';
import { OMITTED, withMember } from './unions/normalise.js';

/**
 * Leaves out members that say nothing and that some upstreams refuse: lists without items, and the `-1` with which
 * clients of local servers say "no limit". Clients send back what an upstream has answered, and other upstreams than
 * that one have to take it. The very same object where there is nothing to leave out.
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
 * `exact`, with other representations of numbers, reduced to the top-level members that `request` has: an unusual
 * spelling of `-1` is left out there as well.
 */
export function alignedWith(request: JsonObject, exact: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(exact).filter(([key]) => Object.hasOwn(request, key)));
}

const TOKEN_LIMITS = ['max_tokens', 'max_completion_tokens'] as const;
const NO_LIMIT = -1;

/** OpenAI refuses these two without tools. A call that is required stays: without tools there is none to make. */
function withoutTools(request: JsonObject): JsonObject {
  let result = withMember(request, 'tools', OMITTED);
  const { tool_choice: choice } = result;
  if (choice === 'auto' || choice === 'none' || choice === null) result = withMember(result, 'tool_choice', OMITTED);
  return Object.hasOwn(result, 'parallel_tool_calls') ? withMember(result, 'parallel_tool_calls', OMITTED) : result;
}

function hasEmptyToolCalls(message: unknown): message is JsonObject {
  return isRecord(message) && message.role === 'assistant' && isEmptyList(message.tool_calls);
}

/** A response without text and without calls: sent back, it needs a text, though an empty one. */
function withoutToolCalls(message: JsonObject): JsonObject {
  const rest = withMember(message, 'tool_calls', OMITTED);
  const saysSomething = STAND_INS.some((key) => rest[key] !== undefined && rest[key] !== null);
  return saysSomething ? rest : withMember(rest, 'content', '');
}

/** JsonObject one of which an assistant message needs. */
const STAND_INS = ['content', 'function_call', 'refusal', 'audio'] as const;

function isEmptyList(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}
