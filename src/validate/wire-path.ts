import { isRecord } from '../util/json-object.js';

const MOST_OF_A_KEY = 256;

/**
 * The place that a JSON pointer and further keys name, as OpenAI writes it: `/messages/0/content` is
 * `messages[0].content`. Only the value can tell whether `1` is a position in a list or a key of an object.
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

/** The path of member `key` of the object at `path`. A key may be as long as a body: beyond reason it is cut. */
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
