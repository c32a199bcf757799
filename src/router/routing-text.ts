import type { ChatRequest } from '../chat/types.js';
import { isRecord } from '../util/json-object.js';

/** The text that a request is routed by: its last user message. Parts that are not text do not count. */
export function lastUserText({ messages }: ChatRequest): string {
  const list: unknown = messages;
  if (!Array.isArray(list)) return '';
  for (let index = list.length - 1; index >= 0; index--) {
    const message: unknown = list[index];
    if (isRecord(message) && message['role'] === 'user') return textOf(message['content']);
  }
  return '';
}

function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  const texts = content.flatMap((part: unknown) =>
    isRecord(part) && typeof part['text'] === 'string' ? [part['text']] : [],
  );
  return texts.join('\n');
}
