import { parseAsWritten } from '../../json/exact-numbers.js';
import { isRecord, type JsonObject } from '../../util/json-object.js';
import { parseJson } from '../../util/parse-json.js';

/** Member that carries arguments which are no JSON object. */
const INVALID_ARGUMENTS = '__invalid_arguments';

/** JSON that nests deeper is treated as text, because serialising it could exhaust the stack. */
const MAX_DEPTH = 128;

/**
 * The `arguments` of a tool call as the object that native formats want. Nothing becomes `{}`. A text that is no JSON
 * object is kept under `__invalid_arguments`: a model wrote it once, and the conversation must go on.
 */
export function argumentsObject(text: unknown): JsonObject {
  if (typeof text !== 'string') return isRecord(text) ? text : {};
  if (text.trim() === '') return {};
  return parseJsonObject(text) ?? { [INVALID_ARGUMENTS]: text };
}

/** The JSON object that `text` holds, its numbers as they are written where one of them is long. `undefined`: it holds none, or nests too deeply. */
export function parseJsonObject(text: string): JsonObject | undefined {
  if (!/^\s*\{/.test(text)) return undefined;
  const value = parseJson(text, parseAsWritten);
  return isRecord(value) && isShallow(value, MAX_DEPTH) ? value : undefined;
}

function isShallow(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  if (levels === 0) return false;
  return Object.values(value).every((inner) => isShallow(inner, levels - 1));
}
