import { flattenContent } from './content-parts.js';
import { liftUsage } from './misplaced-usage.js';
import { filledText, indexIn, isRecord, type JsonObject } from '../util/json-object.js';
import { ToolCallNumbers } from './tool-call-numbers.js';
import type { ChatChunk } from './types.js';

/** What became of a chunk: it was in OpenAI's form, was brought into it, or has no shape that clients could rely on. */
export type Normalised = 'same' | 'changed' | 'invalid';

/**
 * Brings the chunks of one stream into OpenAI's form, in place: choices and tool calls are numbered, content that is a
 * list becomes text, arguments are text, `""` in `finish_reason` becomes null. Clients address arrays by the indices, so
 * a chunk with an index like 1e9 is invalid.
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

  /** A whole `message` where a stream without deltas tells its answer in one event. Beside deltas it only repeats them. */
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

/** Brings one piece of a tool call into OpenAI's form. False where it is already. */
function normaliseCall(call: JsonObject, number: number, id: string | undefined): boolean {
  let changed = false;
  if (call['index'] !== number) {
    call['index'] = number;
    changed = true;
  }
  // Clients take each id for the call's: a new one with every piece would leave them with the last.
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

/** Arguments that came as an object are written as the text of it. False where they are no object. */
export function writeArguments(called: JsonObject): boolean {
  const given = called['arguments'];
  if (typeof given !== 'object' || given === null) return false;
  called['arguments'] = JSON.stringify(given);
  return true;
}

/** `""`, `false` and the like: servers written in Go have no null for a text. */
export function hasNoReason(reason: unknown): boolean {
  return reason !== undefined && reason !== null && filledText(reason) === undefined;
}
