import { isRecord, type JsonObject } from '../../util/json-object.js';

/** Parts that hold what a model thought: Anthropic's and Mistral's, and OpenAI's reasoning items. */
const THINKING: ReadonlySet<unknown> = new Set(['thinking', 'redacted_thinking', 'reasoning']);

/**
 * An assistant message whose thinking is in `thinking_blocks` instead of in its content, where some upstreams put
 * it and their clients send it back. The very same message where its content holds none.
 */
export function withThinkingApart<Message extends object>(message: Message): Message {
  const { content, thinking_blocks: blocks } = message as JsonObject;
  if (!Array.isArray(content) || !content.some(isThinking)) return message;
  const rest = content.filter((part) => !isThinking(part));
  const known = Array.isArray(blocks) && blocks.length > 0;
  return {
    ...message,
    content: rest.length === 0 ? null : rest,
    // Clients that keep both have the same blocks twice.
    thinking_blocks: known ? (blocks as unknown[]) : content.filter(isThinking),
  };
}

function isThinking(part: unknown): boolean {
  return isRecord(part) && THINKING.has(part['type']);
}
