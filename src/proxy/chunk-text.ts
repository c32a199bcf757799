import { saysSomething } from '../chat/spoken.js';
import type { ChatChunk, ChunkChoice } from '../chat/types.js';

/** Members of every chunk, which carry no content. */
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

/** A chunk of empty deltas and nothing else: after the first one a client learns nothing from it. */
export function isBare(chunk: ChatChunk): boolean {
  const { choices } = chunk;
  if (!Array.isArray(choices) || choices.length === 0 || !choices.every(isBareChoice)) return false;
  return Object.keys(chunk).every((key) => ENVELOPE.has(key) || isNothing(chunk[key]));
}

/** A chunk that brings nothing but more text, so that a similar one does not change the progress of the stream. */
export function isOneOfMany(chunk: ChatChunk, data: string): boolean {
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

function isBareChoice(choice: ChunkChoice): boolean {
  if (saysSomething(choice.delta)) return false;
  return Object.keys(choice).every((key) => CHOICE_ENVELOPE.has(key) || isNothing(choice[key]));
}

function isNothing(value: unknown): boolean {
  return value === null || value === undefined || value === '' || (Array.isArray(value) && value.length === 0);
}
