import { tokenCountsOf } from '../chat/token-counts.js';
import type { Endpoint } from '../contracts/routing.js';

/** Names and buckets of OpenTelemetry's semantic conventions for generative AI (all still "development"). */

/** Seconds: of durations, and of the times to and between chunks. */
export const SECONDS_BUCKETS: readonly number[] = Object.freeze([
  0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92,
]);

/** Tokens per call. */
export const TOKEN_BUCKETS: readonly number[] = Object.freeze([
  1, 4, 16, 64, 256, 1_024, 4_096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216, 67_108_864,
]);

export const METRICS = Object.freeze({
  duration: {
    name: 'gen_ai.client.operation.duration',
    unit: 's',
    description: 'Upstream calls, from their start to the end of the response.',
  },
  tokens: { name: 'gen_ai.client.token.usage', unit: '{token}', description: 'Tokens of delivered responses.' },
  firstChunk: {
    name: 'gen_ai.client.operation.time_to_first_chunk',
    unit: 's',
    description: 'Upstream streams, from their start to the first event that means something.',
  },
});

/** Metrics of the conventions' own release v0.1.0 that are histograms. */
export const CURRENT_HISTOGRAMS = Object.freeze({
  duration: { ...METRICS.duration, name: 'gen_ai.client.inference.duration' },
  firstChunk: { ...METRICS.firstChunk, name: 'gen_ai.client.inference.time_to_first_chunk' },
  chunkInterval: {
    name: 'gen_ai.client.inference.time_per_output_chunk',
    unit: 's',
    description: 'Delivered streams, from the end of one chunk to the end of the next.',
  },
});

/** Opt-in histograms of v0.1.0. */
export const CURRENT_TOKEN_HISTOGRAMS = Object.freeze({
  input: {
    name: 'gen_ai.client.inference.operation.input_tokens',
    unit: '{token}',
    description: 'Prompt tokens of one upstream call.',
  },
  output: {
    name: 'gen_ai.client.inference.operation.output_tokens',
    unit: '{token}',
    description: 'Generated tokens of one upstream call.',
  },
});

/** Counters of v0.1.0, by what they count in `UsedTokens`. */
export const CURRENT_COUNTERS = Object.freeze({
  input: {
    name: 'gen_ai.client.inference.usage.input_tokens',
    unit: '{token}',
    description: 'Prompt tokens of delivered responses, cached ones included.',
  },
  output: {
    name: 'gen_ai.client.inference.usage.output_tokens',
    unit: '{token}',
    description: 'Generated tokens of delivered responses, reasoning included.',
  },
  cacheRead: {
    name: 'gen_ai.client.inference.usage.cache_read.input_tokens',
    unit: '{token}',
    description: 'Prompt tokens that were read from the cache of a provider.',
  },
  cacheWrite: {
    name: 'gen_ai.client.inference.usage.cache_write.input_tokens',
    unit: '{token}',
    description: 'Prompt tokens that were written to the cache of a provider.',
  },
  reasoning: {
    name: 'gen_ai.client.inference.usage.reasoning.output_tokens',
    unit: '{token}',
    description: 'Generated tokens that were reasoning.',
  },
});

/** Tokens of one call, or the sum of many. */
export type UsedTokens = Record<keyof typeof CURRENT_COUNTERS, number>;

/** What the counters of v0.1.0 count of `usage`; `undefined` where the provider reported none. */
export function usedTokens(usage: unknown): UsedTokens | undefined {
  const counts = tokenCountsOf(usage);
  if (counts === undefined) return undefined;
  const { prompt, completion, cacheRead, cacheWrite, reasoning } = counts;
  return { input: prompt, output: completion, cacheRead, cacheWrite, reasoning };
}

/** Metrics per caller. */
export const CALLER_METRICS = Object.freeze({
  requests: { name: 'nordlys.caller.requests', unit: '{request}', description: 'Requests by caller.' },
  tokens: {
    name: 'nordlys.caller.tokens',
    unit: '{token}',
    description: 'Tokens of delivered responses by caller, cache hits included.',
  },
  cost: { name: 'nordlys.caller.cost', unit: 'USD', description: 'What delivered responses cost by caller, in USD.' },
});

/** Attributes of an endpoint. The operator configures all of them, so their combinations are bounded. */
export function endpointAttributes({ provider, upstreamModel, slug, model }: Endpoint): Record<string, string> {
  return {
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': provider.slug,
    'gen_ai.request.model': upstreamModel,
    'nordlys.endpoint': slug,
    'nordlys.model': model,
  };
}
