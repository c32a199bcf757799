import type { RequestContext, Stage, StageOutcome } from '../request/context.js';
import type { Clock } from '../contracts/clock.js';
import type { Hooks } from '../contracts/hooks.js';
import { GatewayError } from '../errors/gateway-error.js';
import type { CacheOptions } from '../options/cache-types.js';
import { parseCacheControl, type CacheDirectives } from './cache-control.js';
import { resolveCacheOptions, type ResolvedCacheOptions } from './cache-options.js';
import { Coalescer } from './coalesce/coalescer.js';
import type { CachedResponse } from './entry.js';
import type { SharedRequest } from './coalesce/shared-request.js';
import { allowedBy, cacheableTargets, tenantOf } from './policy.js';
import { PurgeableStore } from './purgeable-store.js';
import { tenantToPurge, type PurgeOptions } from './purge-options.js';
import { replay } from './replay.js';
import { RequestKeyCache, type KnownRequest } from './request-key-cache.js';
import { ResponseRecorder, type Lookup } from './response-recorder.js';
import { StoreGuard } from './store-guard.js';
import { checkUnkeyedChanges } from './unkeyed-changes.js';

/** The cache in `status()`. */
export interface CacheStatistics {
  /** Requests served from the cache. */
  readonly hits: number;
  /** Requests that were looked up and not found. */
  readonly misses: number;
  /** Requests that were not looked up: they cannot be cached, or the caller requested a fresh response. */
  readonly bypasses: number;
  /** Responses that were stored. */
  readonly stores: number;
  /** Requests that were served by the upstream call of an equal request. */
  readonly coalesced: number;
  /** Calls of the store that failed. No request fails because of them. */
  readonly storeFaults: number;
  /** Entries in this process, where the store counts them. */
  readonly entries: number | undefined;
  /** Size of all cached responses, where the store reports it. */
  readonly bytes: number | undefined;
}

/** The cache of one gateway. */
export interface Cache {
  readonly stage: Stage;
  /**
   * Serves a body that this caller has sent before, without parsing, validating and routing it.
   * `false`: nothing was written, and the request must pass all stages. Not for gateways with hooks that read more than
   * the body.
   */
  lookupByBody(context: RequestContext, received: Buffer): boolean | Promise<boolean>;
  /** Clears which endpoint each body was sent to. Called when the providers have changed. */
  clearBodyIndex(): void;
  statistics(): CacheStatistics;
  /** @throws TypeError for an invalid option. Rejects where the store did not accept the purge. */
  readonly purge: (options?: PurgeOptions) => Promise<void>;
  /** Closes a store that was created here; a store of the host stays open. */
  close(): Promise<void>;
}

export interface CacheParts {
  readonly clock: Clock;
  /** Requests have callers, so each caller can have a cache of its own. */
  readonly hasTenants: boolean;
  /** The host's hooks. */
  readonly hooks?: Pick<Hooks, 'beforeAttempt'> | undefined;
  /** Gets what a function of the host threw after the response was sent. */
  readonly report?: ((error: unknown, option: string) => void) | undefined;
}

/**
 * The cache stage: serves stored responses, and stores the ones that upstreams give.
 * @throws TypeError for an invalid option, and where callers would share responses without `shared` being set
 */
export function createCache(options: CacheOptions, { clock, hasTenants, hooks = {}, report }: CacheParts): Cache {
  const resolved = resolveCacheOptions(options, hasTenants, clock);
  checkUnkeyedChanges(resolved.ignoresBeforeAttempt, hooks);
  return new ResponseCache(resolved, clock, report);
}

class ResponseCache implements Cache {
  readonly #options: ResolvedCacheOptions;
  readonly #clock: Clock;
  readonly #store: StoreGuard;
  readonly #coalescer: Coalescer | undefined;
  readonly #entries: PurgeableStore;
  readonly #recorder: ResponseRecorder;
  readonly #keys = new RequestKeyCache();
  #hits = 0;
  #misses = 0;
  #bypasses = 0;

  constructor(options: ResolvedCacheOptions, clock: Clock, report: CacheParts['report']) {
    this.#options = options;
    this.#clock = clock;
    this.#store = new StoreGuard(options.store, clock);
    this.#entries = new PurgeableStore(this.#store, clock);
    this.#coalescer = options.coalesce && new Coalescer(options.coalesce, clock);
    this.#recorder = new ResponseRecorder({ options, clock, entries: this.#entries, keys: this.#keys, report });
  }

