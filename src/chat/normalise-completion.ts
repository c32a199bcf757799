import { flattenContent } from './content-parts.js';
import { liftUsage } from './misplaced-usage.js';
import { indexIn, isRecord, type JsonObject } from '../util/json-object.js';
import { hasNoReason, writeArguments } from './normalise-chunk.js';

/** Finish reasons of choices that may have no message: the limit or a filter left no output. */
const WITHOUT_MESSAGE: ReadonlySet<unknown> = new Set(['length', 'max_tokens', 'content_filter']);

/**
 * Brings a whole response into the form of `chat.completion`, in place, as `ChunkNormaliser` does for streams. What
 * cannot be brought into it stays as it is. True: something was changed.
 */
export function normaliseCompletion(value: JsonObject): boolean {
  const { choices } = value;
  if (!Array.isArray(choices)) return false;
  const taken = new Set<number>();
  let changed = liftUsage(value);
  for (const [position, choice] of choices.entries()) {
    if (!isRecord(choice)) continue;
    if (numberChoice(choice, position, taken)) changed = true;
    if (normaliseChoice(choice)) changed = true;
  }
  return changed;
}

function numberChoice(choice: JsonObject, position: number, taken: Set<number>): boolean {
  const index = indexIn(choice['index']);
  if (index === 'invalid') return false;
  const number = index === 'absent' || taken.has(index) ? position : index;
  taken.add(number);
  if (choice['index'] === number) return false;
  choice['index'] = number;
  return true;
}

function normaliseChoice(choice: JsonObject): boolean {
  let changed = false;
  if (hasNoReason(choice['finish_reason'])) {
    choice['finish_reason'] = null;
    changed = true;
  }
  const { message } = choice;
  if (message === undefined || message === null) {
    if (!WITHOUT_MESSAGE.has(choice['finish_reason'])) return changed;
    choice['message'] = { role: 'assistant', content: '', refusal: null };
    return true;
  }
  return (isRecord(message) && normaliseMessage(message)) || changed;
}

function normaliseMessage(message: JsonObject): boolean {
  let changed = flattenContent(message);
  const { function_call: legacy } = message;
  if (isRecord(legacy) && (fillArguments(legacy) || writeArguments(legacy))) changed = true;
  const calls = message['tool_calls'];
  if (isRecord(calls)) {
    message['tool_calls'] = [calls];
    changed = true;
  }
  const list: unknown = message['tool_calls'];
  if (!Array.isArray(list)) return changed;
  for (const [position, call] of list.entries()) {
    if (isRecord(call) && normaliseCall(call, position)) changed = true;
  }
  return changed;
}

function normaliseCall(call: JsonObject, position: number): boolean {
  let changed = false;
  if ('index' in call && call['index'] !== position) {
    call['index'] = position;
    changed = true;
  }
  if (call['type'] === '' || call['type'] === undefined || call['type'] === null) {
    call['type'] = isRecord(call['custom']) ? 'custom' : 'function';
    changed = true;
  }
  const { function: called } = call;
  if (isRecord(called) && (fillArguments(called) || writeArguments(called))) changed = true;
  return changed;
}

/** A call without arguments says `{}`, as OpenAI's do: clients parse the text. */
function fillArguments(called: JsonObject): boolean {
  const given = called['arguments'];
  if (given !== undefined && given !== null && given !== '') return false;
  called['arguments'] = '{}';
  return true;
}
