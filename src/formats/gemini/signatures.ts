import { isRecord, type JsonObject } from '../../util/json-object.js';
import { textOf } from './json.js';

/** OpenRouter's name for reasoning details that only Gemini can read. */
export const SIGNATURE_FORMAT = 'google-gemini-v1';

/** Google's documented placeholder for a signature that was lost. */
export const LOST_SIGNATURE = 'skip_thought_signature_validator';

/** Separates a tool call's id from the signature that it carries (LiteLLM's form). */
const ID_MARK = '__thought__';

/** The thought signatures that an assistant message of the history carries, in any of the forms that clients keep. */
export interface CarriedSignatures {
  /** Of the call with this id. */
  of(call: JsonObject): string | undefined;
  /** Belongs to no call: goes on the message's last part. */
  readonly loose: string | undefined;
  readonly any: boolean;
}

export function carriedSignatures(message: JsonObject): CarriedSignatures {
  const calls = Array.isArray(message['tool_calls']) ? message['tool_calls'].filter(isRecord) : [];
  const ids = new Set(calls.map((call) => plainId(call['id'])));
  const byId = new Map<string, string>();
  let loose = fieldSignature(message);
  for (const { id, data } of reasoningSignatures(message['reasoning_details'])) {
    if (id !== undefined && ids.has(id)) byId.set(id, data);
    else loose = data;
  }
  const of = (call: JsonObject): string | undefined =>
    byId.get(plainId(call['id'])) ?? fieldSignature(call) ?? idSignature(call['id']);
  return { of, loose, any: loose !== undefined || calls.some((call) => of(call) !== undefined) };
}

/** A tool call's id without the signature that may appear behind it. */
export function plainId(id: unknown): string {
  if (typeof id !== 'string') return '';
  const at = id.indexOf(ID_MARK);
  return at === -1 ? id : id.slice(0, at);
}

export function signedId(id: string, signature: string): string {
  return `${id}${ID_MARK}${signature}`;
}

function idSignature(id: unknown): string | undefined {
  if (typeof id !== 'string') return undefined;
  const at = id.indexOf(ID_MARK);
  return at === -1 ? undefined : textOf(id.slice(at + ID_MARK.length));
}

/** Google's own compatibility form, then LiteLLM's. */
function fieldSignature(holder: JsonObject): string | undefined {
  const extra = holder['extra_content'];
  const google = isRecord(extra) ? extra['google'] : undefined;
  const own = isRecord(google) ? textOf(google['thought_signature']) : undefined;
  if (own !== undefined) return own;
  const specific = holder['provider_specific_fields'];
  if (!isRecord(specific)) return undefined;
  const list = specific['thought_signatures'];
  return textOf(specific['thought_signature']) ?? (Array.isArray(list) ? textOf(list.at(-1)) : undefined);
}

interface Signature {
  readonly id: string | undefined;
  readonly data: string;
}

/** Entries of other vendors are left out: their signatures would be refused. */
function reasoningSignatures(details: unknown): Iterable<Signature> {
  if (!Array.isArray(details)) return [];
  const found = new Map<string, Signature>();
  for (const [position, detail] of details.entries()) {
    if (!isRecord(detail) || detail['format'] !== SIGNATURE_FORMAT) continue;
    const data = textOf(detail['type'] === 'reasoning.encrypted' ? detail['data'] : detail['signature']);
    if (data === undefined) continue;
    const id = typeof detail['id'] === 'string' ? plainId(detail['id']) : undefined;
    // Clients store streams piece by piece: of pieces with one index the last signature counts.
    const index = typeof detail['index'] === 'number' ? `${detail['index']} ${id ?? ''}` : `at ${position}`;
    found.set(index, { id, data });
  }
  return found.values();
}
