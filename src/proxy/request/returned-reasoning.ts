import type { AssistantMessage, ChatMessage, ChatRequest, ToolCall } from '../../chat/types.js';
import { isRecord } from '../../util/json-object.js';

/** Members in which clients send back the reasoning that responses had, beside those of OpenAI's schema. */
const REASONING_MEMBERS = ['reasoning', 'reasoning_content', 'reasoning_details', 'thinking_blocks'] as const;
/** The same of a tool call. */
const CALL_MEMBER = 'extra_content';

/** Whether an assistant message carries the reasoning of an earlier response. A hook may have changed the messages. */
export function returnsReasoning({ messages }: ChatRequest): boolean {
  return Array.isArray(messages) && messages.some(carriesReasoning);
}

/** `request` without the reasoning of earlier responses; `request` itself where it has none. */
export function withoutReasoning(request: ChatRequest): ChatRequest {
  return returnsReasoning(request) ? { ...request, messages: request.messages.map(stripped) } : request;
}

function carriesReasoning(message: ChatMessage): message is AssistantMessage {
  if (!isRecord(message) || message.role !== 'assistant') return false;
  if (REASONING_MEMBERS.some((member) => message[member] !== undefined)) return true;
  const calls: unknown = message.tool_calls;
  return Array.isArray(calls) && calls.some(hasExtra);
}

function hasExtra(call: unknown): boolean {
  return isRecord(call) && Object.hasOwn(call, CALL_MEMBER);
}

function stripped(message: ChatMessage): ChatMessage {
  if (!carriesReasoning(message)) return message;
  const bare = { ...message };
  for (const member of REASONING_MEMBERS) delete bare[member];
  if (bare.tool_calls) bare.tool_calls = bare.tool_calls.map(withoutExtra);
  return bare;
}

function withoutExtra(call: ToolCall): ToolCall {
  if (!hasExtra(call)) return call;
  const { [CALL_MEMBER]: _extra, ...bare } = call as ToolCall & { readonly [CALL_MEMBER]?: unknown };
  return bare as ToolCall;
}
