import type { RequestBody } from '../json/request-body.js';
import type { ChatRequest } from '../chat/types.js';
import type { Endpoint } from '../contracts/routing.js';
import { digestOfBytes, digestOfRequest, digestWithGuards, keyFor } from './key.js';
import { BodyIndex } from './body-index.js';
import type { Targets } from './policy.js';
import { BoundedMap } from '../util/bounded-map.js';
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

/** Requests that are remembered: about 300 bytes each, and 100 for where they went. */
const MAX_KNOWN = 10_000;

/**
 * Finds the key of a request in two steps: the digest of its bytes first, and only where those are new the digest
 * of what they mean. Repeats are byte-identical as a rule, and sorting a long conversation costs far more than a hash.
 *
 * Where the endpoint was drawn, equal requests keep to the first one's draw: else each endpoint would have to answer
 * once before the cache did, and requests that come together would not find each other.
 */
export class RequestKeyCache {
  readonly #known = new BoundedMap<KnownRequest>(MAX_KNOWN);
  readonly #bodies = new BodyIndex();
  /** By what is asked. */
  readonly #drawn = new BoundedMap<Endpoint>(MAX_KNOWN);

  /**
   * What `tenant` asks of `targets`. `body` is that of the request, where there is one.
   * @param guardDigest - of the guards that it has passed
   */
  of(
    request: ChatRequest,
    body: RequestBody | undefined,
    tenant: string,
    targets: Targets,
    guardDigest = '',
  ): KnownRequest {
    const received = body?.request === request ? body.received : undefined;
    if (received === undefined) {
      const digest = digestWithGuards(digestOfRequest(request, undefined), guardDigest);
      return known(request, tenant, this.#endpointOf(tenant, digest, targets), digest);
    }
    const bytes = { bytes: received, digest: digestOfBytes(received) };
    const name = inTenant(tenant, digestWithGuards(bytes.digest, guardDigest));
    const before = this.#known.get(name);
    const digest = before?.digest ?? digestWithGuards(digestOfRequest(request, bytes), guardDigest);
    const endpoint = this.#endpointOf(tenant, digest, targets);
    if (before?.endpoint === endpoint) return before;
    const now = known(request, tenant, endpoint, digest);
    this.#known.set(name, now);
    return now;
  }

  /** What `received` was when this tenant sent it before. */
  recall(tenant: string, received: Buffer): KnownRequest | undefined {
    const kept = this.#bodies.nameOf(tenant, received);
    const name = kept ?? inTenant(tenant, digestOfBytes(received));
    const known = this.#known.get(name);
    // Only bodies that do come again are worth keeping.
    if (known !== undefined && kept === undefined) this.#bodies.keep(tenant, received, name);
    return known;
  }

  /** An answer of `endpoint` is kept: what is asked again finds it there. */
  answered(tenant: string, { digest }: KnownRequest, endpoint: Endpoint): void {
    const key = inTenant(tenant, digest);
    if (this.#drawn.get(key) !== undefined) this.#drawn.set(key, endpoint);
  }

  clear(): void {
    this.#known.clear();
    this.#bodies.clear();
    this.#drawn.clear();
  }

  #endpointOf(tenant: string, digest: string, targets: Targets): Endpoint {
    const [first] = targets;
    if (targets.length === 1) return first;
    const key = inTenant(tenant, digest);
    const before = this.#drawn.get(key);
    if (before !== undefined && targets.includes(before)) return before;
    this.#drawn.set(key, first);
    return first;
  }
}

function known(request: ChatRequest, tenant: string, endpoint: Endpoint, digest: string): KnownRequest {
  return { digest, form: askedForm(request), endpoint, key: keyFor(tenant, endpoint, digest) };
}

/** With the tenant in it: how fast a key is found must not tell that somebody else asked the same. */
function inTenant(tenant: string, digest: string): string {
  return `${tenant}:${digest}`;
}
