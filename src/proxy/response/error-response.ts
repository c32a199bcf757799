import type { ResponseHead } from '../../contracts/wire-format.js';
import { parseJson } from '../../util/parse-json.js';

/** The body of an error response, by its form. */
export type ErrorBody =
  | { readonly form: 'json'; readonly value: unknown }
  /** Plain text: the message itself. */
  | { readonly form: 'text'; readonly text: string }
  /** An HTML page: from an intermediary, not from the provider's API. */
  | { readonly form: 'page'; readonly title: string }
  | { readonly form: 'nothing' };

/** A response with an error status. */
export interface ErrorResponse {
  readonly head: ResponseHead;
  readonly bytes: Buffer;
  /** Unix time in milliseconds, for dates in `retry-after`. */
  readonly wallNow: number;
}

/** Longest plain text that is taken for a message, in characters: a longer one is a page or a dump. */
const LONGEST_TEXT = 2_000;

/** Reads an error body: JSON, whatever its content type is; else an HTML page; else a short text. */
export function readErrorBody({ head, bytes }: ErrorResponse): ErrorBody {
  const value = parseJson(bytes);
  if (typeof value === 'object' && value !== null) return { form: 'json', value };
  const text = typeof value === 'string' ? value : bytes.toString('utf8');
  const type = head.headers['content-type'];
  if ((typeof type === 'string' && type.includes('html')) || /^\s*<(?:!doctype|html|head|body|center)\b/i.test(text))
    return { form: 'page', title: titleOf(text) };
  if (CLOUDFLARE.test(text)) return { form: 'page', title: text.trim() };
  const trimmed = text.trim();
  return trimmed === '' || text.length > LONGEST_TEXT ? { form: 'nothing' } : { form: 'text', text: trimmed };
}

/** Cloudflare's error page for clients that are not browsers. */
const CLOUDFLARE = /^\s*error code: 1\d{3}\s*$/;

function titleOf(page: string): string {
  return /<title[^>]*>([^<]{1,200})/i.exec(page.slice(0, 4_096))?.[1]?.trim() ?? '';
}
