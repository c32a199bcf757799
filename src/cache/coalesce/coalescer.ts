import type { RequestContext } from '../../request/context.js';
import type { Clock } from '../../contracts/clock.js';
import type { ResolvedCoalesceOptions } from '../cache-options.js';
import { SharedRequest } from './shared-request.js';
import type { BufferBudget } from './event-buffer.js';

/**
 * What became of a follower: its answer has been written, it is to make the call itself for all who wait,
 * or it goes its own way.
 */
export type JoinOutcome = 'responded' | 'lead' | 'alone';

/** All running streams together keep this many times what one may. */
const FLIGHTS_IN_BUDGET = 16;

/** Equal requests at the same time share one upstream call (single flight). */
export class Coalescer {
  /** Requests that were answered by another's call. */
  coalesced = 0;
  readonly #options: ResolvedCoalesceOptions;
  readonly #clock: Clock;
  readonly #budget: BufferBudget;
  readonly #coalescer = new Map<string, SharedRequest>();

  constructor(options: ResolvedCoalesceOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
    this.#budget = {
      perAnswer: options.maxBufferBytes,
      inAll: options.maxBufferBytes * FLIGHTS_IN_BUDGET,
      used: 0,
    };
  }

  /** The call under way for `key`. */
  find(key: string): SharedRequest | undefined {
    return this.#coalescer.get(key);
  }

  /** A new call for `key`, made by `context`. Whoever follows is answered by it. */
  start(key: string, context: RequestContext): SharedRequest {
    const shared = new SharedRequest(this.#budget, () => {
      if (this.#coalescer.get(key) === shared) this.#coalescer.delete(key);
    });
    this.#coalescer.set(key, shared);
    shared.lead(context);
    return shared;
  }

  /** Answers `context` from `flight`. Resolves when there is nothing more to write, or when it must act itself. */
  follow(shared: SharedRequest, context: RequestContext): Promise<JoinOutcome> {
    // The leader's own client is one of the readers.
    if (shared.size > this.#options.maxSubscribers) return Promise.resolve('alone');
    const joinedAt = this.#clock.now();
    let firstTokenMs: number | undefined;

    return new Promise((resolve) => {
      const patience = this.#clock.setTimer(() => {
        if (shared.release(context)) resolve('alone');
      }, this.#options.joinTimeoutMs);

      shared.join(context, {
        begin: () => {
          patience.cancel();
          context.cacheStatus = 'HIT';
          context.coalesced = true;
          context.served = shared.leader?.served;
          context.upstreamMs = this.#clock.now() - joinedAt;
          firstTokenMs = this.#clock.now() - context.startedAt;
        },
        end: (complete) => {
          patience.cancel();
          if (complete) this.coalesced++;
          // The leader's outcome is written just after the last byte.
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
          patience.cancel();
          resolve('lead');
        },
      });
    });
  }
}
