import type { JsonObject } from '../../util/json-object.js';
import { normalizeBase64 } from '../shared/media.js';
import { canonicalType, typeOfData } from '../shared/media-types.js';

/** Bytes of a part: base64 as it is sent, and what kind they are. */
export interface InlineMedia {
  /** Lower case, `''` if unknown. */
  readonly mime: string;
  readonly base64: string;
}

const DATA_URL = /^data:([^,;]*)((?:;[^,;]*)*),/i;

/** Reads a data URL; `undefined` when it is none, is empty or is no base64. */
export function readDataUrl(url: string): InlineMedia | undefined {
  const match = DATA_URL.exec(url);
  if (match === null) return undefined;
  const [head, mime, parameters] = match;
  const data = url.slice(head.length);
  const base64 = /;base64$/i.test(parameters ?? '') ? cleanBase64(data) : encodedText(data);
  return base64 === undefined ? undefined : { mime: typeOfData(canonicalType(mime ?? ''), base64), base64 };
}

/** Reads base64 that comes without a data URL around it. */
export function readBase64(data: string): InlineMedia | undefined {
  const base64 = cleanBase64(data);
  return base64 === undefined ? undefined : { mime: typeOfData('', base64), base64 };
}

/** `{ s3Location }` for an `s3://` address. */
export function s3Source(url: string): JsonObject | undefined {
  return /^s3:\/\/[^/]+\/./.test(url) ? { s3Location: { uri: url } } : undefined;
}

/** The extension of a file name or of an object's address, in lower case. */
export function extensionOf(name: string): string {
  return /\.([a-z0-9_]{1,8})$/i.exec(name)?.[1]?.toLowerCase() ?? '';
}

/** Base64 with the padding that AWS insists on. */
function cleanBase64(data: string): string | undefined {
  const plain = normalizeBase64(data)?.replace(/=+$/, '');
  if (plain === undefined || plain.length % 4 === 1) return undefined;
  return plain.padEnd(Math.ceil(plain.length / 4) * 4, '=');
}

function encodedText(data: string): string | undefined {
  try {
    const text = decodeURIComponent(data);
    return text === '' ? undefined : Buffer.from(text).toString('base64');
  } catch {
    return undefined;
  }
}
