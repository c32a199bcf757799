import { withoutByteOrderMark } from '../../util/parse-json.js';

export type BodyKind = 'json' | 'events' | 'other' | 'unknown';

const JSON_START: ReadonlySet<string> = new Set(['{', '[']);
const EVENT_FIELDS = ['data:', 'event:', 'id:', 'retry:', ':'];

/**
 * The kind of a body by its first characters, because upstreams label event streams as text/plain and login pages as
 * anything. `unknown`: too few characters to decide.
 */
export function sniffBody(start: string): BodyKind {
  const text = withoutByteOrderMark(start).trimStart();
  if (text === '') return 'unknown';
  if (JSON_START.has(text[0]!)) return 'json';
  if (EVENT_FIELDS.some((field) => text.startsWith(field))) return 'events';
  return EVENT_FIELDS.some((field) => field.startsWith(text)) ? 'unknown' : 'other';
}
