import { canonicalType } from '../shared/media-types.js';

const BY_EXTENSION: Readonly<Record<string, string>> = {
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  webp: 'image/webp',
  heic: 'image/heic',
  heif: 'image/heif',
  gif: 'image/gif',
  pdf: 'application/pdf',
  txt: 'text/plain',
  md: 'text/markdown',
  html: 'text/html',
  htm: 'text/html',
  csv: 'text/csv',
  xml: 'text/xml',
  css: 'text/css',
  rtf: 'text/rtf',
  mp3: 'audio/mpeg',
  mpeg: 'audio/mpeg',
  mpga: 'audio/mpeg',
  wav: 'audio/wav',
  flac: 'audio/flac',
  ogg: 'audio/ogg',
  oga: 'audio/ogg',
  opus: 'audio/ogg',
  aac: 'audio/aac',
  aiff: 'audio/aiff',
  m4a: 'audio/mp4',
  mp4: 'video/mp4',
  mov: 'video/quicktime',
  webm: 'video/webm',
  mpg: 'video/mpeg',
  avi: 'video/x-msvideo',
  wmv: 'video/x-ms-wmv',
  '3gp': 'video/3gpp',
};

/** The canonical form of a MIME type. `undefined`: it names no type (`image/*`, `application/octet-stream`, text). */
export function namedType(type: string): string | undefined {
  const canonical = canonicalType(type);
  const isType = /^[a-z]+\/[a-z0-9][a-z0-9.+-]*$/.test(canonical) && canonical !== 'application/octet-stream';
  return isType ? canonical : undefined;
}

/** The type that an extension represents: `png`, `mp3`. */
export function typeOfExtension(extension: string): string | undefined {
  const key = extension.toLowerCase();
  return Object.hasOwn(BY_EXTENSION, key) ? BY_EXTENSION[key] : undefined;
}

/** The type of a file by its name or by the path of its URL, without the query. */
export function typeOfName(name: string): string | undefined {
  const extension = /\.([A-Za-z0-9]{1,5})$/.exec(name)?.[1];
  return extension === undefined ? undefined : typeOfExtension(extension);
}
