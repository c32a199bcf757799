import type { JsonObject } from '../../src/util/json-object.js';
import { gemini } from '../../src/formats/gemini/gemini.js';
import { asJson, exchangeOf, refusalOf } from './gemini-cases.js';

export const USER = { role: 'user', content: 'Hi' };
export const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAUA';

export interface Given {
  readonly model?: string;
  readonly traits?: JsonObject;
  readonly door?: 'aistudio' | 'vertex';
}

export function exchange(
  request: JsonObject,
  { model = 'gemini-2.5-flash', traits = {}, door = 'aistudio' }: Given = {},
) {
  const given = { request: { model, messages: [USER], ...request }, model: { upstreamModel: model, traits } };
  return exchangeOf(gemini({ door }), given);
}

export function body(request: JsonObject, given?: Given): JsonObject {
  return asJson(exchange(request, given).body);
}

export function config(request: JsonObject, given?: Given): unknown {
  return body(request, given)['generationConfig'];
}

export function parts(content: unknown, given?: Given): unknown {
  const [first] = body({ messages: [{ role: 'user', content }] }, given)['contents'] as JsonObject[];
  return first?.['parts'];
}

export function refused(request: JsonObject, given?: Given): string {
  return refusalOf(() => exchange(request, given));
}

export const PARAMETERS = { type: 'object', properties: { a: { type: 'string' } } };
export const TOOL = { type: 'function', function: { name: 'f', parameters: PARAMETERS } };
