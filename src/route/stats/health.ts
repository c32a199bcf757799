import type { AttemptOutcome, Percentiles } from '../../contracts/routing.js';
import type { Health, Performance } from './performance.js';
import { BoundedMap } from '../../util/bounded-map.js';
import { SampleWindow } from '../../util/sample-window.js';
import { SuccessWindow } from './success-window.js';

/** What is known of one endpoint, for status pages. */
export interface EndpointStatus {
  /** Judged by the share of successes. */
  readonly health: Health;
  /** Of the last five minutes. */
  readonly succeeded: number;
  /** Attempts of the last five minutes that failed by the endpoint's fault. */
  readonly failed: number;
  /** Tokens per second; `undefined` without measurements. */
  readonly throughput: Percentiles | undefined;
  /** Seconds to the first token; `undefined` without measurements. */
  readonly latency: Percentiles | undefined;
}

/** `gateway.update()` may add new names without end; statistics of the least recently used endpoints are dropped. */
const MAX_ENDPOINTS = 10_000;

/** Live statistics of every endpoint, by id (`<slug> <model>`), so that they outlive a change of the provider table. */
export class LiveStatistics {
  readonly #endpoints = new BoundedMap<EndpointStatistics>(MAX_ENDPOINTS);

  /** @param now - milliseconds on the monotonic clock */
  record(endpointId: string, outcome: AttemptOutcome, now: number): void {
    // What is the caller's fault, and a 429, say nothing of an endpoint's health.
    if (!outcome.ok && !outcome.countable) return;
    let statistics = this.#endpoints.get(endpointId);
    if (statistics === undefined) {
      statistics = new EndpointStatistics();
      this.#endpoints.set(endpointId, statistics);
    }
    statistics.record(outcome, now);
  }

  /** How endpoints do at `now`. */
  at(now: number): Performance {
    const endpoints = this.#endpoints;
    return {
      healthOf: ({ id }) => endpoints.get(id)?.health(now) ?? 'ok',
      throughputOf: ({ id }) => endpoints.get(id)?.throughput(now),
      latencyOf: ({ id }) => endpoints.get(id)?.latency(now),
    };
  }

  statusOf(endpointId: string, now: number): EndpointStatus {
    return this.#endpoints.get(endpointId)?.status(now) ?? UNUSED;
  }
}

const UNUSED: EndpointStatus = Object.freeze({
  health: 'ok',
  succeeded: 0,
  failed: 0,
  throughput: undefined,
  latency: undefined,
});

/** Judgements are kept this long: plans are made far more often than they change. */
const KEPT_MS = 1_000;
const JUDGED_OVER_MS = 300_000;
/** Fewer requests than this say nothing. */
const LEAST_REQUESTS = 100;
const NORMAL_SHARE = 0.95;
const DEGRADED_SHARE = 0.8;

const OUTAGE_MS = 30_000;
/** A notable outage: this many failures in half a minute, and no fewer failures than successes. */
const OUTAGE_FAILURES = 3;

class EndpointStatistics {
  readonly #successes = new SuccessWindow();
  // Made on first use: endpoints that only fail, or never stream, have nothing to keep.
  #firstTokens: SampleWindow | undefined;
  #rates: SampleWindow | undefined;
  readonly #health = new Kept<Health>((now) => judge(this.#successes, now));
  readonly #latency = new Kept((now) => this.#firstTokens?.percentiles(now, 'low'));
  readonly #throughput = new Kept((now) => this.#rates?.percentiles(now, 'high'));

  record({ ok, firstTokenMs, durationMs, completionTokens }: AttemptOutcome, now: number): void {
    this.#successes.add(ok, now);
    if (!ok) {
      // The next plan must see a failure at once; a success may wait.
      this.#health.forget();
      return;
    }
    if (firstTokenMs !== undefined) (this.#firstTokens ??= new SampleWindow()).add(firstTokenMs / 1_000, now);
    // Waiting included: a queue is slowness too.
    if (completionTokens !== undefined && completionTokens > 0 && durationMs > 0) {
      (this.#rates ??= new SampleWindow()).add(completionTokens / (durationMs / 1_000), now);
    }
  }

  health(now: number): Health {
    return this.#health.at(now);
  }

  latency(now: number): Percentiles | undefined {
    return this.#latency.at(now);
  }

  throughput(now: number): Percentiles | undefined {
    return this.#throughput.at(now);
  }

  status(now: number): EndpointStatus {
    const { succeeded, failed } = this.#successes.count(now, JUDGED_OVER_MS);
    return {
      health: judge(this.#successes, now),
      succeeded,
      failed,
      throughput: this.throughput(now),
      latency: this.latency(now),
    };
  }
}

function judge(successes: SuccessWindow, now: number): Health {
  const lately = successes.count(now, OUTAGE_MS);
  if (lately.failed >= OUTAGE_FAILURES && lately.failed >= lately.succeeded) return 'down';
  const { succeeded, failed } = successes.count(now, JUDGED_OVER_MS);
  const requests = succeeded + failed;
  if (requests < LEAST_REQUESTS || succeeded >= NORMAL_SHARE * requests) return 'ok';
  return succeeded >= DEGRADED_SHARE * requests ? 'degraded' : 'down';
}

/** A value that is worked out at most once a second. */
class Kept<T> {
  readonly #workOut: (now: number) => T;
  #value: { readonly of: T } | undefined;
  #until = Number.NEGATIVE_INFINITY;

  constructor(workOut: (now: number) => T) {
    this.#workOut = workOut;
  }

  at(now: number): T {
    if (this.#value === undefined || now >= this.#until) {
      this.#value = { of: this.#workOut(now) };
      this.#until = now + KEPT_MS;
    }
    return this.#value.of;
  }

  forget(): void {
    this.#value = undefined;
  }
}
