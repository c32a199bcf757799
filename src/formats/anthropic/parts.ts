import { isRecord, type JsonObject } from '../../util/json-object.js';
import { UnsupportedRequest } from '../../contracts/wire-format.js';
import { decodeText, inlineData, isHttpsUrl, parseDataUrl, type InlineData } from '../shared/media.js';
import type { DocumentBlock, ImageBlock, PartBlock, TextBlock } from './blocks.js';
import { markOf } from './cache-marks.js';
import type { Translation } from './translation.js';

const IMAGE_TYPES: ReadonlySet<string> = new Set(['image/jpeg', 'image/png', 'image/gif', 'image/webp']);
const TEXT_FILE_TYPES = /^(?:text\/|application\/(?:json|xml|x-yaml|yaml)$)/;
const TEXT_FILE_NAMES = /\.(?:txt|md|markdown|csv|json|xml|ya?ml|html?|log)$/i;

/**
 * Blocks of a `content`, blank texts left out.
 * @param at - path of the content
 * @throws UnsupportedRequest for a part that Anthropic has no block for.
 */
export function contentBlocks(content: unknown, at: string, translation: Translation): PartBlock[] {
  if (typeof content === 'string') {
    const block = textBlock(content);
    return block === undefined ? [] : [block];
  }
  return partsOf(content).flatMap((part, index) => partBlock(part, `${at}[${index}]`, translation) ?? []);
}

/**
 * Texts of a `content`, for roles that allow nothing else.
 * @throws UnsupportedRequest for any other part.
 */
export function textBlocks(content: unknown, at: string, translation: Translation): TextBlock[] {
  const other = partsOf(content).findIndex((part) => !isRecord(part) || !isText(part));
  if (other >= 0) refuse(`${at}[${other}]`, 'Anthropic takes only text in a message of this role.');
  return contentBlocks(content, at, translation).filter((block) => block.type === 'text');
}

function partsOf(content: unknown): readonly unknown[] {
  return Array.isArray(content) ? content : [];
}

function isText(part: JsonObject): boolean {
  return part['type'] === 'text' || part['type'] === 'refusal';
}

/** Texts that hold nothing but white space are refused upstream, in any position. */
export function isBlank(text: string): boolean {
  return text.trim() === '';
}

function partBlock(part: unknown, at: string, translation: Translation): PartBlock | undefined {
  const block = isRecord(part) ? unmarkedBlock(part, at, translation) : refuse(at, 'A content part must be an object.');
  const mark = block === undefined ? undefined : markOf(part as object, translation.traits);
  if (block !== undefined && mark !== undefined) block.cache_control = mark;
  return block;
}

function unmarkedBlock(part: JsonObject, at: string, translation: Translation): PartBlock | undefined {
  switch (part['type']) {
    case 'text':
      return textBlock(part['text']);
    case 'refusal':
      return textBlock(part['refusal']);
    case 'image_url':
      return imageBlock(part['image_url'], `${at}.image_url`, translation);
    case 'file':
      return fileBlock(part['file'], `${at}.file`, translation);
    case 'input_audio':
      return refuse(`${at}.input_audio`, 'Anthropic models take no audio.');
    default:
      return refuse(at, `Anthropic has no content part of type ${String(part['type']).slice(0, 50)}.`);
  }
}

function textBlock(text: unknown): TextBlock | undefined {
  return typeof text !== 'string' || isBlank(text) ? undefined : { type: 'text', text };
}

function imageBlock(image: unknown, at: string, { dropped }: Translation): ImageBlock {
  const { url, detail } = isRecord(image) ? image : {};
  if (typeof detail === 'string' && detail !== 'auto') dropped.add(`${at}.detail`);
  const address = typeof url === 'string' ? url : '';
  if (isHttpsUrl(address)) return { type: 'image', source: { type: 'url', url: address } };
  const data = parseDataUrl(address);
  if (data === undefined) return refuse(`${at}.url`, 'An image must be an https URL or a data URL with base64.');
  return inlineImage(data, `${at}.url`);
}

function inlineImage({ mimeType, base64 }: InlineData, at: string): ImageBlock {
  if (!IMAGE_TYPES.has(mimeType)) {
    return refuse(at, `Anthropic takes images as JPEG, PNG, GIF and WebP, not as ${mimeType || 'an unknown type'}.`);
  }
  return { type: 'image', source: { type: 'base64', media_type: mimeType, data: base64 } };
}

function fileBlock(value: unknown, at: string, translation: Translation): ImageBlock | DocumentBlock {
  const file = isRecord(value) ? value : {};
  const name = typeof file['filename'] === 'string' && file['filename'] !== '' ? file['filename'] : undefined;
  const title = name === undefined ? {} : { title: name };
  const { file_id: id, file_data: data } = file;
  if (typeof data === 'string' && data !== '') return fileData(data, { at, name, title, translation });
  if (typeof id === 'string' && id.startsWith('file_') && translation.options.fileIds) {
    return { type: 'document', source: { type: 'file', file_id: id }, ...title };
  }
  if (typeof id === 'string') return refuse(`${at}.file_id`, 'The file belongs to another provider: send file_data.');
  return refuse(`${at}.file_data`, 'A file needs file_data.');
}

interface NamedFile {
  readonly at: string;
  readonly name: string | undefined;
  readonly title: { readonly title?: string };
  readonly translation: Translation;
}

function fileData(data: string, { at, name, title, translation }: NamedFile): ImageBlock | DocumentBlock {
  if (isHttpsUrl(data)) return { type: 'document', source: { type: 'url', url: data }, ...title };
  const inline = /^data:/i.test(data) ? parseDataUrl(data) : inlineData('', data);
  if (inline === undefined)
    return refuse(`${at}.file_data`, 'A file must be base64, a data URL with base64, or an https URL.');
  if (inline.mimeType === 'application/pdf') {
    return { type: 'document', source: { type: 'base64', media_type: inline.mimeType, data: inline.base64 }, ...title };
  }
  if (inline.mimeType.startsWith('image/')) {
    if (name !== undefined) translation.dropped.add(`${at}.filename`);
    return inlineImage(inline, `${at}.file_data`);
  }
  const text = isTextFile(inline, name) ? decodeText(inline.base64) : undefined;
  if (text === undefined || isBlank(text)) {
    return refuse(
      `${at}.file_data`,
      `Anthropic takes PDF, images and text, not ${inline.mimeType || 'an unknown type'}.`,
    );
  }
  return { type: 'document', source: { type: 'text', media_type: 'text/plain', data: text }, ...title };
}

function isTextFile({ mimeType }: InlineData, name: string | undefined): boolean {
  if (TEXT_FILE_TYPES.test(mimeType)) return true;
  return (mimeType === '' || mimeType === 'application/octet-stream') && TEXT_FILE_NAMES.test(name ?? '');
}

function refuse(param: string, message: string): never {
  throw new UnsupportedRequest(param, message);
}
