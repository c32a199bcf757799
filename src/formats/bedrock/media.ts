import type { JsonObject } from '../../util/json-object.js';

/** Bytes of a part: base64 as it is sent, and what kind they are. */
export interface InlineMedia {
  /** Lower case, `''` where nothing says it. */
  readonly mime: string;
  readonly base64: string;
}

const DATA_URL = /^data:([^,;]*)((?:;[^,;]*)*),/i;
const UNTOLD: ReadonlySet<string> = new Set(['', 'image/*', 'application/octet-stream', 'binary/octet-stream']);
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;
/** Characters of base64 that hold every signature. */
const SIGNATURE_LENGTH = 24;

/** Reads a data URL; `undefined` when it is none, is empty or is no base64. */
export function readDataUrl(url: string): InlineMedia | undefined {
  const match = DATA_URL.exec(url);
  if (match === null) return undefined;
  const [head, mime, parameters] = match;
  const data = url.slice(head.length);
  const base64 = /;base64$/i.test(parameters ?? '') ? cleanBase64(data) : encodedText(data);
  return base64 === undefined ? undefined : { mime: typeOf(mime ?? '', base64), base64 };
}

/** Reads base64 that comes without a data URL around it. */
export function readBase64(data: string): InlineMedia | undefined {
  const base64 = cleanBase64(data);
  return base64 === undefined ? undefined : { mime: typeOf('', base64), base64 };
}

/** `{ s3Location }` for an `s3://` address. */
export function s3Source(url: string): JsonObject | undefined {
  return /^s3:\/\/[^/]+\/./.test(url) ? { s3Location: { uri: url } } : undefined;
}

/** The extension of a file name or of an object's address, in lower case. */
export function extensionOf(name: string): string {
  return /\.([a-z0-9_]{1,8})$/i.exec(name)?.[1]?.toLowerCase() ?? '';
}

function cleanBase64(data: string): string | undefined {
  const plain = data.replaceAll(/\s/g, '').replaceAll('-', '+').replaceAll('_', '/');
  if (!BASE64.test(plain)) return undefined;
  const open = plain.replace(/=+$/, '').length % 4;
  if (open === 1) return undefined;
  return plain.length % 4 === 0 ? plain : `${plain.replace(/=+$/, '')}${'='.repeat((4 - open) % 4)}`;
}

function encodedText(data: string): string | undefined {
  try {
    const text = decodeURIComponent(data);
    return text === '' ? undefined : Buffer.from(text).toString('base64');
  } catch {
    return undefined;
  }
}

/** What the first bytes say counts more than the name that a client gave them. */
function typeOf(declared: string, base64: string): string {
  const mime = declared.trim().toLowerCase();
  const seen = typeOfBytes(Buffer.from(base64.slice(0, SIGNATURE_LENGTH), 'base64').toString('latin1'));
  if (seen !== undefined && (UNTOLD.has(mime) || mime.split('/')[0] === seen.split('/')[0])) return seen;
  return mime === 'image/jpg' ? 'image/jpeg' : mime;
}

function typeOfBytes(bytes: string): string | undefined {
  if (bytes.startsWith('RIFF')) return bytes.startsWith('WEBP', 8) ? 'image/webp' : wave(bytes);
  if (bytes.startsWith('ftyphei', 4)) return 'image/heic';
  return SIGNATURES.find(([signature]) => bytes.startsWith(signature))?.[1];
}

function wave(bytes: string): string | undefined {
  return bytes.startsWith('WAVE', 8) ? 'audio/wav' : undefined;
}

const SIGNATURES: readonly (readonly [string, string])[] = [
  ['\x89PNG', 'image/png'],
  ['\xff\xd8\xff', 'image/jpeg'],
  ['GIF8', 'image/gif'],
  ['%PDF', 'application/pdf'],
  ['ID3', 'audio/mpeg'],
  ['\xff\xfb', 'audio/mpeg'],
  ['OggS', 'audio/ogg'],
  ['fLaC', 'audio/flac'],
];
