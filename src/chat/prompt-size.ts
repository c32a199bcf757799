import { isRecord } from '../util/json-object.js';
import type { ChatRequest } from './types.js';

/** UTF-8 bytes per token of an endpoint that has not reported usage yet: between English prose, code and Chinese. */
export const BYTES_PER_TOKEN = 3.8;
/** Tokens of an image of common size at high detail. */
const TOKENS_PER_IMAGE = 765;
/** Tokens that each message adds: role and separators. */
const TOKENS_PER_MESSAGE = 4;
/** Deepest level of a tool's schema that is counted. */
const DEEPEST_COUNTED = 32;

/** The size of a prompt, measured without a tokenizer. */
export interface PromptSize {
  /** UTF-8 bytes of all text: messages, tool calls and tools. */
  readonly bytes: number;
  /** Tokens that do not come from text: images, and a constant for each message. */
  readonly fixedTokens: number;
  readonly images: number;
}

/** Returns the length of a text in UTF-8 bytes. */
type ByteLength = (text: string) => number;

/**
 * Measures each text of the prompt once, without tokenising or decoding anything.
 * @param isAscii - all texts are known to be ASCII, so none has to be read
 */
export function measurePrompt(request: ChatRequest, isAscii = false): PromptSize {
  const byteLength = isAscii ? lengthOfAscii : Buffer.byteLength;
  let bytes = 0;
  let fixedTokens = 0;
  let images = 0;
  const messages: unknown = request.messages;
  if (Array.isArray(messages)) {
    for (const message of messages as readonly unknown[]) {
      fixedTokens += TOKENS_PER_MESSAGE;
      if (!isRecord(message)) continue;
      const { content } = message;
      if (typeof content === 'string') bytes += byteLength(content);
      else if (Array.isArray(content)) {
        const parts = measureParts(content, byteLength);
        bytes += parts.bytes;
        images += parts.images;
      }
      if (message['tool_calls'] !== undefined) bytes += textBytes(message['tool_calls'], byteLength, DEEPEST_COUNTED);
    }
  }
  bytes += textBytes(request.tools, byteLength, DEEPEST_COUNTED);
  return { bytes, fixedTokens: fixedTokens + images * TOKENS_PER_IMAGE, images };
}

/** Images in the prompt of `request`. */
export function countImages(request: ChatRequest): number {
  const messages: unknown = request.messages;
  if (!Array.isArray(messages)) return 0;
  let images = 0;
  for (const message of messages as readonly unknown[]) {
    const content = isRecord(message) ? message['content'] : undefined;
    if (Array.isArray(content)) images += content.filter(isImage).length;
  }
  return images;
}

/** Estimated tokens of a prompt of this size. */
export function tokensOf({ bytes, fixedTokens }: PromptSize, bytesPerToken = BYTES_PER_TOKEN): number {
  return fixedTokens + Math.ceil(bytes / bytesPerToken);
}

function measureParts(
  parts: readonly unknown[],
  byteLength: ByteLength,
): { readonly bytes: number; readonly images: number } {
  let bytes = 0;
  let images = 0;
  for (const part of parts) {
    if (isImage(part)) images++;
    else if (isRecord(part) && typeof part['text'] === 'string') bytes += byteLength(part['text']);
  }
  return { bytes, images };
}

function isImage(part: unknown): boolean {
  return isRecord(part) && part['type'] === 'image_url';
}

/** UTF-8 bytes of every text and every key in `value`. */
function textBytes(value: unknown, byteLength: ByteLength, levels: number): number {
  if (typeof value === 'string') return byteLength(value);
  if (typeof value !== 'object' || value === null || levels === 0) return 0;
  let bytes = 0;
  for (const [key, entry] of Object.entries(value)) {
    bytes += (Array.isArray(value) ? 0 : byteLength(key)) + textBytes(entry, byteLength, levels - 1);
  }
  return bytes;
}

function lengthOfAscii(text: string): number {
  return text.length;
}
