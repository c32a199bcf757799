import type { RequestContext } from '../request/context.js';
import type { Clock } from '../contracts/clock.js';
import type { AttemptRecord, CacheStatus } from '../contracts/hooks.js';
import type { Endpoint } from '../contracts/routing.js';
import type { GatewayError } from '../errors/gateway-error.js';
import type { Observer } from '../request/hooks.js';
import { clientStatus } from './request-facts.js';
import type { CallerCounters } from './caller-counters.js';
import { CURRENT_COUNTERS, SECONDS_BUCKETS, TOKEN_BUCKETS, usedTokens, type UsedTokens } from './gen-ai.js';
import { Histogram } from './histogram.js';
import type { Conventions } from './telemetry-options.js';

const TOKEN_KINDS = Object.keys(CURRENT_COUNTERS) as (keyof UsedTokens)[];

/** Each replacement of the provider table may bring new names; beyond this many, the oldest are dropped. */
const MOST_ENDPOINTS = 10_000;

/** What is counted for one endpoint. */
export interface EndpointCounters {
  readonly endpoint: Endpoint;
  /** By outcome, a closed set of values. In seconds. */
  readonly durations: ReadonlyMap<string, Histogram>;
  /** Of streams, in seconds. */
  readonly firstChunk: Histogram;
  readonly inputTokens: Histogram;
  readonly outputTokens: Histogram;
  /** Tokens of delivered responses in all. */
  readonly tokens: Readonly<UsedTokens>;
  /** Between the chunks of delivered streams, in seconds; `undefined` where chunks are not timed. */
  readonly chunkInterval: Histogram | undefined;
  readonly costUsd: number;
}

/** What a recorder counts beyond what every gateway counts, and under which names it is read. */
export interface RecorderOptions {
  readonly conventions: Conventions;
  readonly callers: CallerCounters | undefined;
}

const DEFAULTS: RecorderOptions = {
  conventions: { legacy: true, current: false, tokenHistograms: false },
  callers: undefined,
};

/** Everything that is counted of one gateway since its start. Nothing in it grows with the number of requests. */
export class Recorder implements Observer {
  readonly #clock: Clock;
  readonly #endpoints = new Map<string, Counters>();
  readonly #requests = new Map<number, Histogram>();
  readonly #errors = new Map<string, number>();
  /** Which names of the GenAI conventions its numbers are read under. */
  readonly conventions: Conventions;
  /** `undefined`: callers are not counted. */
  readonly callers: CallerCounters | undefined;
  readonly cache: Record<CacheStatus, number> = { HIT: 0, MISS: 0, BYPASS: 0 };

  constructor(clock: Clock, { conventions, callers }: RecorderOptions = DEFAULTS) {
    this.#clock = clock;
    this.conventions = conventions;
    this.callers = callers;
  }

  /** By endpoint id, in the order of their first calls. */
  get endpoints(): ReadonlyMap<string, EndpointCounters> {
    return this.#endpoints;
  }

  /** Durations in seconds by the status that clients received; 499 where they had disconnected. */
  get requests(): ReadonlyMap<number, Histogram> {
    return this.#requests;
  }

  /** By code. */
  get errors(): ReadonlyMap<string, number> {
    return this.#errors;
  }

  attemptEnded(context: RequestContext, endpoint: Endpoint, attempt: AttemptRecord): void {
    // A call with the caller's own credential is no evidence about the endpoint for others, and the operator does not pay for it.
    if (attempt.callerKey) return;
    const counters = this.#of(endpoint);
    counters.durationsOf(attempt.outcome).record(attempt.durationMs / 1_000);
    if (attempt.firstTokenMs !== undefined && context.request?.stream === true) {
      counters.firstChunk.record(attempt.firstTokenMs / 1_000);
    }
    const { outcome } = context;
    if (outcome === undefined) return;
    if (outcome.usage?.prompt_tokens !== undefined) counters.inputTokens.record(outcome.usage.prompt_tokens);
    if (outcome.usage?.completion_tokens !== undefined) counters.outputTokens.record(outcome.usage.completion_tokens);
    if (this.conventions.current) counters.addTokens(usedTokens(outcome.usage));
    counters.costUsd += outcome.costUsd ?? 0;
  }

  chunkInterval(endpoint: Endpoint, seconds: number): void {
    (this.#of(endpoint).chunkInterval ??= new Histogram(SECONDS_BUCKETS)).record(seconds);
  }

  requestEnded(context: RequestContext, error: GatewayError | undefined): void {
    if (context.isDryRun) return;
    const status = clientStatus(context, error);
    let durations = this.#requests.get(status);
    if (durations === undefined) {
      durations = new Histogram(SECONDS_BUCKETS);
      this.#requests.set(status, durations);
    }
    durations.record((this.#clock.now() - context.startedAt) / 1_000);
    if (context.cacheStatus !== undefined) this.cache[context.cacheStatus]++;
    if (error !== undefined) this.#errors.set(error.code, (this.#errors.get(error.code) ?? 0) + 1);
  }

  #of(endpoint: Endpoint): Counters {
    let counters = this.#endpoints.get(endpoint.id);
    if (counters === undefined) {
      counters = new Counters(endpoint);
      this.#endpoints.set(endpoint.id, counters);
      if (this.#endpoints.size > MOST_ENDPOINTS) this.#forgetOne();
    }
    return counters;
  }

  #forgetOne(): void {
    for (const oldest of this.#endpoints.keys()) {
      this.#endpoints.delete(oldest);
      return;
    }
  }
}

class Counters implements EndpointCounters {
  readonly endpoint: Endpoint;
  readonly durations = new Map<string, Histogram>();
  readonly firstChunk = new Histogram(SECONDS_BUCKETS);
  readonly inputTokens = new Histogram(TOKEN_BUCKETS);
  readonly outputTokens = new Histogram(TOKEN_BUCKETS);
  readonly tokens: UsedTokens = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, reasoning: 0 };
  chunkInterval: Histogram | undefined = undefined;
  costUsd = 0;

  constructor(endpoint: Endpoint) {
    this.endpoint = endpoint;
  }

  addTokens(used: UsedTokens | undefined): void {
    if (used === undefined) return;
    for (const kind of TOKEN_KINDS) this.tokens[kind] += used[kind];
  }

  durationsOf(outcome: string): Histogram {
    let durations = this.durations.get(outcome);
    if (durations === undefined) {
      durations = new Histogram(SECONDS_BUCKETS);
      this.durations.set(outcome, durations);
    }
    return durations;
  }
}
