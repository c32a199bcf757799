/** Types that are written in several ways. */
const CANONICAL: Readonly<Record<string, string>> = {
  'image/jpg': 'image/jpeg',
  'image/pjpeg': 'image/jpeg',
  'audio/mp3': 'audio/mpeg',
  'audio/x-mp3': 'audio/mpeg',
  'audio/wave': 'audio/wav',
  'audio/x-wav': 'audio/wav',
  'audio/vnd.wave': 'audio/wav',
  'audio/x-flac': 'audio/flac',
  'audio/x-aiff': 'audio/aiff',
  'application/x-pdf': 'application/pdf',
};

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

/** What is known of a few formats by their first bytes, in hexadecimal. */
const SIGNATURES: readonly (readonly [pattern: RegExp, type: string])[] = [
  [/^89504e47/, 'image/png'],
  [/^ffd8ff/, 'image/jpeg'],
  [/^47494638/, 'image/gif'],
  [/^52494646.{8}57454250/, 'image/webp'],
  [/^.{8}66747970(?:68656963|68656978)/, 'image/heic'],
  [/^.{8}66747970(?:6d696631|68656966)/, 'image/heif'],
  [/^25504446/, 'application/pdf'],
  [/^52494646.{8}57415645/, 'audio/wav'],
  [/^(?:494433|fffb|fff3|fff2)/, 'audio/mpeg'],
  [/^4f676753/, 'audio/ogg'],
  [/^664c6143/, 'audio/flac'],
];

/** The canonical form of a MIME type. `undefined`: it names no type (`image/*`, `application/octet-stream`, text). */
export function canonicalType(type: string): string | undefined {
  const plain = type.split(';', 1)[0]!.trim().toLowerCase();
  if (!/^[a-z]+\/[a-z0-9][a-z0-9.+-]*$/.test(plain) || plain === 'application/octet-stream') return undefined;
  return Object.hasOwn(CANONICAL, plain) ? CANONICAL[plain] : plain;
}

/** The type that an extension stands for: `png`, `mp3`. */
export function typeOfExtension(extension: string): string | undefined {
  const key = extension.toLowerCase();
  return Object.hasOwn(BY_EXTENSION, key) ? BY_EXTENSION[key] : undefined;
}

/** The type of a file by its name or by the path of its URL, without the query. */
export function typeOfName(name: string): string | undefined {
  const extension = /\.([A-Za-z0-9]{1,5})$/.exec(name)?.[1];
  return extension === undefined ? undefined : typeOfExtension(extension);
}

/**
 * The type of base64 data. The first bytes decide where `declared` says nothing or names another kind of file.
 */
export function typeOfData(base64: string, declared: string | undefined): string | undefined {
  const head = Buffer.from(base64.slice(0, 32), 'base64').toString('hex');
  const found = SIGNATURES.find(([pattern]) => pattern.test(head))?.[1];
  if (found === undefined || declared === undefined) return found ?? declared;
  // Ogg holds video as well.
  return found === 'audio/ogg' && declared === 'video/ogg' ? declared : found;
}
