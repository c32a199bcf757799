import type { RequestContext } from '../../request/context.js';
import type { Clock } from '../../contracts/clock.js';
import type { ResolvedCoalesceOptions } from '../cache-options.js';
import { SharedRequest } from './shared-request.js';
import type { BufferBudget } from './event-buffer.js';

/**
 * Result for a request that followed another one: it was served, it must make the shared call now, or it must make a
 * call of its own.
 */
export type JoinOutcome = 'responded' | 'lead' | 'alone';

/** All running streams together may buffer this many times as much as one. */
const FLIGHTS_IN_BUDGET = 16;

/** Equal requests in flight at the same time share one upstream call (single flight). */
export class Coalescer {
  /** Requests that were served by the call of another one. */
  coalesced = 0;
  readonly #options: ResolvedCoalesceOptions;
  readonly #clock: Clock;
  readonly #budget: BufferBudget;
  readonly #coalescer = new Map<string, SharedRequest>();

  constructor(options: ResolvedCoalesceOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
    this.#budget = {
      perResponse: options.maxBufferBytes,
      inAll: options.maxBufferBytes * FLIGHTS_IN_BUDGET,
      used: 0,
    };
  }

  /** The call in flight for `key`. */
  find(key: string): SharedRequest | undefined {
    return this.#coalescer.get(key);
  }

  /** Starts a call for `key`, made by `context`, that equal requests can follow. */
  start(key: string, context: RequestContext): SharedRequest {
    const shared = new SharedRequest(this.#budget, () => {
      if (this.#coalescer.get(key) === shared) this.#coalescer.delete(key);
    });
    this.#coalescer.set(key, shared);
    shared.lead(context);
    return shared;
  }

  /** Serves `context` from `shared`. Resolves when the response has ended, or when `context` must make a call itself. */
  follow(shared: SharedRequest, context: RequestContext): Promise<JoinOutcome> {
    // The leader's own client is one of the subscribers.
    if (shared.size > this.#options.maxSubscribers) return Promise.resolve('alone');
    const joinedAt = this.#clock.now();
    let firstTokenMs: number | undefined;

    return new Promise((resolve) => {
      const joinTimer = this.#clock.setTimer(() => {
        if (shared.release(context)) resolve('alone');
      }, this.#options.joinTimeoutMs);

      shared.join(context, {
        begin: () => {
          joinTimer.cancel();
          context.cacheStatus = 'HIT';
          context.coalesced = true;
          context.served = shared.leader?.served;
          context.upstreamMs = this.#clock.now() - joinedAt;
          firstTokenMs = this.#clock.now() - context.startedAt;
        },
        end: (complete) => {
          joinTimer.cancel();
          if (complete) this.coalesced++;
          // The leader's outcome is known just after the last byte.
          setImmediate(() => {
            const outcome = shared.leader?.outcome;
            context.outcome = {
              complete,
              finishReason: outcome?.finishReason,
              usage: outcome?.usage,
              costUsd: 0,
              firstTokenMs,
            };
            resolve('responded');
          });
        },
        takeOver: () => {
          joinTimer.cancel();
          resolve('lead');
        },
      });
    });
  }
}
