// The CPU time of `plan()`, which is the code that routes real requests, over tables of several sizes.
import type { EndpointOptions, ProviderOptions } from 'nordlys-proxy';
import { MODEL } from '../lib/bodies.ts';
import { startDraining, serve } from '../lib/channel.ts';
import { createGateway } from '../lib/package.ts';
import { median } from '../lib/statistics.ts';

export type PlanRequest = 'plain' | 'preferences';

export interface PlanJob {
  readonly endpoints: number;
  readonly request: PlanRequest;
  readonly durationMs: number;
}

const PROVIDERS = 10;
const WARM_UP_CALLS = 2_000;
const BATCH_CALLS = 50;

const messages = [{ role: 'user', content: 'Why are geese grey?' }];
const REQUESTS: Record<PlanRequest, object> = {
  plain: { model: MODEL, messages },
  preferences: {
    model: MODEL,
    messages,
    provider_sort: 'price',
    provider_ignore: ['provider-1'],
    provider_quantizations: ['fp8', 'bf16', 'unknown'],
    provider_require_parameters: true,
    provider_data_collection: 'deny',
    provider_max_completion_price: 4,
  },
};

const methods = {
  /** CPU microseconds per call: the median of many small batches. */
  measure({ endpoints, request, durationMs }: PlanJob): number {
    const gateway = createGateway({ keys: ['bench-key'], providers: table(endpoints) });
    const body = REQUESTS[request];
    for (let call = 0; call < WARM_UP_CALLS; call++) gateway.plan(body);
    const batches: number[] = [];
    const endsAt = performance.now() + durationMs;
    while (performance.now() < endsAt) {
      const before = process.cpuUsage();
      for (let call = 0; call < BATCH_CALLS; call++) gateway.plan(body);
      const { user, system } = process.cpuUsage(before);
      batches.push((user + system) / BATCH_CALLS);
    }
    return median(batches);
  },
};

export type PlanMethods = typeof methods;

serve(methods);
startDraining([]);

/** One model, offered by ten providers, with enough endpoints to fill the table. */
function table(endpoints: number): Record<string, ProviderOptions> {
  const offers = Math.max(1, endpoints / PROVIDERS);
  return Object.fromEntries(
    Array.from({ length: Math.min(PROVIDERS, endpoints) }, (_, provider) => [
      `provider-${provider}`,
      {
        baseUrl: `http://127.0.0.1:${9_000 + provider}/v1`,
        dataCollection: 'deny' as const,
        models: { [MODEL]: Array.from({ length: offers }, (_, offer) => endpoint(provider, offer)) },
      },
    ]),
  );
}

function endpoint(provider: number, offer: number): EndpointOptions {
  const cents = ((provider * 7 + offer * 13) % 50) + 1;
  return {
    tag: `tag-${offer}`,
    pricing: { prompt: cents / 10, completion: cents / 5 },
    contextLength: 128_000,
    quantization: offer % 2 === 0 ? 'fp8' : 'bf16',
  };
}
