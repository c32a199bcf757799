import { LRUCache } from 'lru-cache';
import type { Clock } from '../../contracts/clock.js';
import type { Embedder, Vector } from './embedder.js';
import { isPromise } from '../../util/is-promise.js';

export interface EmbeddingCacheOptions {
  readonly embed: Embedder;
  /** Turns an embedder's vector into the point that is kept. Throws for one of another length. */
  readonly toPoint: (vector: Vector) => Float32Array;
  readonly clock: Clock;
  readonly maxEntries: number;
  /** Milliseconds that a request waits for a vector. */
  readonly deadlineMs: number;
}

/** An embedder that took longer than a request may wait. */
export class EmbeddingTimeout extends Error {
  override readonly name = 'EmbeddingTimeout';
}

/** One call of the embedder, and how many requests wait for it. */
interface PendingCall {
  readonly point: Promise<Float32Array>;
  readonly controller: AbortController;
  waiting: number;
}

/**
 * Vectors by text: kept while they are used, made by one call for equal texts at the same time. Each request waits for
 * its own deadline and its own client; the call is aborted when no request waits for it any more.
 */
export class EmbeddingCache {
  readonly #options: EmbeddingCacheOptions;
  readonly #points: LRUCache<string, Float32Array>;
  readonly #pending = new Map<string, PendingCall>();
  readonly #never = new AbortController().signal;

  constructor(options: EmbeddingCacheOptions) {
    this.#options = options;
    this.#points = new LRUCache({ max: options.maxEntries });
  }

  /** The point of `text`: synchronous where it is cached or the embedder is synchronous. */
  embed(text: string, signal: AbortSignal): Float32Array | Promise<Float32Array> {
    const known = this.#points.get(text);
    if (known !== undefined) return known;
    const pending = this.#pending.get(text) ?? this.#call(text);
    return pending instanceof Float32Array ? pending : this.#waitFor(text, pending, signal);
  }

  /** As `embed`, but `undefined` where it would be a promise. Does not call an embedder that has returned a promise before. */
  embedNow(text: string): Float32Array | undefined {
    const known = this.#points.get(text);
    if (known !== undefined || this.#isAsynchronous) return known;
    const made = this.#call(text);
    if (made instanceof Float32Array) return made;
    this.#abandon(text, made);
    return undefined;
  }

  #isAsynchronous = false;

  #call(text: string): Float32Array | PendingCall {
    const { embed, toPoint } = this.#options;
    const controller = new AbortController();
    const made = embed(text, { signal: controller.signal });
    if (!isPromise(made)) return this.#keep(text, toPoint(made));
    this.#isAsynchronous = true;
    const point = Promise.resolve(made)
      .then((vector) => this.#keep(text, toPoint(vector)))
      .finally(() => {
        if (this.#pending.get(text) === call) this.#pending.delete(text);
      });
    // No request may be waiting when it fails: that must not be an unhandled rejection.
    point.catch(() => undefined);
    const call: PendingCall = { point, controller, waiting: 0 };
    this.#pending.set(text, call);
    return call;
  }

  #keep(text: string, point: Float32Array): Float32Array {
    this.#points.set(text, point);
    return point;
  }

  async #waitFor(text: string, call: PendingCall, signal: AbortSignal = this.#never): Promise<Float32Array> {
    const { clock, deadlineMs } = this.#options;
    call.waiting++;
    let stopWaiting = (): void => undefined;
    const end = new Promise<never>((_resolve, reject) => {
      const timer = clock.setTimer(
        () => reject(new EmbeddingTimeout('The embedder exceeded its deadline.')),
        deadlineMs,
      );
      const onAbort = (): void => reject(signal.reason);
      if (signal.aborted) onAbort();
      signal.addEventListener('abort', onAbort, { once: true });
      stopWaiting = () => {
        timer.cancel();
        signal.removeEventListener('abort', onAbort);
      };
    });
    try {
      return await Promise.race([call.point, end]);
    } finally {
      stopWaiting();
      call.waiting--;
      if (call.waiting === 0) this.#abandon(text, call);
    }
  }

  #abandon(text: string, call: PendingCall): void {
    if (this.#pending.get(text) !== call) return;
    this.#pending.delete(text);
    call.controller.abort();
  }
}
