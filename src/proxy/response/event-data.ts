import { isErrorObject } from '../../chat/error-object.js';
import { isRecord } from '../../util/json-object.js';
import { parseJson } from '../../util/parse-json.js';

/** The JSON value of an event, without the list of one in which Google wraps errors. `undefined`: not JSON. */
export function parsedChunk(data: string): unknown {
  const value = parseJson(data);
  return Array.isArray(value) && value.length === 1 ? (value[0] as unknown) : value;
}

/** Whether `value` is `null` or `[]`, which some upstreams send as events without content. */
export function isEmptyValue(value: unknown): boolean {
  return value === null || (Array.isArray(value) && value.length === 0);
}

/** With `event: error` some upstreams send the error's members without the envelope, or a plain text. */
export function asErrorBody(value: unknown): unknown {
  return isRecord(value) && 'error' in value ? value : { error: value };
}

/**
 * The error in a line that is not a field of an event: `{"error":…}` without `data:`, or `error: …`. `undefined`: none.
 */
export function errorInLine(line: string): unknown {
  const value = parsedChunk(line);
  if (isRecord(value)) return isErrorObject(value) ? value : undefined;
  const text = /^error:\s*(.+)/i.exec(line)?.[1];
  return text === undefined ? undefined : asErrorBody(parsedChunk(text) ?? text);
}
