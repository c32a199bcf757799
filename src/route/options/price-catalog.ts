import type { Pricing, ResolvedProvider } from '../../contracts/routing.js';
import type { PriceCatalog } from '../../options/types.js';

/** What a price book knows of an endpoint. */
export interface ModelInfo {
  readonly pricing: Pricing;
  readonly contextLength: number | undefined;
}

/** Small enough to lie in the lowest tier of prices that grow with the prompt. */
const SAMPLE_TOKENS = 1_000;
const MILLION = 1_000_000;

/**
 * Prices and context length of `upstreamModel` at this provider, by the address of its API. `undefined` where the book
 * does not know that address or that model: a price of somebody else would be a guess.
 */
export function lookUpModelInfo(
  book: PriceCatalog | undefined,
  upstreamModel: string,
  provider: ResolvedProvider,
): ModelInfo | undefined {
  if (book === undefined) return undefined;
  const usage = { input_tokens: SAMPLE_TOKENS, output_tokens: SAMPLE_TOKENS };
  const found = book.calcPrice(usage, upstreamModel, { providerApiUrl: provider.url.origin + provider.url.path });
  if (found === null) return undefined;
  const pricing = Object.freeze({
    prompt: perMillion(found.input_price),
    completion: perMillion(found.output_price),
    request: 0,
    image: 0,
  });
  return { pricing, contextLength: found.model.context_window };
}

function perMillion(price: number): number {
  // Prices are written with few digits; what stands behind the sixth is floating-point noise.
  return Math.round(((price * MILLION) / SAMPLE_TOKENS) * MILLION) / MILLION;
}
