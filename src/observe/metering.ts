import type { RequestContext } from '../request/context.js';
import type { AttemptRecord } from '../contracts/hooks.js';
import type { Meter } from '../contracts/observability.js';
import type { Endpoint } from '../contracts/routing.js';
import type { Observer } from '../request/hooks.js';
import { endpointAttributes, METRICS, SECONDS_BUCKETS, TOKEN_BUCKETS } from './gen-ai.js';

/** The GenAI client metrics, and what they cost, by OpenTelemetry. */
export function meteredBy(meter: Meter): Observer {
  const duration = meter.createHistogram(METRICS.duration.name, {
    ...METRICS.duration,
    advice: { explicitBucketBoundaries: [...SECONDS_BUCKETS] },
  });
  const firstChunk = meter.createHistogram(METRICS.firstChunk.name, {
    ...METRICS.firstChunk,
    advice: { explicitBucketBoundaries: [...SECONDS_BUCKETS] },
  });
  const tokens = meter.createHistogram(METRICS.tokens.name, {
    ...METRICS.tokens,
    advice: { explicitBucketBoundaries: [...TOKEN_BUCKETS] },
  });
  const cost = meter.createCounter('nordlys.cost', {
    unit: 'USD',
    description: 'What delivered answers cost by the prices of their endpoints.',
  });
  const cache = meter.createCounter('nordlys.cache.requests', { description: 'Requests by what the cache said.' });

  return {
    attemptEnded(context: RequestContext, endpoint: Endpoint, attempt: AttemptRecord): void {
      if (attempt.callerKey) return;
      const { request, outcome } = context;
      const attributes = endpointAttributes(endpoint);
      const failed = attempt.outcome === 'ok' ? attributes : { ...attributes, 'error.type': attempt.outcome };
      duration.record(attempt.durationMs / 1_000, failed);
      if (attempt.firstTokenMs !== undefined && request?.stream === true) {
        firstChunk.record(attempt.firstTokenMs / 1_000, attributes);
      }
      const { prompt_tokens: input, completion_tokens: output } = outcome?.usage ?? {};
      if (input !== undefined) tokens.record(input, { ...attributes, 'gen_ai.token.type': 'input' });
      if (output !== undefined) tokens.record(output, { ...attributes, 'gen_ai.token.type': 'output' });
      if (outcome?.costUsd !== undefined) cost.add(outcome.costUsd, attributes);
    },
    requestEnded({ cacheStatus }: RequestContext): void {
      if (cacheStatus !== undefined) cache.add(1, { 'nordlys.cache': cacheStatus });
    },
  };
}
