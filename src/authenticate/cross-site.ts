import type { IncomingMessage } from 'node:http';
import { GatewayError } from '../errors/gateway-error.js';
import { optionError } from '../options/checks.js';

/** Methods that change nothing: a link from another site may lead to a page of the host's. */
const SAFE_METHODS: ReadonlySet<string | undefined> = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Refuses requests that pages of other sites make with the cookies of the host's users. Where the host authenticates,
 * the browser adds the credential by itself, so the sender of a request has to be looked at, too. What is no browser
 * sends neither of the two headers, and passes.
 * @throws TypeError for a list that holds anything but origins.
 */
export function crossSiteGuard(allowedOrigins: readonly string[] | undefined): (req: IncomingMessage) => void {
  const allowed = new Set((allowedOrigins ?? []).map(originAt));
  return function refuseCrossSite(req) {
    if (SAFE_METHODS.has(req.method)) return;
    const { origin, host, 'sec-fetch-site': site } = req.headers;
    if (origin === undefined && site !== 'cross-site') return;
    // The browser's own word, which no page can change. Behind a proxy it knows better than our `Host` does.
    if (site === 'same-origin') return;
    if (origin !== undefined && (allowed.has(origin) || (site !== 'cross-site' && isOwn(origin, host)))) return;
    throw new GatewayError(
      'permission_denied',
      'This request comes from a page of another origin, and that origin is not allowed to use this gateway.',
    );
  };
}

/** Whether `origin` is the one that was asked. Its scheme is not compared: TLS may end at a proxy in front. */
function isOwn(origin: string, host: string | undefined): boolean {
  const from = URL.parse(origin);
  if (from === null || host === undefined) return false;
  return URL.parse(`${from.protocol}//${host}`)?.host === from.host;
}

function originAt(value: string, index: number): string {
  const url = URL.parse(value);
  if (url !== null && url.origin !== 'null' && url.origin === value) return value;
  throw optionError(`allowedOrigins[${index}]`, 'must be an origin such as "https://app.example.com"', value);
}
