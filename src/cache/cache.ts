import { normalizeFinishReason } from '../chat/finish-reason.js';
import type { ChatCompletion } from '../chat/types.js';
import type { RequestContext, Stage, StageOutcome } from '../request/context.js';
import type { Clock } from '../contracts/clock.js';
import { GatewayError } from '../errors/gateway-error.js';
import type { CacheOptions } from '../options/cache-types.js';
import { parseCacheControl, type CacheDirectives } from './cache-control.js';
import { resolveCacheOptions, type ResolvedCacheOptions } from './cache-options.js';
import { Coalescer } from './coalesce/coalescer.js';
import { encodeEntry, type CachedResponse } from './entry.js';
import type { SharedRequest } from './coalesce/shared-request.js';
import { keyFor } from './key.js';
import { cacheableTargets, mayKeep, servingEndpoint, tenantOf } from './policy.js';
import { RecordingSink } from './recording-sink.js';
import { replay } from './replay.js';
import { RequestKeyCache, type KnownRequest } from './request-key-cache.js';
import { StoreGuard } from './store-guard.js';

/** What `status()` tells of the cache. */
export interface CacheStatistics {
  readonly hits: number;
  readonly misses: number;
  /** Requests that were not looked up: by what they are, or by the caller's wish. */
  readonly bypasses: number;
  /** Answers that were kept. */
  readonly stores: number;
  /** Requests that were answered by another one's upstream call. */
  readonly coalesced: number;
  /** Times that the store failed. The requests did not. */
  readonly storeFaults: number;
  /** Of this process, where the store can tell. */
  readonly entries: number | undefined;
  readonly bytes: number | undefined;
}

/** The cache of one gateway. */
export interface Cache {
  readonly stage: Stage;
  /**
   * Answers a body that this caller has sent before, before it is parsed, checked and routed.
   * `false`: nothing was written, go the whole way. Not for gateways with hooks that decide by more than the body.
   */
  lookupByBody(context: RequestContext, received: Buffer): boolean | Promise<boolean>;
  /** Forgets which endpoint a repeated body went to. For when the providers have changed. */
  clearBodyIndex(): void;
  statistics(): CacheStatistics;
  /** Empties a store that was made here; one that was given is its owner's. */
  close(): Promise<void>;
}

export interface CacheParts {
  readonly clock: Clock;
  /** Somebody says who asks. */
  readonly hasTenants: boolean;
}

/**
 * KNOWN ALREADY? Answers what was asked before, remembers what is answered now.
 * @throws TypeError for an option that is wrong, or when callers would share answers without anybody having said so.
 */
export function createCache(options: CacheOptions, { clock, hasTenants }: CacheParts): Cache {
  return new ResponseCache(resolveCacheOptions(options, hasTenants, clock), clock);
}

/** A request on its way through the cache. */
interface Lookup {
  readonly context: RequestContext;
  readonly tenant: string;
  readonly known: KnownRequest;
  readonly directives: CacheDirectives;
}

class ResponseCache implements Cache {
  readonly #options: ResolvedCacheOptions;
  readonly #clock: Clock;
  readonly #store: StoreGuard;
  readonly #coalescer: Coalescer | undefined;
  readonly #keys = new RequestKeyCache();
  #hits = 0;
  #misses = 0;
  #bypasses = 0;
  #stores = 0;

  constructor(options: ResolvedCacheOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
    this.#store = new StoreGuard(options.store, clock);
    this.#coalescer = options.coalesce && new Coalescer(options.coalesce, clock);
  }

