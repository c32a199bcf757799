import type { GatewayOptions, ProviderOptions } from 'nordlys-proxy';
import { KEY, MODEL } from '../lib/bodies.ts';
import type { NativeFormat } from '../lib/native-responses.ts';

/** No limit of the gateway may affect a measurement: one of them opens 5,000 streams of one caller. */
const PLENTY = 20_000;

/** Price per million tokens: it spreads the load over the endpoints as in real tables. */
const PRICES = [0.15, 0.2, 0.6];

const UPSTREAM_MODELS: Readonly<Record<NativeFormat, string>> = {
  anthropic: 'claude-sonnet-4-5',
  gemini: 'gemini-2.5-flash',
  bedrock: 'anthropic.claude-sonnet-4-5',
};

/** A gateway with everything on, as an operator would run it; only the cache is off. */
export function gatewayOptions(upstreams: readonly number[], format?: NativeFormat): GatewayOptions {
  return {
    keys: [KEY, ...Array.from({ length: 20 }, (_, index) => `bench-other-key-${index}`)],
    providers: providers(upstreams, format),
    maxInFlight: PLENTY,
    maxInFlightPerCaller: PLENTY,
    maxInFlightPerProvider: PLENTY,
    bodyLimit: 20_000_000,
  };
}

function providers(upstreams: readonly number[], format?: NativeFormat): Record<string, ProviderOptions> {
  return Object.fromEntries(
    upstreams.map((port, index) => [
      `provider-${index}`,
      {
        ...(format === undefined
          ? { baseUrl: `http://127.0.0.1:${port}/v1` }
          : { baseUrl: `http://127.0.0.1:${port}`, format }),
        apiKey: `upstream-key-${index}`,
        models: {
          [MODEL]: {
            pricing: { prompt: PRICES[index % PRICES.length]!, completion: 0.6 },
            contextLength: 10_000_000,
            ...(format !== undefined && { upstreamModel: UPSTREAM_MODELS[format] }),
          },
        },
      },
    ]),
  );
}
