import type { AttemptOutcome, Percentiles } from '../../contracts/routing.js';
import type { Health, Performance } from './performance.js';
import { BoundedMap } from '../../util/bounded-map.js';
import { SampleWindow } from '../../util/sample-window.js';
import { SuccessWindow } from './success-window.js';

/** Live statistics of one endpoint, for status pages. */
export interface EndpointStatus {
  /** Judged by the share of successes. */
  readonly health: Health;
  /** Attempts of the last five minutes. */
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
    // Failures of the caller's request, and a 429, are no evidence about the endpoint's health.
    if (!outcome.ok && !outcome.countable) return;
    let statistics = this.#endpoints.get(endpointId);
    if (statistics === undefined) {
      statistics = new EndpointStatistics();
      this.#endpoints.set(endpointId, statistics);
    }
    statistics.record(outcome, now);
  }

  /** The statistics of all endpoints at `now`, for plans. */
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

/**
 * Health and percentiles are recomputed at most this often, in milliseconds, because plans read them for every request.
 */
const RECOMPUTE_MS = 1_000;
const HEALTH_WINDOW_MS = 300_000;
/** With fewer requests an endpoint counts as healthy, unless it has an outage. */
const MIN_REQUESTS = 100;
const NORMAL_SHARE = 0.95;
const DEGRADED_SHARE = 0.8;

const OUTAGE_MS = 30_000;
/** An outage: this many failures in half a minute, and no fewer failures than successes. */
const OUTAGE_FAILURES = 3;

class EndpointStatistics {
  readonly #successes = new SuccessWindow();
  // Created on first use, because an endpoint that only fails, or never streams, needs none.
  #firstTokens: SampleWindow | undefined;
  #rates: SampleWindow | undefined;
  readonly #health = new CachedValue<Health>((now) => healthOf(this.#successes, now));
  readonly #latency = new CachedValue((now) => this.#firstTokens?.percentiles(now, 'low'));
  readonly #throughput = new CachedValue((now) => this.#rates?.percentiles(now, 'high'));

  record({ ok, firstTokenMs, durationMs, completionTokens }: AttemptOutcome, now: number): void {
    this.#successes.add(ok, now);
    if (!ok) {
      // The next plan must see a failure at once; a success may be seen later.
      this.#health.invalidate();
      return;
    }
    if (firstTokenMs !== undefined) (this.#firstTokens ??= new SampleWindow()).add(firstTokenMs / 1_000, now);
    // The rate includes the time before the first token, because a queue makes an endpoint slow as well.
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
    const { succeeded, failed } = this.#successes.count(now, HEALTH_WINDOW_MS);
    return {
      health: healthOf(this.#successes, now),
      succeeded,
      failed,
      throughput: this.throughput(now),
      latency: this.latency(now),
    };
  }
}

function healthOf(successes: SuccessWindow, now: number): Health {
  const recent = successes.count(now, OUTAGE_MS);
  if (recent.failed >= OUTAGE_FAILURES && recent.failed >= recent.succeeded) return 'down';
  const { succeeded, failed } = successes.count(now, HEALTH_WINDOW_MS);
  const requests = succeeded + failed;
  if (requests < MIN_REQUESTS || succeeded >= NORMAL_SHARE * requests) return 'ok';
  return succeeded >= DEGRADED_SHARE * requests ? 'degraded' : 'down';
}

/** A value that is computed at most once per second. */
class CachedValue<T> {
  readonly #compute: (now: number) => T;
  #cached: { readonly value: T } | undefined;
  #until = Number.NEGATIVE_INFINITY;

  constructor(compute: (now: number) => T) {
    this.#compute = compute;
  }

  at(now: number): T {
    if (this.#cached === undefined || now >= this.#until) {
      this.#cached = { value: this.#compute(now) };
      this.#until = now + RECOMPUTE_MS;
    }
    return this.#cached.value;
  }

  invalidate(): void {
    this.#cached = undefined;
  }
}
