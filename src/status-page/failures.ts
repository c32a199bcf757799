import type { Clock } from '../contracts/clock.js';
import type { AttemptRecord } from '../contracts/hooks.js';
import type { Endpoint } from '../contracts/routing.js';
import { upstreamErrorFor } from '../observe/request-facts.js';
import type { RequestContext } from '../request/context.js';
import type { Observer } from '../request/hooks.js';
import { isFailure } from './endpoint-history.js';

/** Failed attempts that are remembered; older ones go. */
const MAX_FAILURES = 40;

/** A failed attempt, and why it failed. */
export interface FailureRecord extends Pick<AttemptRecord, 'attempt' | 'outcome' | 'status' | 'sent' | 'received'> {
  /** Milliseconds since it ended. */
  readonly agoMs: number;
  readonly requestId: string;
  /** `<slug> <model>` */
  readonly endpoint: string;
  readonly slug: string;
  readonly model: string;
  /** The upstream's own error, redacted; without its message where that may quote the request. */
  readonly upstreamError: ReturnType<typeof upstreamErrorFor>;
}

/** Keeps the latest failed attempts, so that a failure on the page leads to its reason. */
export class FailureLog implements Observer {
  readonly #clock: Clock;
  readonly #failures: (Omit<FailureRecord, 'agoMs'> & { readonly at: number })[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  attemptEnded({ requestId }: RequestContext, { id, slug, model }: Endpoint, record: AttemptRecord): void {
    const { attempt, callerKey, outcome, status, sent, received } = record;
    // What fails with the caller's own key is the caller's business.
    if (callerKey || !isFailure(outcome)) return;
    const upstreamError = upstreamErrorFor(record);
    const at = this.#clock.now();
    this.#failures.push({
      at,
      requestId,
      endpoint: id,
      slug,
      model,
      attempt,
      outcome,
      status,
      sent,
      received,
      upstreamError,
    });
    if (this.#failures.length > MAX_FAILURES) this.#failures.shift();
  }

  /** Newest first. */
  record(): readonly FailureRecord[] {
    const now = this.#clock.now();
    return this.#failures.toReversed().map(({ at, ...failure }) => ({ agoMs: Math.round(now - at), ...failure }));
  }
}
