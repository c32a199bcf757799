import { isRecord, type JsonObject } from '../../util/json-object.js';
import { ChunkNormaliser } from '../../chat/normalise-chunk.js';
import type { ChatChunk } from '../../chat/types.js';
import type { UpstreamEvent } from '../../contracts/wire-format.js';

const DONE = '[DONE]';

/**
 * Reads Azure's stream as OpenAI's. Three things differ: a first chunk without choices that brings the filter's results
 * for the prompt; choices without a `delta`, which bring those of an asynchronous filter; and such chunks have `""` or 0
 * where others have their id, model and time. Clients rely on `choices[0].delta` and on one id.
 */
export function azureChunkDecoder(): (event: UpstreamEvent) => readonly ChatChunk[] | 'done' {
  const head: JsonObject = {};
  const normaliser = new ChunkNormaliser();
  return ({ event, data }) => {
    if (data.trim() === DONE) return 'done';
    const chunk: unknown = JSON.parse(data);
    if (!isRecord(chunk)) throw new Error('An event of the stream is no object.');
    if (event === 'error' && !('error' in chunk)) return [{ error: chunk }];
    if (isErrorChunk(chunk)) return [chunk];
    if (saysNothing(chunk)) return [];
    if (normaliser.normalise(chunk) === 'invalid') throw new Error('An event of the stream is not a chunk.');
    rememberHead(head, chunk);
    return [{ ...chunk, ...missingOf(head, chunk) }];
  };
}

function isErrorChunk({ error }: JsonObject): boolean {
  return error !== undefined && error !== null && error !== false && error !== '';
}

/** Only the results of a filter, or nothing at all. */
function saysNothing({ choices, usage }: ChatChunk): boolean {
  return (choices ?? []).length === 0 && (usage === undefined || usage === null);
}

const HEAD_MEMBERS = ['id', 'object', 'created', 'model'] as const;

function rememberHead(head: JsonObject, chunk: ChatChunk): void {
  for (const member of HEAD_MEMBERS) if (isFilled(chunk[member])) head[member] ??= chunk[member];
}

function missingOf(head: JsonObject, chunk: ChatChunk): JsonObject {
  const missing = HEAD_MEMBERS.filter((member) => !isFilled(chunk[member]) && member in head);
  return Object.fromEntries(missing.map((member) => [member, head[member]]));
}

function isFilled(value: unknown): boolean {
  return value !== undefined && value !== null && value !== '' && value !== 0;
}
