/** What one caller, or all that share a series, has used. */
export interface CallerCounts {
  requests: number;
  inputTokens: number;
  outputTokens: number;
  costUsd: number;
}

interface NamedCaller extends CallerCounts {
  /** Requests lately: decides who keeps a series of its own. */
  recent: number;
}

/** Label of the callers without a series of their own. */
const OTHER_CALLERS = 'other';

/** Callers without a series whose recent requests are counted, for each caller that has one. */
const WAITING_PER_SERIES = 10;

/**
 * Counts per caller, with a series each for the busiest `max` of them. A caller that becomes busier than the least busy
 * one takes its series: that one ends, as after a restart, and is not added to `other`, where it would look like a
 * sudden load. Rates over all series therefore stay right. Memory is bounded by `max`.
 */
export class CallerCounters {
  readonly #max: number;
  readonly #named = new Map<string, NamedCaller>();
  readonly #waiting = new Map<string, number>();
  readonly #other = noCounts();

  constructor(max: number) {
    this.#max = max;
  }

  /** Counts a request of `callerId`. Returns the label of its series. */
  add(callerId: string, used: Omit<CallerCounts, 'requests'>): string {
    const label = this.#labelOf(callerId);
    const counts = this.#named.get(label) ?? this.#other;
    counts.requests++;
    counts.inputTokens += used.inputTokens;
    counts.outputTokens += used.outputTokens;
    counts.costUsd += used.costUsd;
    return label;
  }

  /** By label, `other` last and only where it has counted something. */
  *entries(): Generator<[caller: string, counts: CallerCounts]> {
    yield* this.#named;
    if (this.#other.requests > 0) yield [OTHER_CALLERS, this.#other];
  }

  #labelOf(callerId: string): string {
    // A caller of that name must not get a second series with the same labels.
    if (callerId === OTHER_CALLERS) return OTHER_CALLERS;
    const named = this.#named.get(callerId);
    if (named !== undefined) {
      named.recent++;
      return callerId;
    }
    if (this.#named.size < this.#max) {
      this.#named.set(callerId, { ...noCounts(), recent: 1 });
      return callerId;
    }
    return this.#contend(callerId) ? callerId : OTHER_CALLERS;
  }

  /** Whether `callerId` is now busier than a caller with a series, and has taken it. */
  #contend(callerId: string): boolean {
    const recent = (this.#waiting.get(callerId) ?? 0) + 1;
    const [leastBusy, least] = this.#leastBusy();
    if (recent > least) {
      this.#waiting.delete(callerId);
      this.#named.delete(leastBusy);
      this.#waiting.set(leastBusy, least);
      this.#named.set(callerId, { ...noCounts(), recent });
      return true;
    }
    this.#waiting.set(callerId, recent);
    if (this.#waiting.size > this.#max * WAITING_PER_SERIES) this.#decay();
    return false;
  }

  #leastBusy(): [callerId: string, recent: number] {
    let least: [string, number] = ['', Infinity];
    for (const [callerId, { recent }] of this.#named) if (recent < least[1]) least = [callerId, recent];
    return least;
  }

  /** Halves what counts as recent, and drops the callers of which nothing remains. */
  #decay(): void {
    for (const named of this.#named.values()) named.recent = Math.floor(named.recent / 2);
    for (const [callerId, recent] of this.#waiting) {
      if (recent < 2) this.#waiting.delete(callerId);
      else this.#waiting.set(callerId, Math.floor(recent / 2));
    }
    // Only when more callers than fit have come twice or more each.
    if (this.#waiting.size > this.#max * WAITING_PER_SERIES) this.#waiting.clear();
  }
}

function noCounts(): CallerCounts {
  return { requests: 0, inputTokens: 0, outputTokens: 0, costUsd: 0 };
}
