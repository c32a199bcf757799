import { isRecord, type JsonObject } from '../util/json-object.js';

/** JsonObject of an entry that come in pieces of one text. */
const TEXT_MEMBERS: ReadonlySet<string> = new Set(['text', 'summary']);

/**
 * Entries of `reasoning_details` with the pieces of a stream joined: those of equal `type`, `index` and `id` are one
 * entry, their texts appended, every other member the latest. Entries without `index` are whole.
 */
export function joinReasoningDetails(entries: readonly unknown[]): JsonObject[] {
  const joined: JsonObject[] = [];
  const byKey = new Map<string, JsonObject>();
  for (const piece of entries) {
    if (!isRecord(piece)) continue;
    const key = typeof piece['index'] === 'number' ? JSON.stringify([piece['index'], piece['type'], piece['id']]) : '';
    const open = key === '' ? undefined : byKey.get(key);
    if (open !== undefined) {
      append(open, piece);
      continue;
    }
    const entry = { ...piece };
    joined.push(entry);
    byKey.set(key, entry);
  }
  return joined;
}

function append(entry: JsonObject, piece: JsonObject): void {
  for (const [member, value] of Object.entries(piece)) {
    if (value === null || value === undefined || member === '__proto__') continue;
    const before = entry[member];
    const isPiece = TEXT_MEMBERS.has(member) && typeof value === 'string' && typeof before === 'string';
    entry[member] = isPiece ? before + value : value;
  }
}
