import { isRecord, type JsonObject } from '../../util/json-object.js';
import type { ChatRequest } from '../../chat/types.js';

/** Signatures in forms that name no format, and whose they are. */
const ANTHROPIC = 'anthropic-claude-v1';
const GOOGLE = 'google-gemini-v1';
/** What stands between a tool call's id and the signature that it carries. */
const ID_MARK = '__thought__';

/**
 * The `format` of the signed reasoning that the latest turn of the conversation carries: only endpoints of that format
 * can read it, all others leave it out. `undefined`: the conversation carries none.
 */
export function carriedReasoning({ messages }: ChatRequest): string | undefined {
  if (!Array.isArray(messages)) return undefined;
  const turns = (messages as readonly unknown[]).filter(
    (message) => isRecord(message) && message['role'] === 'assistant',
  );
  return turns.map((turn) => formatOf(turn as JsonObject)).findLast((format) => format !== undefined);
}

function formatOf(message: JsonObject): string | undefined {
  const signed = listOf(message['reasoning_details']).findLast(isSigned);
  if (signed !== undefined) return signed['format'] as string;
  if (listOf(message['thinking_blocks']).length > 0) return ANTHROPIC;
  return [message, ...listOf(message['tool_calls'])].some(isGoogles) ? GOOGLE : undefined;
}

/** Text without a signature can be read by every vendor, and by none as reasoning. */
function isSigned({ format, signature, data }: JsonObject): boolean {
  return typeof format === 'string' && (isFilled(signature) || isFilled(data));
}

function isGoogles({ id, extra_content: extra, provider_specific_fields: specific }: JsonObject): boolean {
  const google = isRecord(extra) ? extra['google'] : undefined;
  if (isRecord(google) && isFilled(google['thought_signature'])) return true;
  if (isRecord(specific) && (isFilled(specific['thought_signature']) || Array.isArray(specific['thought_signatures'])))
    return true;
  return typeof id === 'string' && id.includes(ID_MARK);
}

function isFilled(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}

function listOf(value: unknown): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}
