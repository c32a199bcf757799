export type BodyKind = 'json' | 'events' | 'other' | 'unknown';

const JSON_START: ReadonlySet<string> = new Set(['{', '[']);
const EVENT_FIELDS = ['data:', 'event:', 'id:', 'retry:', ':'];

/**
 * What a body is, by its first bytes: upstreams label events as text/plain and login pages as anything.
 * `unknown` while there is too little of it to say.
 */
export function sniffBody(start: string): BodyKind {
  const text = start.replace(/^\uFEFF/, '').trimStart();
  if (text === '') return 'unknown';
  if (JSON_START.has(text[0]!)) return 'json';
  if (EVENT_FIELDS.some((field) => text.startsWith(field))) return 'events';
  return EVENT_FIELDS.some((field) => field.startsWith(text)) ? 'unknown' : 'other';
}
