import type { ChatChunk } from './types.js';

/** OpenAI has at most 128 choices. Clients address arrays by these: an index like 1e9 would cost them their memory. */
const MOST = 128;

/** An index that is fit for an array, or none at all. */
export function isValidChoiceIndex(index: unknown): boolean {
  return index === undefined || (Number.isInteger(index) && (index as number) >= 0 && (index as number) < MOST);
}

/** Whether a chunk has the shape that clients rely on: choices are objects, deltas too, and indices are small. */
export function isValidChunk({ choices }: ChatChunk): boolean {
  if (choices === undefined || choices === null) return true;
  return Array.isArray(choices) && choices.every(isSoundChoice);
}

function isSoundChoice(choice: unknown): boolean {
  if (!isObject(choice) || !isValidChoiceIndex(choice['index'])) return false;
  const { delta } = choice;
  if (delta === undefined || delta === null) return true;
  return isObject(delta) && areSoundCalls(delta['tool_calls']);
}

function areSoundCalls(calls: unknown): boolean {
  if (calls === undefined || calls === null) return true;
  return Array.isArray(calls) && calls.every((call) => isObject(call) && isValidChoiceIndex(call['index']));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
