import { UnsupportedRequest } from '../../contracts/wire-format.js';
import { normalizeBase64 } from '../shared/media.js';
import { typeOfData } from '../shared/media-types.js';
import { namedType, typeOfName } from './mime.js';
import type { Blob, GeminiDoor, FileData } from './wire.js';

/** Where a part's bytes or address come from, and what they may be. */
export interface MediaSource {
  /** A data URL, an `https:` or `gs:` URL, or base64 with `rawBase64`. */
  readonly value: string;
  readonly kind: 'image' | 'audio' | 'video' | 'file';
  /** Path of the request member, for refusals. */
  readonly param: string;
  readonly rawBase64?: boolean;
  /** Type or file name that the request gives beside the data. */
  readonly declaredType?: string | undefined;
  readonly filename?: string | undefined;
}

export interface MediaRules {
  readonly door: GeminiDoor;
  readonly externalUrls: boolean;
}

export type MediaPart = { readonly inlineData: Blob } | { readonly fileData: FileData };

/** From Google's documentation: other image types are refused upstream. */
const IMAGE_TYPES: ReadonlySet<string> = new Set(['image/png', 'image/jpeg', 'image/webp', 'image/heic', 'image/heif']);
const YOUTUBE = /^(?:(?:www|m)\.)?youtube\.com$|^youtu\.be$/;

/** A part for media of the request. Nothing is fetched: URLs are sent as they are, or refused. */
export function mediaPart(source: MediaSource, rules: MediaRules): MediaPart {
  const { value } = source;
  if (/^data:/i.test(value)) return inlinePart(dataOf(source), source);
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(value)) return { fileData: fileData(source, rules) };
  if (source.rawBase64 === true) {
    const named = source.filename === undefined ? undefined : typeOfName(source.filename);
    return inlinePart({ data: base64(value, source), declared: source.declaredType ?? named }, source);
  }
  throw new UnsupportedRequest(source.param, 'Expected a data: URL or an https: URL.');
}

interface Data {
  readonly data: string;
  readonly declared: string | undefined;
}

function inlinePart({ data, declared }: Data, source: MediaSource): MediaPart {
  return { inlineData: { mimeType: accepted(typeOfData(declared ?? '', data) || undefined, source), data } };
}

function dataOf(source: MediaSource): Data {
  const { value } = source;
  const comma = value.indexOf(',');
  if (comma === -1) throw new UnsupportedRequest(source.param, 'The data: URL has no data.');
  const head = value.slice('data:'.length, comma);
  const body = value.slice(comma + 1);
  const named = source.filename === undefined ? undefined : typeOfName(source.filename);
  const declared = namedType(head) ?? source.declaredType ?? named;
  if (/;\s*base64\s*$/i.test(head)) return { data: base64(body, source), declared };
  // Without `base64` the data is percent-encoded text.
  const text = Buffer.from(percentDecoded(body, source), 'utf8').toString('base64');
  return { data: base64(text, source), declared: declared ?? (source.kind === 'file' ? 'text/plain' : undefined) };
}

/** Standard base64 without white space; only its alphabet is checked. */
function base64(text: string, source: MediaSource): string {
  const decoded = text.includes('%') ? percentDecoded(text, source) : text;
  const normal = normalizeBase64(decoded);
  if (normal !== undefined) return normal;
  throw new UnsupportedRequest(
    source.param,
    decoded.trim() === '' ? 'The data is empty.' : 'The data is not valid base64.',
  );
}

function percentDecoded(text: string, { param }: MediaSource): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new UnsupportedRequest(param, 'The data: URL is not percent-encoded correctly.');
  }
}

function fileData(source: MediaSource, rules: MediaRules): FileData {
  const url = parsedUrl(source);
  const held = heldByGoogle(url, rules.door);
  if (!held && (url.protocol !== 'https:' || !rules.externalUrls))
    throw new UnsupportedRequest(source.param, refusalOf(url, source.kind));
  const named = source.filename === undefined ? undefined : typeOfName(source.filename);
  const type = YOUTUBE.test(url.hostname) ? 'video/mp4' : (source.declaredType ?? typeOfName(url.pathname) ?? named);
  if (type === undefined && isFilesApi(url)) return { fileUri: source.value };
  return { fileUri: source.value, mimeType: YOUTUBE.test(url.hostname) ? 'video/mp4' : accepted(type, source) };
}

function parsedUrl({ value, param }: MediaSource): URL {
  try {
    return new URL(value);
  } catch {
    throw new UnsupportedRequest(param, 'The URL cannot be parsed.');
  }
}

/** YouTube videos and uploaded files are read by every model; Cloud Storage only by Vertex. */
function heldByGoogle(url: URL, door: GeminiDoor): boolean {
  if (url.protocol === 'gs:') return door === 'vertex';
  return url.protocol === 'https:' && (YOUTUBE.test(url.hostname) || isFilesApi(url));
}

function isFilesApi(url: URL): boolean {
  return url.hostname === 'generativelanguage.googleapis.com' && /\/files\/./.test(url.pathname);
}

function refusalOf(url: URL, kind: string): string {
  if (url.protocol === 'https:') return `This endpoint does not fetch URLs. Send the ${kind} as a data: URL.`;
  return `${url.protocol}// URLs cannot be sent to this endpoint. Send the ${kind} as a data: URL.`;
}

/** @throws UnsupportedRequest where the type is unknown or the model reads no such files. */
function accepted(type: string | undefined, { kind, param }: MediaSource): string {
  if (type === undefined)
    throw new UnsupportedRequest(param, 'The MIME type is not given and cannot be read from the data or the URL.');
  const isImage = type.startsWith('image/');
  const fits = kind === 'file' || type.startsWith(`${kind}/`) || (kind === 'audio' && type === 'video/mp4');
  if (fits && (!isImage || IMAGE_TYPES.has(type))) return type;
  throw new UnsupportedRequest(param, `Gemini does not accept ${type} here.`);
}
