import type { Endpoint } from '../contracts/routing.js';

/** Names and buckets of OpenTelemetry's semantic conventions for generative AI, as they are today (all "development"). */

/** Seconds: of `gen_ai.client.operation.duration` and `gen_ai.client.operation.time_to_first_chunk`. */
export const SECONDS_BUCKETS: readonly number[] = Object.freeze([
  0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92,
]);

/** Tokens: of `gen_ai.client.token.usage`. */
export const TOKEN_BUCKETS: readonly number[] = Object.freeze([
  1, 4, 16, 64, 256, 1_024, 4_096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216, 67_108_864,
]);

export const METRICS = Object.freeze({
  duration: {
    name: 'gen_ai.client.operation.duration',
    unit: 's',
    description: 'Upstream calls, from their start to the end of the answer.',
  },
  tokens: { name: 'gen_ai.client.token.usage', unit: '{token}', description: 'Tokens of delivered answers.' },
  firstChunk: {
    name: 'gen_ai.client.operation.time_to_first_chunk',
    unit: 's',
    description: 'Upstream streams, from their start to the first event that means something.',
  },
});

/** What tells endpoints apart. The operator has named all of it, so there are only so many combinations. */
export function endpointAttributes({ provider, upstreamModel, slug, model }: Endpoint): Record<string, string> {
  return {
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': provider.slug,
    'gen_ai.request.model': upstreamModel,
    'nordlys.endpoint': slug,
    'nordlys.model': model,
  };
}
