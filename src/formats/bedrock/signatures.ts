import { isRecord, type JsonObject } from '../../util/json-object.js';
import { CLAUDE_REASONING } from './model.js';
import type { BedrockModel } from './model-types.js';

/** Pieces of one reasoning block, as a client stored what it was streamed. */
interface Reasoning {
  readonly type: string;
  text: string;
  signature: string;
  data: string;
}

/**
 * Reasoning of an earlier response as the blocks that it was. Only what Claude signed is sent back, and only to Claude:
 * any other signature would be refused.
 */
export function signedReasoning(message: JsonObject, { reasoningFormat }: BedrockModel): JsonObject[] {
  if (reasoningFormat !== CLAUDE_REASONING) return [];
  const details = reasoningDetails(message['reasoning_details']);
  return details.length > 0 ? details : thinkingBlocks(message['thinking_blocks']);
}

function reasoningDetails(list: unknown): JsonObject[] {
  if (!Array.isArray(list)) return [];
  const byIndex = new Map<unknown, Reasoning>();
  for (const [position, entry] of list.entries()) {
    if (!isRecord(entry) || entry['format'] !== CLAUDE_REASONING) continue;
    // Entries without an index are whole.
    const key = `${String(entry['type'])} ${String(entry['index'] ?? `at ${position}`)}`;
    const known = byIndex.get(key) ?? { type: String(entry['type']), text: '', signature: '', data: '' };
    known.text += textOf(entry['text']);
    known.data += textOf(entry['data']);
    known.signature = textOf(entry['signature']) || known.signature;
    byIndex.set(key, known);
  }
  return [...byIndex.values()].flatMap(reasoningBlock);
}

function reasoningBlock({ type, text, signature, data }: Reasoning): JsonObject[] {
  if (type === 'reasoning.encrypted' && data !== '') return [{ reasoningContent: { redactedContent: data } }];
  if (type === 'reasoning.text' && signature !== '')
    return [{ reasoningContent: { reasoningText: { text, signature } } }];
  return [];
}

/** LiteLLM's form: Anthropic's own blocks. */
function thinkingBlocks(list: unknown): JsonObject[] {
  if (!Array.isArray(list)) return [];
  return list.filter(isOfClaude).flatMap((block) => {
    const type = block['type'] === 'redacted_thinking' ? 'reasoning.encrypted' : 'reasoning.text';
    return reasoningBlock({
      type,
      text: textOf(block['thinking']),
      signature: textOf(block['signature']),
      data: textOf(block['data']),
    });
  });
}

function isOfClaude(block: unknown): block is JsonObject {
  return isRecord(block) && (block['type'] === 'thinking' || block['type'] === 'redacted_thinking');
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
