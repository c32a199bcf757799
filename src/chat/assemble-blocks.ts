import { filledText, isRecord, mergeDefined, type JsonObject } from '../util/json-object.js';

/** Lists whose entries arrive in pieces: OpenRouter's reasoning, LiteLLM's thinking. */
const BLOCK_LISTS: ReadonlySet<string> = new Set(['reasoning_details', 'thinking_blocks']);
/** Members of a block that are concatenated. Signatures and encrypted data arrive whole. */
const IN_PIECES = ['text', 'thinking', 'summary', 'content'] as const;
const TEXTS: ReadonlySet<string> = new Set(IN_PIECES);

export function isBlockList(key: string): boolean {
  return BLOCK_LISTS.has(key);
}

/** `blocks` with the pieces of one more delta. Providers verify a signature against the whole text of its block. */
export function joinBlocks(blocks: unknown, pieces: readonly unknown[]): unknown[] {
  const joined: unknown[] = Array.isArray(blocks) ? blocks : [];
  const before = joined.length;
  for (const piece of pieces) {
    const block = isRecord(piece) ? blockOf(joined, before, piece) : undefined;
    if (block === undefined) joined.push(isRecord(piece) ? { ...piece } : piece);
    else if (isRecord(piece)) addPiece(block, piece);
  }
  return joined;
}

/** The block that `piece` continues: the one of its index, or without an index the last one of earlier deltas. */
function blockOf(blocks: readonly unknown[], before: number, piece: JsonObject): JsonObject | undefined {
  const { index } = piece;
  if (index !== undefined && index !== null) {
    return blocks.findLast(
      (block): block is JsonObject => isRecord(block) && block['index'] === index && isSame(block, piece),
    );
  }
  const last = blocks.length === before ? blocks.at(-1) : undefined;
  if (!isRecord(last) || !isSame(last, piece)) return undefined;
  // A signature ends its block, and data that arrives whole is a block of its own.
  const ended = filledText(last['signature']) !== undefined || filledText(last['data']) !== undefined;
  return ended ? undefined : last;
}

/** Whether type and id are equal, as far as both have them. */
function isSame(block: JsonObject, piece: JsonObject): boolean {
  return ['type', 'id'].every((key) => {
    const [current, added] = [filledText(block[key]), filledText(piece[key])];
    return current === undefined || added === undefined || current === added;
  });
}

function addPiece(block: JsonObject, piece: JsonObject): void {
  for (const key of IN_PIECES) {
    const text = piece[key];
    if (typeof text === 'string') block[key] = (filledText(block[key]) ?? '') + text;
    else if (text !== undefined && text !== null) block[key] = text;
  }
  for (const key of Object.keys(piece)) {
    // An empty string means that the piece does not change the member.
    if (!TEXTS.has(key) && piece[key] !== '') mergeDefined(block, { [key]: piece[key] });
  }
}
