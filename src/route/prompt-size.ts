import type { ChatRequest } from '../chat/types.js';
import { isRecord } from '../util/json-object.js';

const CHARACTERS_PER_TOKEN = 4;
/** A picture of common size at high detail. */
const TOKENS_PER_IMAGE = 765;
/** Role, separators and the like, for each message. */
const TOKENS_PER_MESSAGE = 4;
/** Schemas nest; what lies deeper than this is not worth counting. */
const DEEPEST_COUNTED = 32;

/**
 * About how many tokens the prompt of `request` has. Cheap rather than exact: one look at each text,
 * nothing is tokenised, nothing is decoded.
 */
export function estimatePromptTokens(request: ChatRequest): number {
  let characters = 0;
  let tokens = 0;
  const messages: unknown = request.messages;
  if (Array.isArray(messages)) {
    for (const message of messages as readonly unknown[]) {
      tokens += TOKENS_PER_MESSAGE;
      if (!isRecord(message)) continue;
      const { content } = message;
      if (typeof content === 'string') characters += content.length;
      else if (Array.isArray(content)) tokens += tokensOfParts(content);
      if (message['tool_calls'] !== undefined) characters += textLength(message['tool_calls'], DEEPEST_COUNTED);
    }
  }
  characters += textLength(request.tools, DEEPEST_COUNTED);
  return tokens + Math.ceil(characters / CHARACTERS_PER_TOKEN);
}

function tokensOfParts(parts: readonly unknown[]): number {
  let characters = 0;
  let tokens = 0;
  for (const part of parts) {
    if (!isRecord(part)) continue;
    if (part['type'] === 'image_url') tokens += TOKENS_PER_IMAGE;
    else if (typeof part['text'] === 'string') characters += part['text'].length;
  }
  return tokens + characters / CHARACTERS_PER_TOKEN;
}

/** Characters of every text and every key in `value`. */
function textLength(value: unknown, levels: number): number {
  if (typeof value === 'string') return value.length;
  if (typeof value !== 'object' || value === null || levels === 0) return 0;
  let length = 0;
  for (const [key, entry] of Object.entries(value)) {
    length += (Array.isArray(value) ? 0 : key.length) + textLength(entry, levels - 1);
  }
  return length;
}
