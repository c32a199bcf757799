import { isRecord } from '../util/json-object.js';

const MOST_OF_A_KEY = 256;

/**
 * A JSON pointer with further keys, in OpenAI's notation: `/messages/0/content` is `messages[0].content`. The value
 * decides whether `1` is an index of a list or a key of an object.
 */
export function wirePath(value: unknown, pointer: string, below: readonly string[]): string {
  let path = '';
  let inner = value;
  for (const key of [...segments(pointer), ...below]) {
    if (Array.isArray(inner)) {
      path += `[${key}]`;
      inner = inner[Number(key)];
    } else {
      path = memberPath(path, key);
      inner = isRecord(inner) ? inner[key] : undefined;
    }
  }
  return path;
}

/** The path of member `key` of the object at `path`. Long keys are cut. */
export function memberPath(path: string, key: string): string {
  const formatValue = key.length > MOST_OF_A_KEY ? `${key.slice(0, MOST_OF_A_KEY)}…` : key;
  return path === '' ? formatValue : `${path}.${formatValue}`;
}

function segments(pointer: string): string[] {
  if (pointer === '') return [];
  return pointer
    .slice(1)
    .split('/')
    .map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'));
}
