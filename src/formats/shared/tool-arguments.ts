import { isRecord, type JsonObject } from '../../util/json-object.js';
import { parseJson } from '../../util/parse-json.js';

/** Member that carries arguments which are no JSON object. */
const INVALID_ARGUMENTS = '__invalid_arguments';

/**
 * The `arguments` of a tool call as the object that native formats want. Nothing becomes `{}`. A text that is no JSON
 * object is kept under `__invalid_arguments`: a model wrote it once, and the conversation must go on.
 */
export function argumentsObject(text: unknown): JsonObject {
  if (typeof text !== 'string') return isRecord(text) ? text : {};
  if (text.trim() === '') return {};
  const value = parseJson(text);
  return isRecord(value) ? value : { [INVALID_ARGUMENTS]: text };
}
