import type { Clock } from '../../contracts/clock.js';
import type { Timeouts } from '../../contracts/routing.js';
import type { FailureKind } from '../upstream-failure.js';
import { InactivityTimer } from './inactivity-timer.js';

/** An error body, or the rest of a body whose result is known, is read for at most this long, in milliseconds. */
export const SHORT_READ_MS = 1_000;

/**
 * What may still follow the last finish reason, in milliseconds: the usage chunk and `[DONE]`, which some upstreams
 * send seconds later.
 */
const TAIL_MS = 30_000;

export interface ExchangeLimits {
  readonly clock: Clock;
  readonly timeouts: Timeouts;
  /**
   * Monotonic time by which a whole response must have ended, and a stream must have delivered its first content chunk.
   */
  readonly deadline: number;
  /** Monotonic time by which a stream must have ended. */
  readonly streamDeadline: number;
  /** Whether the caller requested a stream. */
  readonly isStream: boolean;
}

/**
 * The timeouts of one upstream call. Exactly one of them runs at a time; each phase replaces the one before it, and
 * none lasts beyond the deadline.
 */
export class ExchangeTimers {
  readonly #limits: ExchangeLimits;
  readonly #timer: InactivityTimer;
  #deadline: number;
  /**
   * The first content chunk of a stream must arrive by then, however many comments and empty chunks arrive before it.
   */
  #firstChunkBy = Infinity;

  constructor(limits: ExchangeLimits, onTimeout: (reason: FailureKind) => void) {
    this.#limits = limits;
    this.#deadline = limits.deadline;
    this.#timer = new InactivityTimer(limits.clock, (reason) => onTimeout(reason as FailureKind));
  }

  isPastDeadline(now: number): boolean {
    return now > this.#deadline;
  }

  /** `reason`, unless the deadline has been reached as well. */
  reasonOf(reason: FailureKind): FailureKind {
    return this.#limits.clock.now() >= this.#deadline ? 'deadline' : reason;
  }

  awaitConnection(): void {
    this.#watch('connect_timeout', this.#limits.timeouts.connectMs);
  }

  /** The request has been sent. */
  awaitHeaders(): void {
    const { timeouts, isStream, clock } = this.#limits;
    this.#firstChunkBy = clock.now() + ((isStream ? timeouts.streamHeadMs : undefined) ?? timeouts.headersMs);
    if (isStream) this.awaitFirstChunk();
    else this.#watch('headers_timeout', timeouts.headersMs);
  }

  /**
   * A reasoning model may think for minutes before its first content chunk. A comment or a role chunk in the meantime
   * shows that the provider is working, so `firstChunkMs` starts again with each of them, up to `headersMs` in all.
   */
  awaitFirstChunk(): void {
    const { timeouts, clock, isStream } = this.#limits;
    const left = Math.max(1, this.#firstChunkBy - clock.now());
    this.#watch('first_chunk_timeout', isStream ? Math.min(timeouts.firstChunkMs, left) : left);
  }

  awaitBody(): void {
    if (this.#limits.isStream) this.awaitFirstChunk();
    else this.awaitData();
  }

  awaitErrorBody(): void {
    this.#watch('idle_timeout', Math.min(SHORT_READ_MS, this.#limits.timeouts.idleMs));
  }

  /** More data must arrive within `idleMs`. */
  awaitData(): void {
    this.#watch('idle_timeout', this.#limits.timeouts.idleMs);
  }

  /** The stream is complete but for its last events. */
  awaitTail(): void {
    this.#watch('idle_timeout', Math.min(TAIL_MS, this.#limits.timeouts.idleMs));
  }

  /** The stream has passed the commit point: from now on its own deadline applies. */
  onCommit(): void {
    this.#deadline = this.#limits.streamDeadline;
    this.#timer.stop();
  }

  /** Data has arrived. */
  refresh(now: number): void {
    this.#timer.refresh(now);
  }

  stop(): void {
    this.#timer.stop();
  }

  #watch(reason: FailureKind, limitMs: number): void {
    const now = this.#limits.clock.now();
    this.#timer.watch(reason, Math.max(1, Math.min(limitMs, this.#deadline - now)), now);
  }
}
