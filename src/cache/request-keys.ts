import type { RequestBody } from '../chat/request-body.js';
import type { ChatRequest } from '../chat/types.js';
import type { Endpoint } from '../contracts/routing.js';
import { digestOfBytes, digestOfRequest, keyFor } from './key.js';
import { Recent } from './recent.js';
import { askedForm, type AskedForm } from './replay.js';

/** A request, as far as the cache is concerned. */
export interface KnownRequest {
  /** Digest of what is asked. */
  readonly digest: string;
  readonly form: AskedForm;
  /** The endpoint that is meant to answer, and the key of its answer. */
  readonly endpoint: Endpoint;
  readonly key: string;
}

/** Received bodies that are remembered: about 300 bytes each. */
const MAX_KNOWN = 10_000;

/**
 * Finds the key of a request in two steps: the digest of its bytes first, and only where those are new the digest
 * of what they mean. Repeats are byte-identical as a rule, and sorting a long conversation costs far more than a hash.
 */
export class RequestKeys {
  readonly #known = new Recent<KnownRequest>(MAX_KNOWN);

  /** What `tenant` asks of `endpoint`. `body` is that of the request, where there is one. */
  of(request: ChatRequest, body: RequestBody | undefined, tenant: string, endpoint: Endpoint): KnownRequest {
    const received = body?.request === request ? body.received : undefined;
    if (received === undefined) return known(request, tenant, endpoint, digestOfRequest(request, undefined));

    const bytes = { bytes: received, digest: digestOfBytes(received) };
    const before = this.#known.get(bytesKey(tenant, bytes.digest));
    if (before?.endpoint === endpoint) return before;
    const now = known(request, tenant, endpoint, before?.digest ?? digestOfRequest(request, bytes));
    this.#known.set(bytesKey(tenant, bytes.digest), now);
    return now;
  }

  /** What `received` was when this tenant sent it before. */
  recall(tenant: string, received: Uint8Array): KnownRequest | undefined {
    return this.#known.get(bytesKey(tenant, digestOfBytes(received)));
  }

  clear(): void {
    this.#known.clear();
  }
}

function known(request: ChatRequest, tenant: string, endpoint: Endpoint, digest: string): KnownRequest {
  return { digest, form: askedForm(request), endpoint, key: keyFor(tenant, endpoint, digest) };
}

/** With the tenant in it: how fast a key is found must not tell that somebody else asked the same. */
function bytesKey(tenant: string, digest: string): string {
  return `${tenant}:${digest}`;
}
