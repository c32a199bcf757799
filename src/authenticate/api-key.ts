import type { IncomingMessage } from 'node:http';

/** One token after the scheme, nothing around it (RFC 6750: a bearer token holds no space and no comma). */
const BEARER = /^bearer ([\x21-\x2b\x2d-\x7e]{1,512})$/i;
const KEY = /^[\x21-\x2b\x2d-\x7e]{1,512}$/;

/**
 * The key that a request carries, or `undefined` when it carries none that is well formed.
 * `X-API-Key` wins over `Authorization`: OpenAI's SDKs insist on a bearer token, so people send a dummy one beside
 * the real key. A header that comes twice is no key at all: Node joins or drops the second, so it could say two things.
 */
export function readApiKey(req: IncomingMessage): string | undefined {
  const apiKey = req.headers['x-api-key'];
  const authorization = req.headers.authorization;
  if (apiKey !== undefined && apiKey !== '') {
    return typeof apiKey === 'string' &&
      KEY.test(apiKey) &&
      !repeats(req, 'x-api-key') &&
      !repeats(req, 'authorization')
      ? apiKey
      : undefined;
  }
  if (authorization === undefined || repeats(req, 'authorization')) return undefined;
  return BEARER.exec(authorization)?.[1];
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
