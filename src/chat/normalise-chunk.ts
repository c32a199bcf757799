import { flattenContent } from './content-parts.js';
import { liftUsage } from './misplaced-usage.js';
import { filledText, indexIn, isRecord, type JsonObject } from '../util/json-object.js';
import { ToolCallNumbers } from './tool-call-numbers.js';
import type { ChatChunk } from './types.js';

/** Result for a chunk: it is in OpenAI's form already, was brought into it, or cannot be. */
export type Normalised = 'same' | 'changed' | 'invalid';

/**
 * Brings the chunks of one stream into OpenAI's form, in place: choices and tool calls are numbered, content that is a
 * list becomes text, arguments become text, `""` in `finish_reason` becomes null. Clients use the indices as array
 * indices, so a chunk with an index like 1e9 is invalid.
 */
export class ChunkNormaliser {
  readonly #numbers: (ToolCallNumbers | undefined)[] = [];
  #hasDeltas = false;

  normalise(chunk: ChatChunk): Normalised {
    const choices: unknown = chunk.choices;
    if (choices === undefined || choices === null) {
      chunk.choices = [];
      return 'changed';
    }
    if (!Array.isArray(choices)) return 'invalid';
    let result: Normalised = liftUsage(chunk) ? 'changed' : 'same';
    for (let position = 0; position < choices.length; position++) {
      const of = this.#normaliseChoice(choices[position], position);
      if (of === 'invalid') return of;
      if (of === 'changed') result = of;
    }
    return result;
  }

  #normaliseChoice(choice: unknown, position: number): Normalised {
    if (!isRecord(choice)) return 'invalid';
    const index = indexIn(choice['index']);
    if (index === 'invalid') return index;
    let changed = false;
    const number = index === 'absent' ? position : index;
    if (choice['index'] !== number) {
      choice['index'] = number;
      changed = true;
    }
    if (hasNoReason(choice['finish_reason'])) {
      choice['finish_reason'] = null;
      changed = true;
    }
    if (choice['delta'] === undefined || choice['delta'] === null) {
      choice['delta'] = this.#messageOf(choice);
      changed = true;
    }
    const { delta } = choice;
    if (!isRecord(delta)) return 'invalid';
    this.#hasDeltas = true;
    const ofDelta = this.#normaliseDelta(delta, number);
    return changed && ofDelta === 'same' ? 'changed' : ofDelta;
  }

  /** The `message` of a stream that has no deltas and sends its response in one event. Beside deltas it only repeats them. */
  #messageOf(choice: JsonObject): JsonObject {
    const { message } = choice;
    if (this.#hasDeltas || !isRecord(message)) return {};
    delete choice['message'];
    return message;
  }

  #normaliseDelta(delta: JsonObject, choice: number): Normalised {
    let changed = flattenContent(delta);
    if (isRecord(delta['function_call']) && writeArguments(delta['function_call'])) changed = true;
    const calls = delta['tool_calls'];
    if (calls === undefined || calls === null) return changed ? 'changed' : 'same';
    if (isRecord(calls)) {
      delta['tool_calls'] = [calls];
      changed = true;
    } else if (!Array.isArray(calls)) return 'invalid';
    const ofCalls = this.#normaliseCalls(delta['tool_calls'] as unknown[], choice);
    return changed && ofCalls === 'same' ? 'changed' : ofCalls;
  }

  #normaliseCalls(calls: unknown[], choice: number): Normalised {
    const numbers = (this.#numbers[choice] ??= new ToolCallNumbers());
    numbers.nextDelta();
    let result: Normalised = 'same';
    for (const call of calls) {
      if (!isRecord(call)) return 'invalid';
      const number = numbers.numberOf(call);
      if (number === undefined) return 'invalid';
      if (normaliseCall(call, number, numbers.idOf(number))) result = 'changed';
    }
    return result;
  }
}

/** Brings one piece of a tool call into OpenAI's form. False: nothing was changed. */
function normaliseCall(call: JsonObject, number: number, id: string | undefined): boolean {
  let changed = false;
  if (call['index'] !== number) {
    call['index'] = number;
    changed = true;
  }
  // Clients overwrite the id of a call with each id they get, so only its first one is sent.
  const given = filledText(call['id']);
  if (given === undefined ? call['id'] !== undefined : given !== id) {
    delete call['id'];
    changed = true;
  }
  if (call['type'] === '') {
    delete call['type'];
    changed = true;
  }
  const { function: called } = call;
  if (isRecord(called) && (beginArguments(called) || writeArguments(called))) changed = true;
  return changed;
}

/** Clients append to the arguments that the first piece of a call brings, so it has some, if only `""`. */
function beginArguments(called: JsonObject): boolean {
  if (filledText(called['name']) === undefined || (called['arguments'] ?? null) !== null) return false;
  called['arguments'] = '';
  return true;
}

/** Writes arguments that are an object as JSON text. False: they are none. */
export function writeArguments(called: JsonObject): boolean {
  const given = called['arguments'];
  if (typeof given !== 'object' || given === null) return false;
  called['arguments'] = JSON.stringify(given);
  return true;
}

/** Whether there is no finish reason: absent, null, or a placeholder such as `""`, which servers written in Go send. */
export function hasNoReason(reason: unknown): boolean {
  return reason !== undefined && reason !== null && filledText(reason) === undefined;
}
