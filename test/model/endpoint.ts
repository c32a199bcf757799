import type { Endpoint } from '../../src/contracts/routing.js';
import { openai } from '../../src/providers/openai.js';

/** An endpoint of which nothing is known but where it stands. */
export function endpoint(position: number): Endpoint {
  const slug = `p${position}`;
  return {
    position,
    provider: {
      slug,
      displayName: slug,
      url: { origin: `http://${slug}.test`, protocol: 'http:', hostname: `${slug}.test`, port: '', path: '/v1' },
      apiKey: 'operator-secret',
      auth: { header: 'authorization', prefix: 'Bearer ' },
      headers: {},
      format: openai,
      timeouts: { connectMs: 2_000, headMs: 5_000, firstEventMs: 5_000, idleMs: 4_000, totalMs: 30_000 },
    },
    model: 'm',
    slug,
    id: `${slug} m`,
    upstreamModel: 'm',
    pricing: undefined,
    contextLength: undefined,
    maxCompletionTokens: undefined,
    quantization: 'unknown',
    supportedParameters: undefined,
    zdr: false,
    dataCollection: 'allow',
    distillable: false,
    tier: undefined,
  };
}
