import { isRecord, type JsonObject } from '../../util/json-object.js';
import type { ResponseReading } from './converse.js';

/** A `toolUse` block as a tool call, under the name that the request gave the tool. */
export function toolCallOf(toolUse: JsonObject, { names, customTools }: ResponseReading): JsonObject {
  const { toolUseId, name, input } = toolUse;
  const sent = String(name);
  const id = typeof toolUseId === 'string' ? toolUseId : '';
  if (customTools.has(sent)) {
    return { id, type: 'custom', custom: { name: names.original(sent), input: freeTextOf(input) } };
  }
  const text = JSON.stringify(input ?? {});
  return { id, type: 'function', function: { name: names.original(sent), arguments: text } };
}

/** The one argument of a tool that takes free text; whatever else the model gave is kept as its JSON. */
export function freeTextOf(input: unknown): string {
  if (isRecord(input) && typeof input['input'] === 'string') return input['input'];
  return JSON.stringify(input ?? '');
}
