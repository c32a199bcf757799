import type { Clock } from '../contracts/clock.js';
import type { LimitReply } from '../contracts/limit-store.js';
import { FailOpen } from '../stores/fail-open.js';
import type { GrantedReply, WaitLimits } from './grants.js';

/** A reply that came too late for its request; it may still come. */
export type LateReply = Promise<LimitReply>;

/** What is to be done with a call's reply. */
interface Handling {
  /** The reply has come in time. */
  readonly heard: (reply: LimitReply) => GrantedReply | Promise<GrantedReply>;
  /** It has not; `undefined`: the store was not asked. */
  readonly failed: (late: LateReply | undefined) => GrantedReply;
}

/** A store that has not replied for this time, in milliseconds, is gone; before that it is late. */
const GONE_MS = 5_000;

/** Calls of a limit store: none takes longer than it may, and a store that keeps failing is left alone for a while. */
export class StoreLink {
  readonly #clock: Clock;
  readonly #onOutage: () => void;
  readonly #breaker: FailOpen;
  #hasReplied = false;
  /** When the first call of this outage failed, by the monotonic clock. */
  #outSince: number | undefined;

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

  /** No other process is likely to reach the store either: it has never replied to this one, or not for a while. */
  get isGone(): boolean {
    if (!this.#hasReplied) return true;
    return this.#outSince !== undefined && this.#clock.now() - this.#outSince >= GONE_MS;
  }

  /** The result of a call that no request waits for, or `undefined`. Never rejects. */
  async run<T>(call: () => Promise<T>, limitMs: number): Promise<T | undefined> {
    const result = await this.#breaker.run(call, limitMs);
    if (result !== undefined) this.#replied();
    return result;
  }

  /** The reply of a store that answers at once, or a promise of one that has to be waited for. */
  ask(
    call: () => LimitReply | Promise<LimitReply>,
    limits: WaitLimits,
    { heard, failed }: Handling,
  ): GrantedReply | Promise<GrantedReply> {
    if (limits.leftMs <= 0 || !this.#breaker.admits()) return failed(undefined);
    let reply: LimitReply | Promise<LimitReply>;
    try {
      reply = call();
    } catch {
      reply = Promise.reject(new Error('The limit store threw.'));
    }
    // A store in this process is neither lost nor late: nothing has to be remembered of it.
    if (!(reply instanceof Promise)) return { outcome: reply.outcome, levels: reply.levels, by: 'store' };
    return this.#waitFor(reply, limits, { heard, failed });
  }

  async #waitFor(pending: LateReply, limits: WaitLimits, { heard, failed }: Handling): Promise<GrantedReply> {
    const startedAt = this.#clock.now();
    const reply = await this.#breaker.run(() => pending, limits.leftMs);
    limits.leftMs -= this.#clock.now() - startedAt;
    if (reply !== undefined) {
      this.#replied();
      return heard(reply);
    }
    if (this.#outSince === undefined) {
      this.#outSince = startedAt;
      this.#onOutage();
    }
    return failed(pending);
  }

  #replied(): void {
    this.#hasReplied = true;
    this.#outSince = undefined;
  }
}
