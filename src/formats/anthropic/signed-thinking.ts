import { isRecord } from '../../util/json-object.js';
import { joinBlocks } from '../../chat/assemble-blocks.js';
import type { ThinkingBlock } from './blocks.js';

/** `format` of our entries in `reasoning_details`. Signatures of other vendors are refused upstream. */
export const REASONING_FORMAT = 'anthropic-claude-v1';

/**
 * Thinking of an earlier turn, from the assistant message that a client sends back: `reasoning_details` (as this
 * gateway and OpenRouter give them out), else `thinking_blocks` (LiteLLM's form). Without a signature it is left out.
 */
export function signedThinking(message: Readonly<Record<string, unknown>>): ThinkingBlock[] {
  const details = message['reasoning_details'];
  if (Array.isArray(details)) {
    const blocks = joinBlocks([], details).flatMap((entry) => blockOfDetail(entry) ?? []);
    if (blocks.length > 0) return blocks;
  }
  const native = message['thinking_blocks'];
  return Array.isArray(native) ? native.flatMap((block: unknown) => blockOfNative(block) ?? []) : [];
}

function blockOfDetail(entry: unknown): ThinkingBlock | undefined {
  if (!isRecord(entry) || entry['format'] !== REASONING_FORMAT) return undefined;
  if (entry['type'] === 'reasoning.text') return thinking(entry['text'] ?? '', entry['signature']);
  return entry['type'] === 'reasoning.encrypted' ? redacted(entry['data']) : undefined;
}

function blockOfNative(block: unknown): ThinkingBlock | undefined {
  if (!isRecord(block)) return undefined;
  if (block['type'] === 'thinking') return thinking(block['thinking'] ?? '', block['signature']);
  return block['type'] === 'redacted_thinking' ? redacted(block['data']) : undefined;
}

function thinking(text: unknown, signature: unknown): ThinkingBlock | undefined {
  if (typeof text !== 'string' || typeof signature !== 'string' || signature === '') return undefined;
  return { type: 'thinking', thinking: text, signature };
}

function redacted(data: unknown): ThinkingBlock | undefined {
  return typeof data === 'string' && data !== '' ? { type: 'redacted_thinking', data } : undefined;
}
