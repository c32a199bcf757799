import { isRecord, type JsonObject } from '../../util/json-object.js';
import type { ChatRequest } from '../../chat/types.js';

/** Formats of signatures that do not name their format. */
const ANTHROPIC = 'anthropic-claude-v1';
const GOOGLE = 'google-gemini-v1';
/** Separates the id of a tool call from the signature appended to it. */
const ID_MARK = '__thought__';

/**
 * The `format` of the signed reasoning in the latest turn of the conversation that has any. Only endpoints of that
 * format can read it; for others it is dropped. `undefined`: there is none.
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
  return [message, ...listOf(message['tool_calls'])].some(hasGoogleSignature) ? GOOGLE : undefined;
}

/** Only signed reasoning is bound to a format. */
function isSigned({ format, signature, data }: JsonObject): boolean {
  return typeof format === 'string' && (isFilled(signature) || isFilled(data));
}

function hasGoogleSignature({ id, extra_content: extra, provider_specific_fields: specific }: JsonObject): boolean {
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