  readonly stage: Stage = (context) => {
    const directives = parseCacheControl(context.req.headers['cache-control']);
    const tenant = tenantOf(context, this.#options.shared);
    const targets = cacheableTargets(context);
    const { request, body } = context;
    if (tenant === undefined || targets === undefined || request === undefined || directives.noStore) {
      return this.#bypass(context, directives);
    }
    const lookup: Lookup = { context, tenant, known: this.#keys.of(request, body, tenant, targets), directives };
    if (directives.noCache) {
      this.#bypass(context, directives);
      return this.#record(lookup);
    }
    const found = context.cacheMissKey === lookup.known.key ? undefined : this.#store.get(lookup.known.key);
    return found instanceof Promise
      ? found.then((answer) => this.#decide(lookup, answer))
      : this.#decide(lookup, found);
  };

  lookupByBody(context: RequestContext, received: Buffer): boolean | Promise<boolean> {
    const directives = parseCacheControl(context.req.headers['cache-control']);
    const tenant = tenantOf(context, this.#options.shared);
    if (tenant === undefined || directives.noStore || directives.noCache) return false;
    const known = this.#keys.recall(tenant, received);
    if (known === undefined) return false;
    const found = this.#store.get(known.key);
    const answerFrom = (answer: CachedResponse | undefined): boolean | Promise<boolean> => {
      const answered = this.#answer({ context, tenant, known, directives }, answer);
      // Who goes the whole way now comes by here again.
      if (answered === undefined) context.cacheMissKey = known.key;
      return answered instanceof Promise ? answered.then(isAnswered) : isAnswered(answered);
    };
    return found instanceof Promise ? found.then(answerFrom) : answerFrom(found);
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
      stores: this.#stores,
      coalesced: this.#coalescer?.coalesced ?? 0,
      storeFaults: this.#store.faults,
      entries: size?.entries,
      bytes: size?.bytes,
    };
  }

  async close(): Promise<void> {
    this.#keys.clear();
    if (this.#options.ownsStore) await this.#options.store.close?.();
  }

  #decide(lookup: Lookup, found: CachedResponse | undefined): StageOutcome | Promise<StageOutcome> {
    const answered = this.#answer(lookup, found);
    if (answered !== undefined) return answered;
    this.#misses++;
    lookup.context.cacheStatus = 'MISS';
    if (lookup.directives.onlyIfCached) throw notCached();
    return this.#coalescer === undefined ? this.#record(lookup) : this.#share(lookup, this.#coalescer);
  }

  /** Answers with what was found, where there is something that is fresh enough for this caller. */
  #answer(
    { context, known, directives }: Lookup,
    found: CachedResponse | undefined,
  ): 'responded' | Promise<'responded'> | undefined {
    if (found === undefined) return undefined;
    const wallNow = this.#clock.wallNow();
    // The clock of another process may be ahead of ours.
    const ageMs = Math.max(wallNow - found.storedAt, 0);
    if (ageMs >= directives.maxAgeMs) return undefined;
    const answered = replay(context, found, {
      form: known.form,
      ageMs,
      wallNow,
      now: this.#clock.now(),
      usageOnHit: this.#options.usageOnHit,
    });
    if (answered !== undefined) this.#hits++;
    return answered;
  }

  #bypass(context: RequestContext, directives: CacheDirectives): 'next' {
    this.#bypasses++;
    context.cacheStatus = 'BYPASS';
    if (directives.onlyIfCached) throw notCached();
    return 'next';
  }

  /** Joins the call for the same request that is under way, or makes it for all who come while it lasts. */
  async #share(lookup: Lookup, coalescer: Coalescer): Promise<StageOutcome> {
    const { context, known } = lookup;
    const key = sharedKey(known);
    const shared = coalescer.find(key);
    if (shared === undefined) return this.#record(lookup, coalescer.start(key, context));
    const outcome = await coalescer.follow(shared, context);
    if (outcome === 'responded') return 'responded';
    if (outcome === 'alone') return this.#record(lookup);
    shared.lead(context);
    return this.#record(lookup, shared);
  }

  #record(lookup: Lookup, shared?: SharedRequest): 'next' {
    const { context } = lookup;
    context.sink = new RecordingSink(context.sink, this.#options.maxResponseBytes, (completion) => {
      if (completion === undefined || completion.usage !== undefined) {
        this.#keep(lookup, completion);
        shared?.close();
        return;
      }
      // Callers who did not ask for usage are not told, but the outcome says it, just after the last byte.
      setImmediate(() => {
        this.#keep(lookup, { ...completion, usage: context.outcome?.usage ?? null });
        shared?.close();
      });
    });
    return 'next';
  }

  #keep({ context, tenant, known }: Lookup, completion: ChatCompletion | undefined): void {
    const endpoint = servingEndpoint(context);
    const { served } = context;
    // A process that has too much to do remembers nothing: that can wait.
    if (context.underPressure) return;
    if (completion === undefined || endpoint === undefined || served === undefined || !mayKeep(completion)) return;
    const storedAt = this.#clock.wallNow();
    const entry = encodeEntry(completion, {
      storedAt,
      served,
      finishReason: normalizeFinishReason(completion.choices[0]?.finish_reason),
      usage: completion.usage ?? undefined,
    });
    this.#stores++;
    this.#keys.answered(tenant, known, endpoint);
    this.#store.set(keyFor(tenant, endpoint, known.digest), entry, storedAt + this.#options.ttlMs);
  }
}

/** A call is shared by those who want the answer in the same form. */
function sharedKey({ key, form }: KnownRequest): string {
  if (!form.stream) return `${key} whole`;
  return form.includeUsage ? `${key} stream, usage` : `${key} stream`;
}

function isAnswered(outcome: 'responded' | undefined): boolean {
  return outcome === 'responded';
}

function notCached(): GatewayError {
  return new GatewayError(
    'only_if_cached',
    'There is no answer to this request in the cache, and `only-if-cached` was asked for.',
  );
}
