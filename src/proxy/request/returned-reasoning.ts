import type { AssistantMessage, ChatMessage, ChatRequest, ToolCall } from '../../chat/types.js';

/** Members in which clients send back the reasoning that responses had, beside those of OpenAI's schema. */
const REASONING_MEMBERS = ['reasoning', 'reasoning_content', 'reasoning_details', 'thinking_blocks'] as const;
/** The same of a tool call. */
const CALL_MEMBER = 'extra_content';

/** Whether an assistant message of `request` carries the reasoning of an earlier response. */
export function returnsReasoning({ messages }: ChatRequest): boolean {
  return messages.some((message) => message.role === 'assistant' && carriesReasoning(message));
}

/** `request` without the reasoning of earlier responses; `request` itself where it has none. */
export function withoutReasoning(request: ChatRequest): ChatRequest {
  return returnsReasoning(request) ? { ...request, messages: request.messages.map(stripped) } : request;
}

function carriesReasoning(message: AssistantMessage): boolean {
  return (
    REASONING_MEMBERS.some((member) => message[member] !== undefined) ||
    message.tool_calls?.some((call) => CALL_MEMBER in call) === true
  );
}

function stripped(message: ChatMessage): ChatMessage {
  if (message.role !== 'assistant' || !carriesReasoning(message)) return message;
  const bare = { ...message };
  for (const member of REASONING_MEMBERS) delete bare[member];
  if (bare.tool_calls) bare.tool_calls = bare.tool_calls.map(withoutExtra);
  return bare;
}

function withoutExtra(call: ToolCall): ToolCall {
  const bare: Record<string, unknown> = { ...call };
  delete bare[CALL_MEMBER];
  return bare as unknown as ToolCall;
}
