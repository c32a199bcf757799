import type { Clock } from '../contracts/clock.js';
import type { LimitReply } from '../contracts/limit-store.js';
import { FailOpen } from '../stores/fail-open.js';
import { isPromise } from '../util/is-promise.js';
import type { GrantedReply, WaitLimits } from './grants.js';

/** The pending reply of a call that timed out. */
export type LateReply = Promise<LimitReply>;

/** Handlers of the result of a call. */
interface Handling {
  /** The reply came in time. */
  readonly onReply: (reply: LimitReply) => GrantedReply | Promise<GrantedReply>;
  /** A synchronous store has replied. */
  readonly onReplyAtOnce?: (reply: LimitReply) => void;
  /** No reply came in time; `undefined`: the call was not sent. */
  readonly onFailure: (late: LateReply | undefined) => GrantedReply;
}

/**
 * A store that has not replied for this time, in milliseconds, is unreachable; before that it is late. Clients of a store
 * that restarts need several seconds to connect again, and not all of them the same time.
 */
const UNREACHABLE_MS = 60_000;
/** A failure that follows the last one after more than this time, in milliseconds, begins another outage. */
const OUTAGE_GAP_MS = 120_000;

/** Calls of a limit store, each with a timeout. While a store keeps failing, calls are skipped for some time. */
export class StoreLink {
  readonly #clock: Clock;
  readonly #onOutage: () => void;
  readonly #breaker: FailOpen;
  /** When the first and the last failed call of this outage were made, by the monotonic clock. */
  #outage: { readonly since: number; last: number } | undefined;

  /** `onOutage` is called once per outage. */
  constructor(clock: Clock, onOutage: () => void) {
    this.#clock = clock;
    this.#onOutage = onOutage;
    this.#breaker = new FailOpen(clock);
  }

  /** Calls that failed or came too late. */
  get faults(): number {
    return this.#breaker.faults;
  }

  /** The store has not replied for a minute: other processes are unlikely to reach it either. */
  get isUnreachable(): boolean {
    return this.#outage !== undefined && this.#clock.now() - this.#outage.since >= UNREACHABLE_MS;
  }

  /** The result of a call that no request waits for, or `undefined`. Never rejects. */
  async run<T>(call: () => Promise<T>, limitMs: number): Promise<T | undefined> {
    const result = await this.#breaker.run(call, limitMs);
    if (result !== undefined) this.#outage = undefined;
    return result;
  }

  /** The reply of a synchronous store, or a promise. */
  call(
    send: () => LimitReply | Promise<LimitReply>,
    limits: WaitLimits,
    { onReply, onReplyAtOnce, onFailure }: Handling,
  ): GrantedReply | Promise<GrantedReply> {
    if (limits.leftMs <= 0 || !this.#breaker.admits()) return onFailure(undefined);
    let reply: LimitReply | Promise<LimitReply>;
    try {
      reply = promiseOf(send());
    } catch {
      reply = Promise.reject(new Error('The limit store threw.'));
    }
    // A synchronous store cannot be late, so no state of an outage is kept.
    if (!(reply instanceof Promise)) {
      onReplyAtOnce?.(reply);
      return { outcome: reply.outcome, levels: reply.levels, by: 'store' };
    }
    return this.#waitFor(reply, limits, { onReply, onFailure });
  }

  async #waitFor(pending: LateReply, limits: WaitLimits, { onReply, onFailure }: Handling): Promise<GrantedReply> {
    const startedAt = this.#clock.now();
    const reply = await this.#breaker.run(() => pending, limits.leftMs);
    limits.leftMs -= this.#clock.now() - startedAt;
    if (reply !== undefined) {
      this.#outage = undefined;
      return onReply(reply);
    }
    this.#failedAt(startedAt);
    return onFailure(pending);
  }

  #failedAt(now: number): void {
    if (this.#outage === undefined) this.#onOutage();
    if (this.#outage === undefined || now - this.#outage.last > OUTAGE_GAP_MS) this.#outage = { since: now, last: now };
    else this.#outage.last = now;
  }
}

/** A store of the host may return a thenable of another library or realm, which is no instance of `Promise`. */
function promiseOf(reply: LimitReply | Promise<LimitReply>): LimitReply | Promise<LimitReply> {
  return !(reply instanceof Promise) && isPromise(reply) ? Promise.resolve(reply) : reply;
}
