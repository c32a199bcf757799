/** Inline media of a request: a MIME type, and base64 without white space in the standard alphabet. */
export interface InlineData {
  /** Lower case, without parameters; `''` where nothing tells it. */
  readonly mimeType: string;
  readonly base64: string;
}

/** MIME types that say nothing about the bytes behind them. */
const VAGUE = new Set(['', 'image/*', 'audio/*', 'application/octet-stream', 'binary/octet-stream', 'text/plain']);

const ALIASES: ReadonlyMap<string, string> = new Map([
  ['image/jpg', 'image/jpeg'],
  ['image/pjpeg', 'image/jpeg'],
  ['image/x-png', 'image/png'],
  ['application/x-pdf', 'application/pdf'],
  ['audio/mp3', 'audio/mpeg'],
  ['audio/x-wav', 'audio/wav'],
  ['audio/wave', 'audio/wav'],
  ['audio/x-flac', 'audio/flac'],
]);

/** First bytes of a file, in hex; `.` stands for any digit. */
const SIGNATURES: readonly (readonly [pattern: RegExp, mimeType: string])[] = [
  [/^89504e470d0a1a0a/, 'image/png'],
  [/^ffd8ff/, 'image/jpeg'],
  [/^47494638/, 'image/gif'],
  [/^52494646.{8}57454250/, 'image/webp'],
  [/^.{8}66747970(?:68656963|68656978|6d696631)/, 'image/heic'],
  [/^25504446/, 'application/pdf'],
  [/^52494646.{8}57415645/, 'audio/wav'],
  [/^494433/, 'audio/mpeg'],
  [/^fff[ab32]/, 'audio/mpeg'],
  [/^4f676753/, 'audio/ogg'],
  [/^664c6143/, 'audio/flac'],
  [/^1a45dfa3/, 'video/webm'],
];

/** Base64 digits that hold the longest signature: 16 bytes. */
const SNIFFED_DIGITS = 24;

/** Reads `data:<mime>;base64,<data>`. `undefined`: no such URL, or no valid base64 in it. */
export function parseDataUrl(url: string): InlineData | undefined {
  const comma = url.indexOf(',');
  if (comma < 0 || !/^data:/i.test(url)) return undefined;
  const [type = '', ...parameters] = url.slice('data:'.length, comma).split(';');
  if (!parameters.some((parameter) => parameter.trim().toLowerCase() === 'base64')) return undefined;
  return inlineData(type, url.slice(comma + 1));
}

/**
 * Base64 with its MIME type. The first bytes decide where they are known; otherwise `declared` does.
 * `undefined`: not base64.
 */
export function inlineData(declared: string, data: string): InlineData | undefined {
  const base64 = normalizeBase64(data);
  if (base64 === undefined) return undefined;
  const mimeType = canonicalMimeType(declared);
  const sniffed = sniff(base64);
  if (sniffed !== undefined && mayReplace(mimeType, sniffed)) return { mimeType: sniffed, base64 };
  return { mimeType, base64 };
}

/** Lower case, without parameters, under its usual name. */
function canonicalMimeType(type: string): string {
  const bare = (type.split(';')[0] ?? '').trim().toLowerCase();
  return ALIASES.get(bare) ?? bare;
}

/** MIME type by the first bytes. `undefined`: none of the known signatures. */
export function sniff(base64: string): string | undefined {
  const bytes = Buffer.from(base64.slice(0, SNIFFED_DIGITS), 'base64').toString('hex');
  return SIGNATURES.find(([pattern]) => pattern.test(bytes))?.[1];
}

/** White space removed, URL-safe digits replaced. `undefined`: something else is in it, or nothing at all. */
function normalizeBase64(data: string): string | undefined {
  const bare = /\s/.test(data) ? data.replaceAll(/\s+/g, '') : data;
  const standard = /[-_]/.test(bare) ? bare.replaceAll('-', '+').replaceAll('_', '/') : bare;
  return /^[A-Za-z0-9+/]+={0,2}$/.test(standard) ? standard : undefined;
}

/** Base64 as UTF-8 text. `undefined`: it is not UTF-8. */
export function decodeText(base64: string): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(base64, 'base64'));
  } catch {
    return undefined;
  }
}

/** Whether `url` may be handed to an upstream to fetch. */
export function isHttpsUrl(url: string): boolean {
  return /^https:\/\/[^/?#\s]/i.test(url);
}

/** A picture that calls itself another picture lies; a document with a chance signature does not. */
function mayReplace(declared: string, sniffed: string): boolean {
  if (VAGUE.has(declared)) return true;
  if (declared === 'image/heif' && sniffed === 'image/heic') return false;
  return /^(?:image|audio|video)\//.test(declared) || declared === 'application/pdf';
}
