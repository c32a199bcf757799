import { isRecord, type JsonObject } from '../../util/json-object.js';
import { UnsupportedRequest } from '../../contracts/wire-format.js';
import type { Encoding } from './encoding.js';
import { textOf } from './json.js';
import { mediaPart, type MediaSource } from './media.js';
import { namedType, typeOfExtension } from './mime.js';
import type { Part } from './wire.js';

/** One part of a user message; `undefined` for an empty text. `path`: `messages[0].content[1]`. */
export function userPart(part: unknown, path: string, encoding: Encoding): Part | undefined {
  if (!isRecord(part)) throw unknownPart(path, part);
  switch (part['type']) {
    case 'text':
      return textPart(part['text']);
    case 'image_url':
      return imagePart(part, path, encoding);
    case 'input_audio':
      return audioPart(part, path, encoding);
    case 'file':
      return filePart(part, path, encoding);
    case 'video_url':
      return mediaPart(urlSource(part['video_url'], `${path}.video_url`, 'video'), rulesOf(encoding));
    default:
      throw unknownPart(path, part);
  }
}

/** Empty texts are refused upstream. */
export function textPart(text: unknown): Part | undefined {
  const filled = textOf(text);
  return filled === undefined ? undefined : { text: filled };
}

export function unknownPart(path: string, part: unknown): UnsupportedRequest {
  const type = isRecord(part) && typeof part['type'] === 'string' ? `'${part['type'].slice(0, 40)}'` : 'this form';
  return new UnsupportedRequest(path, `Gemini has no content part for ${type}.`);
}

export function rulesOf({ door, traits }: Encoding) {
  return { door, externalUrls: traits.externalUrls };
}

export function urlSource(holder: unknown, path: string, kind: MediaSource['kind']): MediaSource {
  const url = isRecord(holder) ? holder['url'] : holder;
  return { value: typeof url === 'string' ? url : '', kind, param: isRecord(holder) ? `${path}.url` : path };
}

function imagePart(part: JsonObject, path: string, encoding: Encoding): Part {
  const image = mediaPart(urlSource(part['image_url'], `${path}.image_url`, 'image'), rulesOf(encoding));
  const detail = isRecord(part['image_url']) ? part['image_url']['detail'] : undefined;
  if (detail !== 'low' && detail !== 'high') return image;
  if (encoding.traits.mediaResolution)
    return { ...image, mediaResolution: { level: `MEDIA_RESOLUTION_${detail.toUpperCase()}` } };
  encoding.dropped.add(`${path}.image_url.detail`);
  return image;
}

function audioPart(part: JsonObject, path: string, encoding: Encoding): Part {
  const audio: JsonObject = isRecord(part['input_audio']) ? part['input_audio'] : {};
  const format = typeof audio['format'] === 'string' ? audio['format'] : '';
  return mediaPart(
    {
      value: typeof audio['data'] === 'string' ? audio['data'] : '',
      kind: 'audio',
      param: `${path}.input_audio.data`,
      rawBase64: true,
      declaredType: audioType(format),
    },
    rulesOf(encoding),
  );
}

function audioType(format: string): string | undefined {
  const known = typeOfExtension(format);
  if (known?.startsWith('audio/')) return known;
  return /^[A-Za-z0-9-]{1,20}$/.test(format) ? namedType(`audio/${format}`) : namedType(format);
}

function filePart(part: JsonObject, path: string, encoding: Encoding): Part {
  const file: JsonObject = isRecord(part['file']) ? part['file'] : {};
  const filename = textOf(file['filename']);
  const data = textOf(file['file_data']);
  if (data !== undefined) {
    const param = `${path}.file.file_data`;
    return mediaPart({ value: data, kind: 'file', param, rawBase64: true, filename }, rulesOf(encoding));
  }
  const id = textOf(file['file_id']);
  if (id === undefined) throw new UnsupportedRequest(`${path}.file`, 'The file has neither file_data nor file_id.');
  const param = `${path}.file.file_id`;
  if (!/^(?:https|gs):\/\//.test(id))
    throw new UnsupportedRequest(param, 'Ids of files are known only to the provider that gave them.');
  return mediaPart({ value: id, kind: 'file', param, filename }, rulesOf(encoding));
}
