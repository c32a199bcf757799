import { randomUUID } from 'node:crypto';
import { isRecord } from '../util/json-object.js';
import { exactNumber } from './exact-numbers.js';
import type { JsonScanner } from './scanner.js';

/** A range of a text, in bytes, and its replacement. */
interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/**
 * Parses a text that JSON.parse would change. Long numbers keep their digits (`exactNumber`), and keys that are written
 * with an escape are read correctly: V8 takes `"\u006e"` for `"\"`, and `"s\u0065ed"` for `"s\u0"`, once it has seen a similar
 * object with that key (nodejs/node#63785), which would let a caller hide `n` and `seed` from the checks.
 * @param reviver - as in JSON.parse, except that it is given other keys
 */
export function parseLossless(
  bytes: Buffer,
  { longNumbers, escapedKeys }: Pick<JsonScanner, 'longNumbers' | 'escapedKeys'>,
  reviver?: (key: string, value: unknown) => unknown,
): unknown {
  // Random, so that no text can contain it.
  const mark = randomUUID();
  const edits: Edit[] = [];
  for (const { start, end } of pairs(longNumbers)) {
    edits.push({ start, end, text: `"${mark}${bytes.toString('latin1', start, end)}"` });
  }
  for (const { start, end } of pairs(escapedKeys)) {
    edits.push({ start, end, text: plainKey(bytes.toString('utf8', start, end), mark) });
  }
  const text = edited(
    bytes,
    edits.toSorted((one, other) => one.start - other.start),
  );
  const value: unknown = JSON.parse(text, reviver);
  return text.includes(mark) ? withoutMarks(value, mark) : value;
}

/** A key without its escapes; one that needs some begins with the mark, as no key does that V8 could take it for. */
function plainKey(written: string, mark: string): string {
  const key = String(JSON.parse(written));
  const escaped = JSON.stringify(key);
  return escaped.length === key.length + 2 ? escaped : `"${mark}${escaped.slice(1)}`;
}

function edited(bytes: Buffer, edits: readonly Edit[]): string {
  const pieces: string[] = [];
  let from = 0;
  for (const { start, end, text } of edits) {
    pieces.push(bytes.toString('utf8', from, start), text);
    from = end;
  }
  pieces.push(bytes.toString('utf8', from));
  return pieces.join('');
}

/** Recursive: texts that are nested too deeply were refused before. */
function withoutMarks(value: unknown, mark: string): unknown {
  if (typeof value === 'string') return value.startsWith(mark) ? exactNumber(value.slice(mark.length)) : value;
  if (Array.isArray(value)) return value.map((item) => withoutMarks(item, mark));
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key.startsWith(mark) ? key.slice(mark.length) : key,
      withoutMarks(inner, mark),
    ]),
  );
}

function* pairs(offsets: readonly number[]): Generator<{ start: number; end: number }> {
  for (let index = 0; index < offsets.length; index += 2) {
    yield { start: offsets[index] as number, end: offsets[index + 1] as number };
  }
}
