import type { RequestContext } from '../request/context.js';
import type { AttemptRecord } from '../contracts/hooks.js';
import type { Endpoint } from '../contracts/routing.js';
import type { GatewayError } from '../errors/gateway-error.js';
import type { Observer } from '../request/hooks.js';
import { clientStatus } from '../observe/request-facts.js';
import type { EndpointStatusReport, GatewayStatus } from '../status.js';
import { EndpointHistory, type EndpointRecord } from './endpoint-history.js';
import { Ring } from './ring.js';

/** Intervals that are remembered. */
const INTERVALS = 120;

/** What happened in the last intervals, oldest first; NaN (`null` in JSON) where nothing was recorded yet. */
export interface HistoryRecord {
  readonly intervalMs: number;
  readonly requests: readonly number[];
  /** Requests that ended in a status of 500 and more, or in a response that broke off. */
  readonly errors: readonly number[];
  readonly cacheHits: readonly number[];
  readonly cacheMisses: readonly number[];
  readonly endpoints: readonly EndpointRecord[];
}

/** Keeps the statistics of a gateway by interval. Its memory is bounded by the provider table. */
export class History implements Observer {
  readonly #intervalMs: number;
  readonly #endpoints = new Map<string, EndpointHistory>();
  readonly #requests = new Tally();
  readonly #errors = new Tally();
  readonly #hits = new Tally();
  readonly #misses = new Tally();

  constructor(intervalMs: number) {
    this.#intervalMs = intervalMs;
  }

  attemptEnded(context: RequestContext, endpoint: Endpoint, attempt: AttemptRecord): void {
    // An endpoint that is new in the table has its place after the next tick.
    if (!attempt.callerKey) this.#endpoints.get(endpoint.id)?.count(attempt, context.outcome);
  }

  requestEnded(context: RequestContext, error: GatewayError | undefined): void {
    if (context.isDryRun) return;
    this.#requests.add();
    if (clientStatus(context, error) >= 500 || hasBrokenOff(context)) this.#errors.add();
    if (context.cacheStatus === 'HIT') this.#hits.add();
    if (context.cacheStatus === 'MISS') this.#misses.add();
  }

  /** Makes place for the endpoints of `status`, before anything has happened. */
  begin({ endpoints }: GatewayStatus): void {
    for (const endpoint of endpoints) this.#of(endpoint);
  }

  /** Ends an interval. Endpoints that are no longer in the table are forgotten. */
  tick({ endpoints }: GatewayStatus): void {
    const current = new Set(endpoints.map(({ id }) => id));
    for (const id of this.#endpoints.keys()) if (!current.has(id)) this.#endpoints.delete(id);
    for (const endpoint of endpoints) this.#of(endpoint).tick(endpoint);
    for (const tally of [this.#requests, this.#errors, this.#hits, this.#misses]) tally.tick();
  }

  record(): HistoryRecord {
    return {
      intervalMs: this.#intervalMs,
      requests: this.#requests.toArray(),
      errors: this.#errors.toArray(),
      cacheHits: this.#hits.toArray(),
      cacheMisses: this.#misses.toArray(),
      endpoints: [...this.#endpoints].map(([id, endpoint]) => endpoint.record(id)),
    };
  }

  #of({ id }: EndpointStatusReport): EndpointHistory {
    let endpoint = this.#endpoints.get(id);
    if (endpoint === undefined) {
      endpoint = new EndpointHistory(INTERVALS);
      this.#endpoints.set(id, endpoint);
    }
    return endpoint;
  }
}

class Tally {
  readonly #past = new Ring(INTERVALS);
  #now = 0;

  add(): void {
    this.#now++;
  }

  tick(): void {
    this.#past.push(this.#now);
    this.#now = 0;
  }

  toArray(): number[] {
    return this.#past.toArray();
  }
}

/** The client was still connected, and no guard has ended the response. */
function hasBrokenOff({ client, outcome }: RequestContext): boolean {
  return outcome?.complete === false && outcome.finishReason !== 'content_filter' && !client.aborted;
}
