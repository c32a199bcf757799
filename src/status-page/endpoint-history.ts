import type { ResponseOutcome } from '../request/context.js';
import type { AttemptRecord } from '../contracts/hooks.js';
import type { EndpointStatusReport } from '../status.js';
import { Ring } from './ring.js';

/** One endpoint, interval by interval, oldest first. */
export interface EndpointRecord {
  /** `<slug> <model>` */
  readonly id: string;
  /** Seconds to the first token; NaN where no call succeeded. */
  readonly p50: readonly number[];
  readonly p90: readonly number[];
  readonly succeeded: readonly number[];
  readonly failed: readonly number[];
  readonly promptTokens: readonly number[];
  readonly completionTokens: readonly number[];
  readonly costUsd: readonly number[];
  /** Positions in `READINESS`. */
  readonly readiness: readonly number[];
}

/** Availability of an endpoint, and its labels. */
export const READINESS = ['ready', 'resting', 'failing', 'probing', 'open'] as const;

/** First tokens of one interval beyond this many replace the earliest. */
const MOST_SAMPLES = 128;

/** Outcomes of calls that are no evidence about the endpoint. */
const NOT_ITS_FAULT: ReadonlySet<string> = new Set([
  'cancelled',
  'superseded',
  'hook',
  'rejected',
  'request_refused',
  'firewall',
  'added_parameter',
  'returned_reasoning',
  'unsupported',
  'caller_auth',
  'local',
  'host_code',
]);

/** Whether an attempt with this outcome failed by the endpoint's fault. */
export function isFailure(outcome: string): boolean {
  return outcome !== 'ok' && !NOT_ITS_FAULT.has(outcome);
}

export class EndpointHistory {
  readonly #firstTokens = new Float64Array(MOST_SAMPLES);
  #sampled = 0;
  #now = nothing();
  readonly #past: Readonly<Record<keyof Omit<EndpointRecord, 'id'>, Ring>>;

  constructor(intervals: number) {
    const ring = (): Ring => new Ring(intervals);
    this.#past = {
      p50: ring(),
      p90: ring(),
      succeeded: ring(),
      failed: ring(),
      promptTokens: ring(),
      completionTokens: ring(),
      costUsd: ring(),
      readiness: ring(),
    };
  }

  count({ outcome, firstTokenMs }: AttemptRecord, response: ResponseOutcome | undefined): void {
    const now = this.#now;
    if (outcome === 'ok') now.succeeded++;
    else if (isFailure(outcome)) now.failed++;
    if (firstTokenMs !== undefined) this.#firstTokens[this.#sampled++ % MOST_SAMPLES] = firstTokenMs / 1_000;
    now.promptTokens += response?.usage?.prompt_tokens ?? 0;
    now.completionTokens += response?.usage?.completion_tokens ?? 0;
    now.costUsd += response?.costUsd ?? 0;
  }

  tick(endpoint: EndpointStatusReport): void {
    const sorted = this.#firstTokens.slice(0, Math.min(this.#sampled, MOST_SAMPLES)).sort();
    const past = this.#past;
    past.p50.push(atRank(sorted, 0.5));
    past.p90.push(atRank(sorted, 0.9));
    past.readiness.push(READINESS.indexOf(readinessOf(endpoint)));
    for (const [name, value] of Object.entries(this.#now)) past[name as keyof Counts].push(value);
    this.#sampled = 0;
    this.#now = nothing();
  }

  record(id: string): EndpointRecord {
    const { p50, p90, succeeded, failed, promptTokens, completionTokens, costUsd, readiness } = this.#past;
    return {
      id,
      p50: p50.toArray(),
      p90: p90.toArray(),
      succeeded: succeeded.toArray(),
      failed: failed.toArray(),
      promptTokens: promptTokens.toArray(),
      completionTokens: completionTokens.toArray(),
      costUsd: costUsd.toArray(),
      readiness: readiness.toArray(),
    };
  }
}

type Counts = ReturnType<typeof nothing>;

function nothing() {
  return { succeeded: 0, failed: 0, promptTokens: 0, completionTokens: 0, costUsd: 0 };
}

/** The worst current state of an endpoint. */
export function readinessOf({ readiness, health }: EndpointStatusReport): (typeof READINESS)[number] {
  if (readiness?.breaker.state === 'open') return 'open';
  if (readiness?.breaker.state === 'half-open') return 'probing';
  if (readiness !== undefined && readiness.coolsForMs > 0) return 'resting';
  return health === 'ok' ? 'ready' : 'failing';
}

/** Nearest rank; NaN of nothing. */
function atRank(sorted: Float64Array, share: number): number {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}
