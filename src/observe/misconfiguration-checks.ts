import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RequestContext } from '../request/context.js';
import type { Observer } from '../request/hooks.js';
import type { Diagnostics } from './diagnostics.js';

/** What Express, body parsers and compression() add, where they are. */
interface HostedRequest extends IncomingMessage {
  readonly body?: unknown;
  readonly app?: { get?(name: string): unknown };
}

/** Checks requests for middleware of the host that interferes with the gateway. */
export class MisconfigurationChecks implements Observer {
  readonly #diagnostics: Diagnostics;

  constructor(diagnostics: Diagnostics) {
    this.#diagnostics = diagnostics;
  }

  requestBegan({ req, res }: RequestContext): void {
    const diagnostics = this.#diagnostics;
    // Node's own responses have no `flush`: it is compression() that gives them one.
    if (Object.hasOwn(res, 'flush')) diagnostics.report('NORDLYS_COMPRESSION_IN_FRONT');
    if (isConsumed(req)) diagnostics.report('NORDLYS_BODY_CONSUMED');
    if (req.headers['x-forwarded-for'] === undefined) return;
    const trust = trustedProxies(req);
    if (trust === false) diagnostics.report('NORDLYS_TRUST_PROXY_OFF');
    else if (trust === true) diagnostics.report('NORDLYS_TRUST_PROXY_ALL');
  }

  requestEnded({ request, res }: RequestContext): void {
    if (request?.stream === true && res.hasHeader('content-encoding')) {
      this.#diagnostics.report('NORDLYS_STREAM_COMPRESSED');
    }
  }
}

/**
 * Reports a path of `req` that looks like one of OpenAI's, when the host has not served it either.
 * For requests that are not the gateway's and go on to the host.
 */
export function watchPath(req: IncomingMessage, res: ServerResponse, diagnostics: Diagnostics): void {
  if (req.method !== 'POST' || diagnostics.silent || diagnostics.knows('NORDLYS_WRONG_PATH')) return;
  const ending = OPENAI_ENDINGS.exec((req.url ?? '').split('?', 1)[0]!)?.[0];
  if (ending === undefined) return;
  res.once('finish', () => {
    if (res.statusCode === 404) diagnostics.report('NORDLYS_WRONG_PATH', { ending });
  });
}

const OPENAI_ENDINGS = /\/(?:chat|completions?|embeddings|engines|messages|models|responses)\/?$/;

/** There was a body, and a middleware in front of the gateway has consumed it without keeping it. */
function isConsumed(req: HostedRequest): boolean {
  if (!req.readableEnded || req.body !== undefined) return false;
  return Number(req.headers['content-length'] ?? 0) > 0 || req.headers['transfer-encoding'] !== undefined;
}

/** Express's `trust proxy`; `undefined` in other hosts. */
function trustedProxies({ app }: HostedRequest): unknown {
  return typeof app?.get === 'function' ? app.get('trust proxy') : undefined;
}
