import { canonicalType, typeOfData } from './media-types.js';

/** Inline media of a request: a MIME type, and base64 without white space in the standard alphabet. */
export interface InlineData {
  /** Lower case, without parameters; `''` if unknown. */
  readonly mimeType: string;
  readonly base64: string;
}

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
  return base64 === undefined ? undefined : { mimeType: typeOfData(canonicalType(declared), base64), base64 };
}

/** White space removed, URL-safe digits replaced. `undefined`: something else is in it, or nothing at all. */
export function normalizeBase64(data: string): string | undefined {
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
