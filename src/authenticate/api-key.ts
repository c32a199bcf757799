import type { IncomingMessage } from 'node:http';

/** One token after the scheme, nothing around it (RFC 6750: a bearer token holds no space and no comma). */
const BEARER = /^bearer ([\x21-\x2b\x2d-\x7e]{1,512})$/i;
const KEY = /^[\x21-\x2b\x2d-\x7e]{1,512}$/;

/** Headers that may carry a key; the first that is present counts. Azure's clients send `api-key`. */
const KEY_HEADERS = ['x-api-key', 'authorization', 'api-key'] as const;

/**
 * The key of a request; `undefined` where there is none that is well-formed.
 * `X-API-Key` takes precedence over `Authorization`: OpenAI's SDKs always send a bearer token, so clients send a dummy
 * one beside the real key. A repeated header is refused: Node joins or drops the second value, so the key is ambiguous.
 */
export function readApiKey(req: IncomingMessage): string | undefined {
  const { headers } = req;
  if (KEY_HEADERS.some((header) => headers[header] !== undefined && repeats(req, header))) return undefined;
  const name = KEY_HEADERS.find((header) => headers[header] !== undefined && headers[header] !== '');
  const value = name === undefined ? undefined : headers[name];
  if (typeof value !== 'string') return undefined;
  if (name === 'authorization') return BEARER.exec(value)?.[1];
  return KEY.test(value) ? value : undefined;
}

/** Whether a request has a header for a key. A malformed key is refused, not treated as an anonymous request. */
export function carriesKey({ headers }: IncomingMessage): boolean {
  return KEY_HEADERS.some((header) => headers[header] !== undefined && headers[header] !== '');
}

function repeats(req: IncomingMessage, name: string): boolean {
  const raw = req.rawHeaders;
  let count = 0;
  for (let index = 0; index < raw.length; index += 2) {
    const header = raw[index]!;
    if (header.length === name.length && header.toLowerCase() === name) count++;
  }
  return count > 1;
}
