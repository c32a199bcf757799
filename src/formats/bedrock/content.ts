import { isRecord, type JsonObject } from '../../util/json-object.js';
import { UnsupportedRequest } from '../../contracts/wire-format.js';
import { cachePointOf, closeWith } from './cache-points.js';
import type { EncodeState } from './encode-state.js';
import { audioBlock, fileBlock, imageBlock, videoBlock } from './media-blocks.js';

/** Whose content it is: parts that are not listed for it are refused there. */
export type ContentOwner = 'system' | 'user' | 'assistant' | 'tool';

const ALLOWED: Readonly<Record<ContentOwner, ReadonlySet<string>>> = {
  system: new Set(['text']),
  user: new Set(['text', 'image_url', 'input_audio', 'file', 'video_url']),
  assistant: new Set(['text', 'refusal']),
  tool: new Set(['text', 'image_url', 'file', 'video_url']),
};

/** Content as blocks, with cache points behind those that are marked. Blank texts are refused upstream: left out. */
export function contentBlocks(content: unknown, owner: ContentOwner, path: string, state: EncodeState): JsonObject[] {
  if (typeof content === 'string') return textBlocks(content);
  if (!Array.isArray(content)) return [];
  const blocks: JsonObject[] = [];
  for (const [index, part] of content.entries()) {
    const partPath = `${path}[${index}]`;
    if (!isRecord(part)) throw new UnsupportedRequest(partPath, 'A content part must be an object.');
    blocks.push(...partBlocks(part, owner, partPath, state));
    closeWith(blocks, cachePointOf(part, state.model));
  }
  return blocks;
}

/** One text block, or none for a blank text. */
export function textBlocks(text: unknown): JsonObject[] {
  return typeof text === 'string' && text.trim() !== '' ? [{ text }] : [];
}

function partBlocks(part: JsonObject, owner: ContentOwner, path: string, state: EncodeState): JsonObject[] {
  const type = String(part['type']);
  if (!ALLOWED[owner].has(type)) {
    throw new UnsupportedRequest(path, `Bedrock takes no part of type "${type}" in a message of this role.`);
  }
  switch (type) {
    case 'text':
      return textBlocks(part['text']);
    case 'refusal':
      return textBlocks(part['refusal']);
    case 'image_url':
      return [imageBlock(part, path, state)];
    case 'input_audio':
      return [audioBlock(part, path)];
    case 'video_url':
      return [videoBlock(part, path)];
    default:
      return [fileBlock(part, path, state)];
  }
}
