import type { AttemptRecord } from '../contracts/hooks.js';
import type { Meter, SpanAttributes } from '../contracts/observability.js';
import type { Endpoint } from '../contracts/routing.js';
import type { RequestContext } from '../request/context.js';
import type { Observer } from '../request/hooks.js';
import {
  CALLER_METRICS,
  CURRENT_COUNTERS,
  CURRENT_HISTOGRAMS,
  CURRENT_TOKEN_HISTOGRAMS,
  endpointAttributes,
  METRICS,
  SECONDS_BUCKETS,
  TOKEN_BUCKETS,
  usedTokens,
  type UsedTokens,
} from './gen-ai.js';
import type { CallerCounts } from './caller-counters.js';
import type { Conventions } from './telemetry-options.js';

type HistogramInstrument = ReturnType<Meter['createHistogram']>;

/** Writes to the host's meter: the GenAI client metrics, and the cost. */
export interface Metering extends Observer {
  chunkInterval(endpoint: Endpoint, seconds: number): void;
  /** `label`: the caller's id, or `other`. */
  callerUsed(label: string, used: Omit<CallerCounts, 'requests'>): void;
}

/** One upstream call as instruments record it. */
interface MeteredCall {
  /** Seconds. */
  readonly duration: number;
  /** Seconds; only of streams. */
  readonly firstChunk: number | undefined;
  readonly usage: { readonly prompt_tokens?: number; readonly completion_tokens?: number } | undefined;
  readonly attributes: SpanAttributes;
  /** `attributes`, and why the call failed. */
  readonly failed: SpanAttributes;
}

/** The metrics of `conventions` by OpenTelemetry. */
export function meteredBy(meter: Meter, conventions: Conventions, countsCallers: boolean): Metering {
  const records: ((call: MeteredCall) => void)[] = [];
  if (conventions.legacy) records.push(legacyInstruments(meter));
  if (conventions.current) records.push(currentInstruments(meter, conventions.tokenHistograms));
  const interval = conventions.current ? secondsHistogram(meter, CURRENT_HISTOGRAMS.chunkInterval) : undefined;
  const cost = meter.createCounter('nordlys.cost', {
    unit: 'USD',
    description: 'Cost of delivered responses by the prices of their endpoints.',
  });
  const cache = meter.createCounter('nordlys.cache.requests', {
    description: 'Requests by the result of the cache lookup.',
  });

  return {
    attemptEnded(context: RequestContext, endpoint: Endpoint, attempt: AttemptRecord): void {
      if (attempt.callerKey) return;
      const { outcome } = context;
      const call = meteredCall(context, endpoint, attempt);
      for (const record of records) record(call);
      if (outcome?.costUsd !== undefined) cost.add(outcome.costUsd, call.attributes);
    },
    requestEnded({ cacheStatus }: RequestContext): void {
      if (cacheStatus !== undefined) cache.add(1, { 'nordlys.cache': cacheStatus });
    },
    chunkInterval: (endpoint, seconds) => interval?.record(seconds, endpointAttributes(endpoint)),
    callerUsed: countsCallers ? callerInstruments(meter) : () => undefined,
  };
}

function meteredCall(
  { request, outcome }: RequestContext,
  endpoint: Endpoint,
  { outcome: ended, durationMs, firstTokenMs }: AttemptRecord,
): MeteredCall {
  const attributes = endpointAttributes(endpoint);
  return {
    duration: durationMs / 1_000,
    firstChunk: firstTokenMs === undefined || request?.stream !== true ? undefined : firstTokenMs / 1_000,
    usage: outcome?.usage,
    attributes,
    failed: ended === 'ok' ? attributes : { ...attributes, 'error.type': ended },
  };
}

function legacyInstruments(meter: Meter): (call: MeteredCall) => void {
  const duration = secondsHistogram(meter, METRICS.duration);
  const firstChunk = secondsHistogram(meter, METRICS.firstChunk);
  const tokens = tokensHistogram(meter, METRICS.tokens);
  return (call) => {
    const { attributes, usage } = call;
    recordTimes(call, duration, firstChunk);
    const { prompt_tokens: input, completion_tokens: output } = usage ?? {};
    if (input !== undefined) tokens.record(input, { ...attributes, 'gen_ai.token.type': 'input' });
    if (output !== undefined) tokens.record(output, { ...attributes, 'gen_ai.token.type': 'output' });
  };
}

function currentInstruments(meter: Meter, withHistograms: boolean): (call: MeteredCall) => void {
  const duration = secondsHistogram(meter, CURRENT_HISTOGRAMS.duration);
  const firstChunk = secondsHistogram(meter, CURRENT_HISTOGRAMS.firstChunk);
  const counters = Object.entries(CURRENT_COUNTERS).map(
    ([kind, metric]) => [kind as keyof UsedTokens, meter.createCounter(metric.name, metric)] as const,
  );
  const perCall = withHistograms
    ? {
        input: tokensHistogram(meter, CURRENT_TOKEN_HISTOGRAMS.input),
        output: tokensHistogram(meter, CURRENT_TOKEN_HISTOGRAMS.output),
      }
    : undefined;
  return (call) => {
    recordTimes(call, duration, firstChunk);
    const used = usedTokens(call.usage);
    if (used === undefined) return;
    for (const [kind, counter] of counters) if (used[kind] > 0) counter.add(used[kind], call.attributes);
    perCall?.input.record(used.input, call.attributes);
    perCall?.output.record(used.output, call.attributes);
  };
}

function recordTimes(call: MeteredCall, duration: HistogramInstrument, firstChunk: HistogramInstrument): void {
  duration.record(call.duration, call.failed);
  if (call.firstChunk !== undefined) firstChunk.record(call.firstChunk, call.attributes);
}

function callerInstruments(meter: Meter): Metering['callerUsed'] {
  const requests = meter.createCounter(CALLER_METRICS.requests.name, CALLER_METRICS.requests);
  const tokens = meter.createCounter(CALLER_METRICS.tokens.name, CALLER_METRICS.tokens);
  const cost = meter.createCounter(CALLER_METRICS.cost.name, CALLER_METRICS.cost);
  return (label, { inputTokens, outputTokens, costUsd }) => {
    const caller = { 'nordlys.caller': label };
    requests.add(1, caller);
    if (inputTokens > 0) tokens.add(inputTokens, { ...caller, 'gen_ai.token.type': 'input' });
    if (outputTokens > 0) tokens.add(outputTokens, { ...caller, 'gen_ai.token.type': 'output' });
    if (costUsd > 0) cost.add(costUsd, caller);
  };
}

interface Metric {
  readonly name: string;
  readonly unit: string;
  readonly description: string;
}

function secondsHistogram(meter: Meter, metric: Metric): HistogramInstrument {
  return meter.createHistogram(metric.name, { ...metric, advice: { explicitBucketBoundaries: [...SECONDS_BUCKETS] } });
}

function tokensHistogram(meter: Meter, metric: Metric): HistogramInstrument {
  return meter.createHistogram(metric.name, { ...metric, advice: { explicitBucketBoundaries: [...TOKEN_BUCKETS] } });
}
