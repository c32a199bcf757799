import { normalizeFinishReason } from '../chat/finish-reason.js';
import type { ChatCompletion } from '../chat/types.js';
import type { Clock } from '../contracts/clock.js';
import type { Endpoint } from '../contracts/routing.js';
import { formatValue } from '../options/checks.js';
import type { RequestContext } from '../request/context.js';
import type { CacheDirectives } from './cache-control.js';
import type { ResolvedCacheOptions } from './cache-options.js';
import { encodeEntry } from './entry.js';
import { keyFor } from './key.js';
import { cacheState, mayKeep, servingEndpoint } from './policy.js';
import type { PurgeableStore } from './purgeable-store.js';
import { RecordingSink } from './recording-sink.js';
import type { KnownRequest, RequestKeyCache } from './request-key-cache.js';

/** A request on its way through the cache. */
export interface Lookup {
  readonly context: RequestContext;
  readonly tenant: string;
  readonly known: KnownRequest;
  readonly directives: CacheDirectives;
}

interface RecorderParts {
  readonly options: Pick<ResolvedCacheOptions, 'maxResponseBytes' | 'ttlMs' | 'ignoresBeforeAttempt'>;
  readonly clock: Clock;
  readonly entries: PurgeableStore;
  readonly keys: RequestKeyCache;
  /** Gets what `cache.ttlMs` throws: the response has been sent by then. */
  readonly report: ((error: unknown, option: string) => void) | undefined;
}

/** Stores the responses that the upstream gives, as far as they may be served again. */
export class ResponseRecorder {
  /** Responses that were stored. */
  stores = 0;
  readonly #parts: RecorderParts;

  constructor(parts: RecorderParts) {
    this.#parts = parts;
  }

  /**
   * Records the response to this request on its way to the client.
   * @param recorded - called when the response was stored, or when it is clear that it will not be
   */
  record(lookup: Lookup, recorded?: () => void): void {
    const { context, tenant } = lookup;
    const generation = this.#parts.entries.generationOf(tenant);
    const keep = (completion: ChatCompletion | undefined): void => {
      this.#keep(lookup, completion, generation);
      recorded?.();
    };
    context.sink = new RecordingSink(context.sink, this.#parts.options.maxResponseBytes, (completion) => {
      const { responseGate } = context;
      if (responseGate !== undefined) {
        // A response that a guard blocks is not stored. What a guard changes is stored unchanged: it runs on hits too.
        void responseGate.settled().then(({ passed }) => {
          setImmediate(() => keep(passed ? withUsage(completion, context) : undefined));
        });
        return;
      }
      if (completion === undefined || completion.usage !== undefined) return keep(completion);
      // Usage that the client did not request is not in the response, but in the outcome, which follows the last byte.
      setImmediate(() => keep(withUsage(completion, context)));
    });
  }

  #keep({ context, tenant, known }: Lookup, completion: ChatCompletion | undefined, generation: string): void {
    const { options, clock, entries, keys } = this.#parts;
    const endpoint = servingEndpoint(context);
    const { served } = context;
    // Storing can wait while the process is overloaded.
    if (context.underPressure) return;
    // In a chain of stages, that the hook is set becomes known only when it has changed a request.
    if (context.attemptChanged && !options.ignoresBeforeAttempt) return;
    if (completion === undefined || endpoint === undefined || served === undefined || !mayKeep(completion)) return;
    // The cache was purged after this request had been sent.
    if (entries.generationOf(tenant) !== generation) return;
    const ttlMs = this.#ttlOf(context, endpoint, completion);
    if (ttlMs <= 0) return;
    const storedAt = clock.wallNow();
    const entry = encodeEntry(completion, {
      storedAt,
      served,
      finishReason: normalizeFinishReason(completion.choices[0]?.finish_reason),
      usage: completion.usage ?? undefined,
    });
    this.stores++;
    keys.noteEndpoint(tenant, known, endpoint);
    entries.set(keyFor(tenant, endpoint, known.digest), entry, storedAt + Math.min(ttlMs, MAX_TTL_MS), generation);
  }

  /** How long to keep a response, in milliseconds; 0 where the host's function throws, as no request waits for it. */
  #ttlOf(context: RequestContext, endpoint: Endpoint, response: ChatCompletion): number {
    const { ttlMs } = this.#parts.options;
    if (typeof ttlMs === 'number') return ttlMs;
    try {
      const ms: unknown = ttlMs({ ...cacheState(context, endpoint), response });
      if (typeof ms === 'number' && !Number.isNaN(ms)) return ms;
      throw new TypeError(`cache.ttlMs must return a number of milliseconds, got ${formatValue(ms)}.`);
    } catch (error) {
      this.#parts.report?.(error, 'cache.ttlMs');
      return 0;
    }
  }
}

/** The longest time that a response is kept, in milliseconds: purges are remembered for longer. */
const MAX_TTL_MS = 100 * 24 * 3_600_000;

function withUsage(completion: ChatCompletion | undefined, { outcome }: RequestContext): ChatCompletion | undefined {
  if (completion === undefined || completion.usage !== undefined) return completion;
  return { ...completion, usage: outcome?.usage ?? null };
}
