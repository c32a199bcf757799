import { filledText, isRecord, type JsonObject } from '../util/json-object.js';

/**
 * Brings a `content` that is a list of parts (Mistral, Anthropic-like servers) into OpenAI's form: text parts become the
 * text, thinking becomes `reasoning_content`. Other parts are kept: signed or redacted thinking in `thinking_blocks`,
 * annotations in `annotations`, everything else (references, images) in `content_parts`.
 * Works in place on a message or a delta. False: nothing was changed.
 */
export function flattenContent(message: JsonObject): boolean {
  const { content } = message;
  if (!Array.isArray(content) && !isRecord(content)) return false;
  const flat = new FlatContent();
  for (const part of Array.isArray(content) ? content : [content]) flat.add(part);
  flat.writeTo(message);
  return true;
}

/** Members of a text part that are not kept beside its text. */
const OWN_TEXT: ReadonlySet<string> = new Set(['type', 'text', 'annotations', 'index']);

class FlatContent {
  #text: string | undefined;
  #refusal: string | undefined;
  #thinking = '';
  readonly #blocks: unknown[] = [];
  readonly #annotations: unknown[] = [];
  readonly #others: unknown[] = [];

  add(part: unknown): void {
    if (typeof part === 'string') this.#addText(part);
    else if (isRecord(part)) this.#addPart(part);
    else if (part !== null && part !== undefined) this.#others.push(part);
  }

  writeTo(message: JsonObject): void {
    message['content'] = this.#text ?? null;
    if (this.#thinking !== '')
      message['reasoning_content'] = (filledText(message['reasoning_content']) ?? '') + this.#thinking;
    if (this.#refusal !== undefined) message['refusal'] = (filledText(message['refusal']) ?? '') + this.#refusal;
    append(message, 'thinking_blocks', this.#blocks);
    append(message, 'annotations', this.#annotations);
    append(message, 'content_parts', this.#others);
  }

  #addPart(part: JsonObject): void {
    switch (part['type']) {
      case 'thinking':
      case 'reasoning':
        return this.#addThinking(part);
      case 'redacted_thinking':
        this.#blocks.push(part);
        return;
      case 'refusal':
        if (typeof part['refusal'] === 'string') this.#refusal = (this.#refusal ?? '') + part['refusal'];
        return;
      case undefined:
      case null:
      case 'text':
      case 'output_text':
        return this.#addTextPart(part);
      default:
        this.#others.push(part);
    }
  }

  #addTextPart(part: JsonObject): void {
    const { text } = part;
    const value = isRecord(text) ? text['value'] : text;
    if (typeof value !== 'string') {
      this.#others.push(part);
      return;
    }
    this.#addText(value);
    if (Array.isArray(part['annotations'])) this.#annotations.push(...(part['annotations'] as unknown[]));
    const rest = restOf(part);
    if (rest !== undefined) this.#others.push({ type: 'text', ...rest });
  }

  #addText(text: string): void {
    this.#text = (this.#text ?? '') + text;
  }

  /** Thinking is a text, or a list of text parts. With a signature or encrypted the block itself must come back unchanged. */
  #addThinking(part: JsonObject): void {
    const thinking = part['thinking'] ?? part['reasoning'] ?? part['text'] ?? part['content'] ?? part['summary'];
    for (const piece of Array.isArray(thinking) ? (thinking as unknown[]) : [thinking]) {
      const text = isRecord(piece) ? piece['text'] : piece;
      if (typeof text === 'string') this.#thinking += text;
      else if (isRecord(piece)) this.#others.push(piece);
    }
    const mustComeBack = ['signature', 'encrypted_content'].some((key) => filledText(part[key]) !== undefined);
    if (mustComeBack) this.#blocks.push(part);
  }
}

function restOf(part: JsonObject): JsonObject | undefined {
  let rest: JsonObject | undefined;
  for (const key of Object.keys(part)) {
    const value = part[key];
    if (key === '__proto__' || OWN_TEXT.has(key) || value === null || isEmptyList(value)) continue;
    (rest ??= {})[key] = value;
  }
  return rest;
}

function isEmptyList(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}

function append(message: JsonObject, key: string, items: readonly unknown[]): void {
  if (items.length === 0) return;
  const before: unknown = message[key];
  message[key] = Array.isArray(before) ? [...(before as unknown[]), ...items] : items;
}
