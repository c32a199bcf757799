import { hasDeltaContent } from '../chat/delta-content.js';
import type { ChatChunk, ChunkChoice } from '../chat/types.js';

/** Members that every chunk may have, and that carry no content. */
const ENVELOPE: ReadonlySet<string> = new Set([
  'id',
  'object',
  'created',
  'model',
  'provider',
  'choices',
  'service_tier',
  'system_fingerprint',
  'obfuscation',
]);
const CHOICE_ENVELOPE: ReadonlySet<string> = new Set(['index', 'delta']);

export function isUsageOnly(chunk: ChatChunk): boolean {
  return Array.isArray(chunk.choices) && chunk.choices.length === 0 && hasUsage(chunk);
}

/** A chunk of empty deltas and nothing else: after the first one it means nothing to a client. */
export function isEmptyDelta(chunk: ChatChunk): boolean {
  const { choices } = chunk;
  if (!Array.isArray(choices) || choices.length === 0 || !choices.every(isEmptyChoice)) return false;
  return Object.keys(chunk).every((key) => ENVELOPE.has(key) || isEmptyValue(chunk[key]));
}

/**
 * A chunk without usage, error and finish reason: similar ones only add text, and leave the progress of the stream
 * unchanged.
 */
export function addsOnlyText(chunk: ChatChunk, data: string): boolean {
  const { choices, usage } = chunk;
  return (
    // `usage` is removed from the text that is passed on, so it must not occur elsewhere in the chunk.
    (usage === null || (usage === undefined && !data.includes('"usage"'))) &&
    !('error' in chunk) &&
    Array.isArray(choices) &&
    choices.every(({ finish_reason }) => finish_reason === undefined || finish_reason === null)
  );
}

/** JSON contains line ends only between tokens, where a space is equivalent. */
export function oneLine(data: string): string {
  return data.includes('\n') ? data.replaceAll('\n', ' ') : data;
}

export function withoutError(chunk: ChatChunk): string {
  const { error: _error, ...rest } = chunk;
  return JSON.stringify(rest);
}

function hasUsage({ usage }: ChatChunk): boolean {
  return usage !== undefined && usage !== null;
}

function isEmptyChoice(choice: ChunkChoice): boolean {
  if (hasDeltaContent(choice.delta)) return false;
  return Object.keys(choice).every((key) => CHOICE_ENVELOPE.has(key) || isEmptyValue(choice[key]));
}

function isEmptyValue(value: unknown): boolean {
  return value === null || value === undefined || value === '' || (Array.isArray(value) && value.length === 0);
}
