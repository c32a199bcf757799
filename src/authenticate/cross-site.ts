import type { IncomingMessage } from 'node:http';
import { GatewayError } from '../errors/gateway-error.js';
import { optionError } from '../options/checks.js';

/** Methods that change nothing: other sites may link to pages of the host. */
const SAFE_METHODS: ReadonlySet<string | undefined> = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Refuses requests that pages of other sites send with the cookies of the host's users (CSRF). Where the host
 * authenticates by cookie, the browser adds it to requests of every page, so the origin must be checked, too. Clients
 * other than browsers send neither of the two headers, and pass.
 * @throws TypeError for an entry that is not an origin
 */
export function crossSiteGuard(allowedOrigins: readonly string[] | undefined): (req: IncomingMessage) => void {
  const allowed = new Set((allowedOrigins ?? []).map(originAt));
  return function refuseCrossSite(req) {
    if (SAFE_METHODS.has(req.method)) return;
    const { origin, host, 'sec-fetch-site': site } = req.headers;
    if (origin === undefined && site !== 'cross-site') return;
    // Set by the browser; no page can change it. Behind a proxy it is more reliable than `Host`.
    if (site === 'same-origin') return;
    if (origin !== undefined && (allowed.has(origin) || (site !== 'cross-site' && isOwn(origin, host)))) return;
    throw new GatewayError(
      'permission_denied',
      'This request comes from a page of another origin, and that origin is not allowed to use this gateway.',
    );
  };
}

/** Whether `origin` is the host's own. Its scheme is not compared: a proxy in front may terminate TLS. */
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