  readonly stage: Stage = (context) => {
    const directives = parseCacheControl(context.req.headers['cache-control']);
    const tenant = tenantOf(context, this.#options.shared);
    const targets = cacheableTargets(context);
    const { request, body } = context;
    if (tenant === undefined || targets === undefined || request === undefined || directives.noStore) {
      return this.#bypass(context, directives);
    }
    if (!allowedBy(this.#options.shouldCache, context, targets[0])) return this.#bypass(context, directives);
    const known = this.#keys.of(request, body, tenant, targets, context.guardDigest);
    const lookup: Lookup = { context, tenant, known, directives };
    if (directives.noCache) {
      this.#bypass(context, directives);
      const refreshed = this.#entries.refresh(tenant);
      return refreshed === undefined ? this.#record(lookup) : refreshed.then(() => this.#record(lookup));
    }
    const found = context.cacheMissKey === lookup.known.key ? undefined : this.#entries.get(tenant, lookup.known.key);
    return found instanceof Promise
      ? found.then((response) => this.#decide(lookup, response))
      : this.#decide(lookup, found);
  };

  lookupByBody(context: RequestContext, received: Buffer): boolean | Promise<boolean> {
    const directives = parseCacheControl(context.req.headers['cache-control']);
    const tenant = tenantOf(context, this.#options.shared);
    if (tenant === undefined || directives.noStore || directives.noCache) return false;
    if (this.#options.shouldCache !== undefined) return false;
    const known = this.#keys.recall(tenant, received);
    if (known === undefined) return false;
    const found = this.#entries.get(tenant, known.key);
    const serveFrom = (response: CachedResponse | undefined): boolean | Promise<boolean> => {
      const served = this.#serve({ context, tenant, known, directives }, response);
      // The request passes all stages now, and the cache stage must not look it up again.
      if (served === undefined) context.cacheMissKey = known.key;
      return served instanceof Promise ? served.then(isResponded) : isResponded(served);
    };
    return found instanceof Promise ? found.then(serveFrom) : serveFrom(found);
  }

  clearBodyIndex(): void {
    this.#keys.clear();
  }

  statistics(): CacheStatistics {
    const size = this.#store.size();
    return {
      hits: this.#hits,
      misses: this.#misses,
      bypasses: this.#bypasses,
      stores: this.#recorder.stores,
      coalesced: this.#coalescer?.coalesced ?? 0,
      storeFaults: this.#store.faults,
      entries: size?.entries,
      bytes: size?.bytes,
    };
  }

  readonly purge = async (options: PurgeOptions = {}): Promise<void> => {
    const tenant = tenantToPurge(options, this.#options.shared);
    this.#keys.clear();
    await this.#entries.purge(tenant);
  };

  async close(): Promise<void> {
    this.#keys.clear();
    if (this.#options.ownsStore) await this.#options.store.close?.();
  }

  #decide(lookup: Lookup, found: CachedResponse | undefined): StageOutcome | Promise<StageOutcome> {
    const served = this.#serve(lookup, found);
    if (served !== undefined) return served;
    this.#misses++;
    lookup.context.cacheStatus = 'MISS';
    if (lookup.directives.onlyIfCached) throw notCached();
    return this.#coalescer === undefined ? this.#record(lookup) : this.#share(lookup, this.#coalescer);
  }

  /** Serves what was found, where it is fresh enough for this caller. */
  #serve(
    { context, known, directives }: Lookup,
    found: CachedResponse | undefined,
  ): 'responded' | Promise<'responded'> | undefined {
    if (found === undefined) return undefined;
    const wallNow = this.#clock.wallNow();
    // The clock of the process that stored it may be ahead of ours.
    const ageMs = Math.max(wallNow - found.storedAt, 0);
    if (ageMs >= directives.maxAgeMs) return undefined;
    const served = replay(context, found, {
      form: known.form,
      ageMs,
      wallNow,
      now: this.#clock.now(),
      usageOnHit: this.#options.usageOnHit,
    });
    if (served !== undefined) this.#hits++;
    return served;
  }

  #bypass(context: RequestContext, directives: CacheDirectives): 'next' {
    this.#bypasses++;
    context.cacheStatus = 'BYPASS';
    if (directives.onlyIfCached) throw notCached();
    return 'next';
  }

  /** Joins the upstream call of an equal request that is in flight, or starts one that later requests can join. */
  async #share(lookup: Lookup, coalescer: Coalescer): Promise<StageOutcome> {
    const { context, known, tenant } = lookup;
    const key = `${sharedKey(known)} ${this.#entries.generationOf(tenant)}`;
    const shared = coalescer.find(key);
    if (shared === undefined) return this.#record(lookup, coalescer.start(key, context));
    const outcome = await coalescer.follow(shared, context);
    if (outcome === 'responded') return 'responded';
    if (outcome === 'alone') return this.#record(lookup);
    shared.lead(context);
    return this.#record(lookup, shared);
  }

  #record(lookup: Lookup, shared?: SharedRequest): 'next' {
    this.#recorder.record(lookup, shared && (() => shared.close()));
    return 'next';
  }
}

/** Requests share a call only if they want the response in the same form. */
function sharedKey({ key, form }: KnownRequest): string {
  if (!form.stream) return `${key} whole`;
  return form.includeUsage ? `${key} stream, usage` : `${key} stream`;
}

function isResponded(outcome: 'responded' | undefined): boolean {
  return outcome === 'responded';
}

function notCached(): GatewayError {
  return new GatewayError(
    'only_if_cached',
    'There is no response to this request in the cache, and the request has `Cache-Control: only-if-cached`.',
  );
}
