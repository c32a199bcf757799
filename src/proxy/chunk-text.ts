import { saysSomething } from '../chat/spoken.js';
import type { ChatChunk, ChunkChoice } from '../chat/types.js';

/** Members of a chunk that stand around every delta and say nothing by themselves. */
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
const OF_A_CHOICE: ReadonlySet<string> = new Set(['index', 'delta']);

export function isUsageOnly(chunk: ChatChunk): boolean {
  return Array.isArray(chunk.choices) && chunk.choices.length === 0 && hasUsage(chunk);
}

/** A chunk whose every delta is empty and that holds nothing else: after the first it tells a reader nothing. */
export function isBare(chunk: ChatChunk): boolean {
  const { choices } = chunk;
  if (!Array.isArray(choices) || choices.length === 0 || !choices.every(isBareChoice)) return false;
  return Object.keys(chunk).every((key) => ENVELOPE.has(key) || isNothing(chunk[key]));
}

/** A chunk that tells nothing but more text: what its like would tell the progress is known. */
export function isOneOfMany(chunk: ChatChunk, data: string): boolean {
  const { choices, usage } = chunk;
  return (
    // Only its own `usage` is left out of what is passed on.
    (usage === null || (usage === undefined && !data.includes('"usage"'))) &&
    !('error' in chunk) &&
    Array.isArray(choices) &&
    choices.every(({ finish_reason }) => finish_reason === undefined || finish_reason === null)
  );
}

/** JSON text holds line ends only between tokens, where a space says the same. */
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
  return Object.keys(choice).every((key) => OF_A_CHOICE.has(key) || isNothing(choice[key]));
}

function isNothing(value: unknown): boolean {
  return value === null || value === undefined || value === '' || (Array.isArray(value) && value.length === 0);
}
