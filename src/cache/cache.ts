import { normalizeFinishReason } from '../chat/finish-reason.js';
import type { ChatCompletion } from '../chat/types.js';
import type { RequestContext, Stage, StageOutcome } from '../request/context.js';
import type { Clock } from '../contracts/clock.js';
import type { Hooks } from '../contracts/hooks.js';
import type { Endpoint } from '../contracts/routing.js';
import { GatewayError } from '../errors/gateway-error.js';
import { formatValue } from '../options/checks.js';
import type { CacheOptions } from '../options/cache-types.js';
import { parseCacheControl, type CacheDirectives } from './cache-control.js';
import { resolveCacheOptions, type ResolvedCacheOptions } from './cache-options.js';
import { Coalescer } from './coalesce/coalescer.js';
import { encodeEntry, type CachedResponse } from './entry.js';
import type { SharedRequest } from './coalesce/shared-request.js';
import { keyFor } from './key.js';
import { allowedBy, cacheableTargets, cacheState, mayKeep, servingEndpoint, tenantOf } from './policy.js';
import { PurgeableStore } from './purgeable-store.js';
import { tenantToPurge, type PurgeOptions } from './purge-options.js';
import { RecordingSink } from './recording-sink.js';
import { replay } from './replay.js';
import { RequestKeyCache, type KnownRequest } from './request-key-cache.js';
import { StoreGuard } from './store-guard.js';
import { checkUnkeyedChanges } from './unkeyed-changes.js';

/** What `status()` tells of the cache. */
export interface CacheStatistics {
  /** Requests served from the cache. */
  readonly hits: number;
  /** Requests that were looked up and not found. */
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
  /** Size of all cached responses, where the store reports it. */
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
  /** @throws TypeError for an option that is wrong. Rejects where the store did not take the purge over. */
  readonly purge: (options?: PurgeOptions) => Promise<void>;
  /** Empties a store that was made here; one that was given is its owner's. */
  close(): Promise<void>;
}

export interface CacheParts {
  readonly clock: Clock;
  /** Somebody says who asks. */
  readonly hasTenants: boolean;
  /** The host's own. */
  readonly hooks?: Pick<Hooks, 'beforeAttempt'> | undefined;
  /** Told what a function of the host's threw when nobody waited for it any more. */
  readonly report?: ((error: unknown, option: string) => void) | undefined;
}

/**
 * KNOWN ALREADY? Answers what was asked before, remembers what is answered now.
 * @throws TypeError for an option that is wrong, or when callers would share answers without anybody having said so.
 */
export function createCache(options: CacheOptions, { clock, hasTenants, hooks = {}, report }: CacheParts): Cache {
  const resolved = resolveCacheOptions(options, hasTenants, clock);
  checkUnkeyedChanges(resolved.ignoresBeforeAttempt, hooks);
  return new ResponseCache(resolved, clock, report);
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
  readonly #entries: PurgeableStore;
  readonly #report: CacheParts['report'];
  readonly #keys = new RequestKeyCache();
  #hits = 0;
  #misses = 0;
  #bypasses = 0;
  #stores = 0;

  constructor(options: ResolvedCacheOptions, clock: Clock, report: CacheParts['report']) {
    this.#options = options;
    this.#clock = clock;
    this.#report = report;
    this.#store = new StoreGuard(options.store, clock);
    this.#entries = new PurgeableStore(this.#store, clock);
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
      ? found.then((answer) => this.#decide(lookup, answer))
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
    const { context, tenant } = lookup;
    const generation = this.#entries.generationOf(tenant);
    const keep = (completion: ChatCompletion | undefined): void => {
      this.#keep(lookup, completion, generation);
      shared?.close();
    };
    context.sink = new RecordingSink(context.sink, this.#options.maxResponseBytes, (completion) => {
      const { responseGate } = context;
      if (responseGate !== undefined) {
        // What a guard blocks is not kept. What it changes is: the next reader's guards change it again.
        void responseGate.settled().then(({ passed }) => {
          setImmediate(() => keep(passed ? withUsage(completion, context) : undefined));
        });
        return;
      }
      if (completion === undefined || completion.usage !== undefined) return keep(completion);
      // Callers who did not ask for usage are not told, but the outcome says it, just after the last byte.
      setImmediate(() => keep(withUsage(completion, context)));
    });
    return 'next';
  }

  #keep({ context, tenant, known }: Lookup, completion: ChatCompletion | undefined, generation: string): void {
    const endpoint = servingEndpoint(context);
    const { served } = context;
    // A process that has too much to do remembers nothing: that can wait.
    if (context.underPressure) return;
    // In a chain of stages the cache may not know of the hook before it has changed something.
    if (context.attemptChanged && !this.#options.ignoresBeforeAttempt) return;
    if (completion === undefined || endpoint === undefined || served === undefined || !mayKeep(completion)) return;
    // It was asked for before a purge.
    if (this.#entries.generationOf(tenant) !== generation) return;
    const ttlMs = this.#ttlOf(context, endpoint, completion);
    if (ttlMs <= 0) return;
    const storedAt = this.#clock.wallNow();
    const entry = encodeEntry(completion, {
      storedAt,
      served,
      finishReason: normalizeFinishReason(completion.choices[0]?.finish_reason),
      usage: completion.usage ?? undefined,
    });
    this.#stores++;
    this.#keys.answered(tenant, known, endpoint);
    const key = keyFor(tenant, endpoint, known.digest);
    this.#entries.set(key, entry, storedAt + Math.min(ttlMs, MAX_TTL_MS), generation);
  }

  /** How long to keep it. Nobody waits any more, so what the host's function throws is reported, and nothing is kept. */
  #ttlOf(context: RequestContext, endpoint: Endpoint, response: ChatCompletion): number {
    const { ttlMs } = this.#options;
    if (typeof ttlMs === 'number') return ttlMs;
    try {
      const ms: unknown = ttlMs({ ...cacheState(context, endpoint), response });
      if (typeof ms === 'number' && !Number.isNaN(ms)) return ms;
      throw new TypeError(`cache.ttlMs must return a number of milliseconds, got ${formatValue(ms)}.`);
    } catch (error) {
      this.#report?.(error, 'cache.ttlMs');
      return 0;
    }
  }
}

/** Nothing is kept for longer, in milliseconds: a purge is remembered for longer than this. */
const MAX_TTL_MS = 100 * 24 * 3_600_000;
function withUsage(completion: ChatCompletion | undefined, { outcome }: RequestContext): ChatCompletion | undefined {
  if (completion === undefined || completion.usage !== undefined) return completion;
  return { ...completion, usage: outcome?.usage ?? null };
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
