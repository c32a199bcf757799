import type { RequestContext } from '../../request/context.js';
import type { Clock } from '../../contracts/clock.js';
import type { ResolvedCoalesceOptions } from '../cache-options.js';
import { Flight } from './shared-request.js';
import type { LogBudget } from './event-buffer.js';

/**
 * What became of a follower: its answer has been written, it is to make the call itself for all who wait,
 * or it goes its own way.
 */
export type FollowerOutcome = 'answered' | 'lead' | 'alone';

/** All running streams together keep this many times what one may. */
const FLIGHTS_IN_BUDGET = 16;

/** Equal requests at the same time share one upstream call (single flight). */
export class Flights {
  /** Requests that were answered by another's call. */
  coalesced = 0;
  readonly #options: ResolvedCoalesceOptions;
  readonly #clock: Clock;
  readonly #budget: LogBudget;
  readonly #flights = new Map<string, Flight>();

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
  find(key: string): Flight | undefined {
    return this.#flights.get(key);
  }

  /** A new call for `key`, made by `context`. Whoever follows is answered by it. */
  start(key: string, context: RequestContext): Flight {
    const flight = new Flight(this.#budget, () => {
      if (this.#flights.get(key) === flight) this.#flights.delete(key);
    });
    this.#flights.set(key, flight);
    flight.lead(context);
    return flight;
  }

  /** Answers `context` from `flight`. Resolves when there is nothing more to write, or when it must act itself. */
  follow(flight: Flight, context: RequestContext): Promise<FollowerOutcome> {
    // The leader's own client is one of the readers.
    if (flight.size > this.#options.maxFollowers) return Promise.resolve('alone');
    const joinedAt = this.#clock.now();
    let firstTokenMs: number | undefined;

    return new Promise((resolve) => {
      const patience = this.#clock.setTimer(() => {
        if (flight.release(context)) resolve('alone');
      }, this.#options.waitMs);

      flight.join(context, {
        begin: () => {
          patience.cancel();
          context.cacheStatus = 'HIT';
          context.served = flight.leader?.served;
          context.upstreamMs = this.#clock.now() - joinedAt;
          firstTokenMs = this.#clock.now() - context.startedAt;
        },
        end: (complete) => {
          patience.cancel();
          if (complete) this.coalesced++;
          // The leader's outcome is written just after the last byte.
          setImmediate(() => {
            const outcome = flight.leader?.outcome;
            context.outcome = {
              complete,
              finishReason: outcome?.finishReason,
              usage: outcome?.usage,
              costUsd: 0,
              firstTokenMs,
            };
            resolve('answered');
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
