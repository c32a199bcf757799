import type { IncomingMessage } from 'node:http';

/** One token after the scheme, nothing around it (RFC 6750: a bearer token holds no space and no comma). */
const BEARER = /^bearer ([\x21-\x2b\x2d-\x7e]{1,512})$/i;
const KEY = /^[\x21-\x2b\x2d-\x7e]{1,512}$/;

/** Where a key may stand, the first that is given counts. `api-key` is what Azure's clients send. */
const KEY_HEADERS = ['x-api-key', 'authorization', 'api-key'] as const;

/**
 * The key that a request carries, or `undefined` when it carries none that is well formed.
 * `X-API-Key` wins over `Authorization`: OpenAI's SDKs insist on a bearer token, so people send a dummy one beside
 * the real key. A header that comes twice is no key at all: Node joins or drops the second, so it could say two things.
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

/** Whether a request carries anything that may be meant as a key: a wrong one is refused, not taken for none. */
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
