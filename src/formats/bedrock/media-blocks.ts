import { isRecord, type JsonObject } from '../../util/json-object.js';
import { UnsupportedRequest } from '../../contracts/wire-format.js';
import { documentFormat } from './documents.js';
import type { EncodeState } from './encode-state.js';
import { extensionOf, readBase64, readDataUrl, s3Source, type InlineMedia } from './media.js';

const IMAGE_FORMATS: ReadonlyMap<string, string> = new Map([
  ['png', 'png'],
  ['jpeg', 'jpeg'],
  ['jpg', 'jpeg'],
  ['gif', 'gif'],
  ['webp', 'webp'],
]);
const AUDIO_FORMATS: ReadonlyMap<string, string> = new Map(
  ['aac', 'flac', 'm4a', 'mka', 'mkv', 'mp3', 'mp4', 'mpeg', 'mpga', 'ogg', 'opus', 'pcm', 'wav', 'webm'].map(
    (format) => [format, format],
  ),
);
const VIDEO_FORMATS: ReadonlyMap<string, string> = new Map([
  ...['flv', 'mkv', 'mov', 'mp4', 'mpeg', 'mpg', 'webm', 'wmv'].map((format): [string, string] => [format, format]),
  ['quicktime', 'mov'],
  ['3gp', 'three_gp'],
  ['3gpp', 'three_gp'],
]);
const NOTHING_FETCHED = 'Bedrock takes a base64 data URL or an s3:// address here; nothing is fetched.';

export function imageBlock(part: JsonObject, path: string, { dropped }: EncodeState): JsonObject {
  const image = membersOf(part, 'image_url', path);
  const { detail } = image;
  if (detail === 'low' || detail === 'high') dropped.add(`${path}.image_url.detail`);
  return { image: mediaOf(image['url'], 'image', IMAGE_FORMATS, `${path}.image_url.url`) };
}

export function videoBlock(part: JsonObject, path: string): JsonObject {
  const video = membersOf(part, 'video_url', path);
  return { video: mediaOf(video['url'], 'video', VIDEO_FORMATS, `${path}.video_url.url`) };
}

export function audioBlock(part: JsonObject, path: string): JsonObject {
  const audio = membersOf(part, 'input_audio', path);
  const format = AUDIO_FORMATS.get(String(audio['format']).toLowerCase());
  if (format === undefined) {
    throw new UnsupportedRequest(`${path}.input_audio.format`, `Bedrock takes ${list(AUDIO_FORMATS)} audio.`);
  }
  const data = String(audio['data']);
  const media = readDataUrl(data) ?? readBase64(data);
  if (media === undefined) throw new UnsupportedRequest(`${path}.input_audio.data`, 'Audio must be base64.');
  return { audio: { format, source: { bytes: media.base64 } } };
}

/** A file of OpenAI's as a document, or as an image where it is one. */
export function fileBlock(part: JsonObject, path: string, state: EncodeState): JsonObject {
  const file = membersOf(part, 'file', path);
  const filename = typeof file['filename'] === 'string' ? file['filename'] : undefined;
  const data = file['file_data'];
  if (typeof data !== 'string' || data === '') return storedDocument(file['file_id'], filename, path, state);
  const dataPath = `${path}.file.file_data`;
  const media = readDataUrl(data) ?? (data.includes(':') ? undefined : readBase64(data));
  if (media === undefined) throw new UnsupportedRequest(dataPath, NOTHING_FETCHED);
  if (media.mime.startsWith('image/')) return { image: inline(media, 'image', IMAGE_FORMATS, dataPath) };
  const format = documentFormat(media.mime, filename);
  if (format === undefined) {
    throw new UnsupportedRequest(dataPath, 'Bedrock takes pdf, csv, doc, docx, xls, xlsx, html, txt and md documents.');
  }
  return { document: { format, name: state.documents.next(filename), source: { bytes: media.base64 } } };
}

/** A `file_id` is OpenAI's own, unless it is the address of an object that Bedrock may read. */
function storedDocument(id: unknown, filename: string | undefined, path: string, state: EncodeState): JsonObject {
  const source = typeof id === 'string' ? s3Source(id) : undefined;
  if (source === undefined) {
    const member = id === undefined || id === null ? 'file' : 'file.file_id';
    throw new UnsupportedRequest(`${path}.${member}`, 'Bedrock takes file_data, or an s3:// address as file_id.');
  }
  const format = documentFormat('', String(id));
  if (format === undefined) throw new UnsupportedRequest(`${path}.file.file_id`, 'The address must end in .pdf or so.');
  return { document: { format, name: state.documents.next(filename ?? String(id).split('/').at(-1)), source } };
}

function mediaOf(url: unknown, kind: string, formats: ReadonlyMap<string, string>, path: string): JsonObject {
  const address = String(url);
  const stored = s3Source(address);
  if (stored === undefined) {
    const media = readDataUrl(address);
    if (media === undefined) throw new UnsupportedRequest(path, NOTHING_FETCHED);
    return inline(media, kind, formats, path);
  }
  const format = formats.get(extensionOf(address));
  if (format === undefined) throw unknownFormat(formats, path);
  return { format, source: stored };
}

function inline(media: InlineMedia, kind: string, formats: ReadonlyMap<string, string>, path: string): JsonObject {
  const [top, subtype] = media.mime.split('/');
  const format = top === kind ? formats.get(subtype ?? '') : undefined;
  if (format === undefined) throw unknownFormat(formats, path);
  return { format, source: { bytes: media.base64 } };
}

function unknownFormat(formats: ReadonlyMap<string, string>, path: string): UnsupportedRequest {
  return new UnsupportedRequest(path, `Bedrock takes ${list(formats)} here.`);
}

function list(formats: ReadonlyMap<string, string>): string {
  return [...new Set(formats.values())].join(', ');
}

function membersOf(part: JsonObject, member: string, path: string): JsonObject {
  const value = part[member];
  if (!isRecord(value)) throw new UnsupportedRequest(`${path}.${member}`, 'must be an object.');
  return value;
}
