import type { Endpoint, Timeouts } from '../../src/contracts/routing.js';
import { openai } from '../../src/formats/openai.js';

interface EndpointFacts extends Partial<Omit<Endpoint, 'provider' | 'slug' | 'id'>> {
  /** @defaultValue `'operator-secret'` */
  readonly apiKey?: string;
  readonly timeouts?: Partial<Timeouts>;
}

/** An endpoint with an address, `facts`, and defaults for everything else. */
export function endpointAt(baseUrl: string, slug: string, facts: EndpointFacts = {}): Endpoint {
  const { origin, protocol, hostname, port, pathname } = new URL(`${baseUrl}/chat/completions`);
  const { apiKey = 'operator-secret', timeouts, model = 'm', ...others } = facts;
  return {
    position: 0,
    provider: {
      slug,
      displayName: slug,
      url: { origin, protocol: protocol === 'https:' ? protocol : 'http:', hostname, port, path: pathname },
      apiKey,
      auth: { header: 'authorization', prefix: 'Bearer ' },
      headers: {},
      format: openai,
      streamOptions: true,
      timeouts: {
        connectMs: 5_000,
        headersMs: 5_000,
        firstChunkMs: 5_000,
        idleMs: 5_000,
        totalMs: 20_000,
        ...timeouts,
      },
    },
    model,
    slug,
    id: `${slug} ${model}`,
    upstreamModel: model,
    pricing: undefined,
    contextLength: undefined,
    maxCompletionTokens: undefined,
    facts: { upstreamModel: others.upstreamModel ?? model, maxCompletionTokens: undefined, traits: {} },
    quantization: 'unknown',
    supportedParameters: undefined,
    zdr: false,
    dataCollection: 'allow',
    distillable: false,
    tier: undefined,
    ...others,
  };
}
