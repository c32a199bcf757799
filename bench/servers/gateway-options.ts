import type { GatewayOptions, ProviderOptions } from 'nordlys-proxy';
import { KEY, MODEL } from '../lib/bodies.ts';

/** No limit of the gateway may affect a measurement: one of them opens 5,000 streams of one caller. */
const PLENTY = 20_000;

/** Price per million tokens: it spreads the load over the endpoints as in real tables. */
const PRICES = [0.15, 0.2, 0.6];

/** A gateway with everything on, as an operator would run it; only the cache is off. */
export function gatewayOptions(upstreams: readonly number[]): GatewayOptions {
  return {
    keys: [KEY, ...Array.from({ length: 20 }, (_, index) => `bench-other-key-${index}`)],
    providers: providers(upstreams),
    maxInFlight: PLENTY,
    maxInFlightPerCaller: PLENTY,
    maxInFlightPerProvider: PLENTY,
    bodyLimit: 20_000_000,
  };
}

function providers(upstreams: readonly number[]): Record<string, ProviderOptions> {
  return Object.fromEntries(
    upstreams.map((port, index) => [
      `provider-${index}`,
      {
        baseUrl: `http://127.0.0.1:${port}/v1`,
        apiKey: `upstream-key-${index}`,
        models: {
          [MODEL]: {
            pricing: { prompt: PRICES[index % PRICES.length]!, completion: 0.6 },
            contextLength: 10_000_000,
          },
        },
      },
    ]),
  );
}
