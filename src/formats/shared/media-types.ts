/** MIME types that are written in several ways. */
const ALIASES: ReadonlyMap<string, string> = new Map([
  ['image/jpg', 'image/jpeg'],
  ['image/pjpeg', 'image/jpeg'],
  ['image/x-png', 'image/png'],
  ['application/x-pdf', 'application/pdf'],
  ['audio/mp3', 'audio/mpeg'],
  ['audio/x-mp3', 'audio/mpeg'],
  ['audio/x-wav', 'audio/wav'],
  ['audio/wave', 'audio/wav'],
  ['audio/vnd.wave', 'audio/wav'],
  ['audio/x-flac', 'audio/flac'],
  ['audio/x-aiff', 'audio/aiff'],
]);

/** MIME types that do not identify the format of the bytes. */
const VAGUE: ReadonlySet<string> = new Set([
  '',
  'image/*',
  'audio/*',
  'application/octet-stream',
  'binary/octet-stream',
]);

/** First bytes of a file, in hex; `.` matches any digit. */
const SIGNATURES: readonly (readonly [pattern: RegExp, mimeType: string])[] = [
  [/^89504e47/, 'image/png'],
  [/^ffd8ff/, 'image/jpeg'],
  [/^47494638/, 'image/gif'],
  [/^52494646.{8}57454250/, 'image/webp'],
  [/^.{8}6674797068656966/, 'image/heif'],
  [/^.{8}66747970(?:686569|6d696631)/, 'image/heic'],
  [/^25504446/, 'application/pdf'],
  [/^52494646.{8}57415645/, 'audio/wav'],
  [/^(?:494433|fff[ab32])/, 'audio/mpeg'],
  [/^4f676753/, 'audio/ogg'],
  [/^664c6143/, 'audio/flac'],
  [/^1a45dfa3/, 'video/webm'],
];

/** Base64 digits that hold the longest signature: 16 bytes. */
const SNIFFED_DIGITS = 24;

/** Lower case, without parameters, under its usual name. */
export function canonicalType(type: string): string {
  const bare = (type.split(';', 1)[0] ?? '').trim().toLowerCase();
  return ALIASES.get(bare) ?? bare;
}

/**
 * MIME type of base64 data: the first bytes decide where they are known, unless `declared` may be right all the same.
 * @param declared - canonical; `''` where nothing is declared
 */
export function typeOfData(declared: string, base64: string): string {
  const sniffed = sniff(base64);
  return sniffed !== undefined && mayReplace(declared, sniffed) ? sniffed : declared;
}

/** MIME type by the first bytes. `undefined`: none of the known signatures. */
export function sniff(base64: string): string | undefined {
  const bytes = Buffer.from(base64.slice(0, SNIFFED_DIGITS), 'base64').toString('hex');
  return SIGNATURES.find(([pattern]) => pattern.test(bytes))?.[1];
}

/** A picture that calls itself another picture lies; a document with a chance signature does not. */
function mayReplace(declared: string, sniffed: string): boolean {
  if (VAGUE.has(declared)) return true;
  // Many clients send every file as plain text. A text may begin with `ID3` or `OggS`, but hardly as a picture does.
  if (declared === 'text/plain') return /^(?:image\/|application\/pdf$)/.test(sniffed);
  // The same container holds both.
  if (declared === 'image/heif' && sniffed === 'image/heic') return false;
  if (declared === 'video/ogg' && sniffed === 'audio/ogg') return false;
  return /^(?:image|audio|video)\//.test(declared) || declared === 'application/pdf';
}
