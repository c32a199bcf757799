import type { TokenCounts } from '../../chat/token-counts.js';
import type { Pricing, ResolvedProvider } from '../../contracts/routing.js';
import type { CatalogUsage, PriceCatalog } from '../../options/types.js';

/** Prices and context length of an endpoint, from a price catalog. */
export interface ModelInfo {
  readonly pricing: Pricing;
  readonly contextLength: number | undefined;
}

/** Tokens of the sample request: few enough for the lowest tier of prices. */
const SAMPLE_TOKENS = 1_000;
const MILLION = 1_000_000;

/**
 * Prices and context length of `upstreamModel` at this provider, by the URL of its API. `undefined` if the catalog does
 * not know that URL or model: another provider's price would be a guess. Plans compare the prices of the lowest tier;
 * the cost of a response is calculated by the catalog.
 */
export function lookUpModelInfo(
  catalog: PriceCatalog | undefined,
  upstreamModel: string,
  provider: ResolvedProvider,
): ModelInfo | undefined {
  if (catalog === undefined) return undefined;
  const providerApiUrl = provider.url.origin + provider.url.path;
  const priceOf = (usage: CatalogUsage, known?: object) =>
    catalog.calcPrice(
      usage,
      upstreamModel,
      known === undefined ? { providerApiUrl } : { provider: known as never, providerApiUrl },
    );
  const sample = { input_tokens: SAMPLE_TOKENS, output_tokens: SAMPLE_TOKENS };
  const found = priceOf(sample);
  if (found === null) return undefined;
  // The provider is passed on, because looking it up by URL takes as long as the calculation.
  const calculate = calculation((usage) => priceOf(usage, found.provider)?.total_price);
  const part = (extra: Readonly<Record<string, number>>): number | undefined => {
    try {
      const price = priceOf({ ...sample, ...extra })?.input_price;
      return price === undefined ? undefined : perMillion(price);
    } catch {
      return undefined;
    }
  };
  const prompt = perMillion(found.input_price);
  const pricing: Pricing = Object.freeze({
    prompt,
    completion: perMillion(found.output_price),
    ...defined('cacheRead', part({ cache_read_tokens: SAMPLE_TOKENS }), prompt),
    ...defined('cacheWrite', part({ cache_write_tokens: SAMPLE_TOKENS }), prompt),
    ...defined(
      'cacheWrite1h',
      part({ cache_write_tokens: SAMPLE_TOKENS, cache_write_1h_tokens: SAMPLE_TOKENS }),
      prompt,
    ),
    request: 0,
    image: 0,
    calculate,
  });
  return { pricing, contextLength: found.model.context_window };
}

function defined(name: 'cacheRead' | 'cacheWrite' | 'cacheWrite1h', price: number | undefined, prompt: number): object {
  return price === undefined || price === prompt ? {} : { [name]: price };
}

/**
 * The catalog's price of a usage. If it does not accept the details, the price is calculated without them; `undefined`
 * if it throws.
 */
function calculation(totalPrice: (usage: CatalogUsage) => number | undefined): NonNullable<Pricing['calculate']> {
  return function calculate(counts) {
    for (const usage of [fullUsage(counts), cacheUsage(counts)]) {
      try {
        const price = totalPrice(usage);
        if (price !== undefined && Number.isFinite(price)) return price;
      } catch {
        // The catalog has no unit for this combination.
      }
    }
    return undefined;
  };
}

function cacheUsage({ prompt, completion, cacheRead, cacheWrite, cacheWrite1h }: TokenCounts): CatalogUsage {
  const usage: Record<string, number> = { input_tokens: prompt, output_tokens: completion };
  if (cacheRead > 0) usage['cache_read_tokens'] = cacheRead;
  if (cacheWrite > 0) usage['cache_write_tokens'] = cacheWrite;
  if (cacheWrite1h > 0) usage['cache_write_1h_tokens'] = cacheWrite1h;
  return usage as CatalogUsage;
}

function fullUsage(counts: TokenCounts): CatalogUsage {
  const usage: Record<string, number | undefined> = { ...cacheUsage(counts) };
  if (counts.audio > 0) usage['input_audio_tokens'] = counts.audio;
  if (counts.audioCacheRead > 0) usage['cache_audio_read_tokens'] = counts.audioCacheRead;
  if (counts.audioOutput > 0) usage['output_audio_tokens'] = counts.audioOutput;
  if (counts.imageOutput > 0) usage['output_image_tokens'] = counts.imageOutput;
  if (counts.reasoning > 0) usage['output_reasoning_tokens'] = counts.reasoning;
  if (counts.webSearches > 0) usage['web_searches'] = counts.webSearches;
  return usage as CatalogUsage;
}

function perMillion(price: number): number {
  // Digits after the sixth are floating-point noise.
  return Math.round(((price * MILLION) / SAMPLE_TOKENS) * MILLION) / MILLION;
}
