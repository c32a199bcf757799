import type { RequestBody } from '../json/request-body.js';
import type { ChatRequest } from '../chat/types.js';
import type { Endpoint } from '../contracts/routing.js';
import { digestOfBytes, digestOfExactRequest, digestOfRequest, digestWithGuards, keyFor } from './key.js';
import { BodyIndex } from './body-index.js';
import type { Targets } from './policy.js';
import { BoundedMap } from '../util/bounded-map.js';
import { formOf, type RequestedForm } from './replay.js';

/** A request as the cache sees it. */
export interface KnownRequest {
  /** Digest of the request, without its form. */
  readonly digest: string;
  readonly form: RequestedForm;
  /** The endpoint that is expected to respond, and the key of its response. */
  readonly endpoint: Endpoint;
  readonly key: string;
}

/** Requests kept in memory: about 300 bytes each, and 100 for their endpoints. */
const MAX_KNOWN = 10_000;

/**
 * Finds the key of a request in two steps: by the digest of its bytes, and for unknown bytes by the digest of its sorted
 * members. Repeated requests are usually byte-identical, and sorting a long conversation costs far more than a hash.
 *
 * Where the plan draws among endpoints, equal requests use the endpoint of the first draw. Otherwise each endpoint would
 * have to respond once before the cache can serve, and concurrent equal requests would not be coalesced.
 */
export class RequestKeyCache {
  readonly #known = new BoundedMap<KnownRequest>(MAX_KNOWN);
  readonly #bodies = new BodyIndex();
  /** By tenant and digest of the request. */
  readonly #drawn = new BoundedMap<Endpoint>(MAX_KNOWN);

  /**
   * The key of a request of `tenant` to `targets`.
   * @param body - the body of the request, where there is one
   * @param guardDigest - of the guards that the request has passed
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
      const exact = body?.request === request ? body.exactRequest?.() : undefined;
      const ofRequest = exact === undefined ? digestOfRequest(request, undefined) : digestOfExactRequest(exact);
      const digest = digestWithGuards(ofRequest, guardDigest);
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

  /** The request that this tenant has sent before with the bytes `received`. */
  recall(tenant: string, received: Buffer): KnownRequest | undefined {
    const kept = this.#bodies.nameOf(tenant, received);
    const name = kept ?? inTenant(tenant, digestOfBytes(received));
    const known = this.#known.get(name);
    // Bytes are kept from their second occurrence on: most bodies occur only once.
    if (known !== undefined && kept === undefined) this.#bodies.keep(tenant, received, name);
    return known;
  }

  /** A response of `endpoint` was stored: equal requests look it up under that endpoint. */
  noteEndpoint(tenant: string, { digest }: KnownRequest, endpoint: Endpoint): void {
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
  return { digest, form: formOf(request), endpoint, key: keyFor(tenant, endpoint, digest) };
}

/** Includes the tenant: the time of a lookup must not disclose that another tenant sent the same request. */
function inTenant(tenant: string, digest: string): string {
  return `${tenant}:${digest}`;
}
