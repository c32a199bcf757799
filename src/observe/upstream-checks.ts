import type { RequestContext } from '../request/context.js';
import type { AttemptRecord } from '../contracts/hooks.js';
import type { Endpoint } from '../contracts/routing.js';
import type { Observer } from '../request/hooks.js';
import type { DiagnosticCode, Diagnostics } from './diagnostics.js';

/** Reports failed attempts that point to a mistake in a provider's `baseUrl`. */
export class UpstreamChecks implements Observer {
  readonly #diagnostics: Diagnostics;

  constructor(diagnostics: Diagnostics) {
    this.#diagnostics = diagnostics;
  }

  attemptEnded(_context: RequestContext, endpoint: Endpoint, attempt: AttemptRecord): void {
    // The caller gave the address, so it is not the operator's mistake.
    if (attempt.callerKey || attempt.sent === undefined) return;
    const code = likelyMistake(endpoint, attempt);
    if (code === undefined || this.#diagnostics.knows(code)) return;
    const { provider, sent, received } = attempt;
    this.#diagnostics.report(code, { provider, sent, received }, `Provider "${provider}": ${sent} got ${received}.`);
  }
}

function likelyMistake({ provider }: Endpoint, attempt: AttemptRecord): DiagnosticCode | undefined {
  const { status, received = '' } = attempt;
  if (attempt.outcome === 'tls')
    return PLAIN_PEER.test(received) ? 'NORDLYS_UPSTREAM_NO_TLS' : 'NORDLYS_UPSTREAM_CERTIFICATE';
  if (status === 400 && WANTS_TLS.test(attempt.upstreamError?.message ?? '')) return 'NORDLYS_UPSTREAM_WANTS_TLS';
  return isWrongPath(attempt) && !VERSION.test(provider.url.path) ? 'NORDLYS_BASE_URL_PATH' : undefined;
}

/** OpenSSL's error when the server responds to a TLS handshake in plain text. */
const PLAIN_PEER = /wrong version number|packet length too long|unknown protocol|EPROTO/i;

/** Responses of nginx and of Go's server to plain HTTP on a TLS port. */
const WANTS_TLS = /plain HTTP request was sent to HTTPS port|HTTP request to an HTTPS server/i;

/** `/v1`, `/v1beta`: what nearly every provider's base URL ends with. */
const VERSION = /\/v\d/;

/** A 404 for the path: its message does not mention a model. */
function isWrongPath({ status, upstreamError }: AttemptRecord): boolean {
  if (status !== 404 && status !== 405) return false;
  const { code, message = '' } = upstreamError ?? {};
  return code !== 'model_not_found' && !/\bmodel\b/i.test(message);
}
