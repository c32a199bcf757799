import type { ResponseHead } from '../../contracts/wire-format.js';
import { parseJson } from './body-collector.js';

/** An error's body by what it is made of. */
export type ErrorBody =
  | { readonly form: 'json'; readonly value: unknown }
  /** Plain text, which is the message itself. */
  | { readonly form: 'text'; readonly text: string }
  /** A page: an intermediary answered, not the provider's API. `title` is what it calls itself. */
  | { readonly form: 'page'; readonly title: string }
  | { readonly form: 'nothing' };

/** A response with an error status, as it was received. */
export interface ErrorResponse {
  readonly head: ResponseHead;
  readonly bytes: Buffer;
  /** Unix milliseconds, for dates in `retry-after`. */
  readonly wallNow: number;
}

/** A plain text beyond this is a page or a dump. */
const LONGEST_TEXT = 2_000;

/** Reads the body of an error: JSON whatever its content type says, else a page, else a short text. */
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

/** What Cloudflare tells a client that is no browser, in place of its page. */
const CLOUDFLARE = /^\s*error code: 1\d{3}\s*$/;

function titleOf(page: string): string {
  return /<title[^>]*>([^<]{1,200})/i.exec(page.slice(0, 4_096))?.[1]?.trim() ?? '';
}
