import { parseJson } from '../util/parse-json.js';
import { isRecord } from '../util/json-object.js';
import type { ChatCompletion, Usage } from '../chat/types.js';
import type { ServedBy } from '../request/context.js';

/** A stored response. */
export interface CachedResponse {
  /** When it was stored: Unix time in milliseconds. */
  readonly storedAt: number;
  readonly served: ServedBy;
  readonly finishReason: string | undefined;
  /** JSON in ASCII: most replays send it without parsing it. */
  readonly usage: string | undefined;
  /**
   * The members of the completion as JSON text, without braces and without those that each replay writes anew
   * (`id`, `object`, `created`, `usage`). A whole response is served from them without parsing.
   */
  readonly members: Uint8Array;
}

const LINE_END = 0x0a;

/** The first line of an entry. */
interface StoredFacts extends Omit<CachedResponse, 'members' | 'usage'> {
  readonly usage: Usage | undefined;
}

/** Encodes an entry: one line of facts, then the members. */
export function encodeEntry(completion: ChatCompletion, facts: StoredFacts): Uint8Array {
  const { id: _id, object: _object, created: _created, usage: _usage, ...rest } = completion;
  const members = JSON.stringify(rest).slice(1, -1);
  const length = Buffer.byteLength(members);
  return Buffer.from(`${JSON.stringify({ ...facts, length })}\n${members}`);
}

/** Decoded entries that their store still holds in memory: the same array holds the same response. */
const decoded = new WeakMap<Uint8Array, CachedResponse>();

/** The response in `bytes`; `undefined` where they are not an intact entry. */
export function decodeEntry(bytes: Uint8Array): CachedResponse | undefined {
  const known = decoded.get(bytes);
  if (known !== undefined) return known;
  const response = decode(bytes);
  if (response !== undefined) decoded.set(bytes, response);
  return response;
}

function decode(bytes: Uint8Array): CachedResponse | undefined {
  const entry = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const lineEnd = entry.indexOf(LINE_END);
  if (lineEnd === -1) return undefined;
  const members = entry.subarray(lineEnd + 1);
  const facts = parseFacts(entry.toString('utf8', 0, lineEnd), members.length);
  return facts === undefined ? undefined : { ...facts, members };
}

/** @param length - bytes of the members, to find entries that a store has truncated */
function parseFacts(line: string, length: number): Omit<CachedResponse, 'members'> | undefined {
  const facts = parseJson(line);
  if (!isRecord(facts)) return undefined;
  const { storedAt, served, finishReason, usage } = facts;
  if (typeof storedAt !== 'number' || !isServedBy(served) || facts['length'] !== length) return undefined;
  return {
    storedAt,
    served,
    finishReason: typeof finishReason === 'string' ? finishReason : undefined,
    usage: isRecord(usage) ? asciiJson(usage) : undefined,
  };
}

/** JSON in ASCII: an upstream's values may hold any characters. */
function asciiJson(value: object): string {
  return JSON.stringify(value).replace(
    /[\u0080-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function isServedBy(value: unknown): value is ServedBy {
  if (!isRecord(value)) return false;
  return (
    typeof value['provider'] === 'string' && typeof value['model'] === 'string' && typeof value['slug'] === 'string'
  );
}
