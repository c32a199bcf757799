import type { TokenCounts } from './token-counts.js';

/** USD per million tokens. A part without a price of its own costs what the whole of it costs. */
export interface TokenPrices {
  readonly prompt: number;
  readonly completion: number;
  /** Prompt tokens read from the provider's cache; absent: as `prompt`. */
  readonly cacheRead?: number | undefined;
  /** Prompt tokens written to the provider's cache for five minutes; absent: as `prompt`. */
  readonly cacheWrite?: number | undefined;
  /** Prompt tokens written to the provider's cache for an hour; absent: as `cacheWrite`. */
  readonly cacheWrite1h?: number | undefined;
  /** Audio tokens of the prompt; absent: as `prompt`. */
  readonly audio?: number | undefined;
  /** Audio tokens read from the provider's cache; absent: as `cacheRead`. */
  readonly audioCacheRead?: number | undefined;
  /** Generated audio tokens; absent: as `completion`. */
  readonly audioOutput?: number | undefined;
  /** Generated image tokens; absent: as `completion`. */
  readonly imageOutput?: number | undefined;
  /** Reasoning tokens, which are part of the completion; absent: as `completion`. */
  readonly reasoning?: number | undefined;
}

/** Prices of requests whose whole prompt has more than `above` tokens. They hold for all tokens of such a request. */
export interface PriceTier extends TokenPrices {
  /** Tokens of the prompt. */
  readonly above: number;
}

/** What an endpoint charges. */
export interface Prices extends TokenPrices {
  /** USD per request. */
  readonly request: number;
  /** USD per image of the prompt. */
  readonly image: number;
  /** USD per web search of the provider's own. */
  readonly webSearch?: number | undefined;
  /** Highest threshold first. */
  readonly tiers?: readonly PriceTier[] | undefined;
  /** A price catalogue's own calculation: USD for all of these tokens. It is asked first; `undefined`: it does not know. */
  readonly calculate?: ((counts: TokenCounts) => number | undefined) | undefined;
}

/** USD for `counts`, and for `images` in the prompt. */
export function priceOf(counts: TokenCounts, prices: Prices, images: number): number {
  const tokens = prices.calculate?.(counts) ?? priceByTable(counts, prices);
  return tokens + prices.request + images * prices.image;
}

function priceByTable(counts: TokenCounts, prices: Prices): number {
  const row = prices.tiers?.find(({ above }) => counts.prompt > above) ?? prices;
  const perMillion = promptPrice(counts, row) + completionPrice(counts, row);
  return perMillion / 1_000_000 + counts.webSearches * (prices.webSearch ?? 0);
}

function promptPrice(counts: TokenCounts, row: TokenPrices): number {
  const { prompt, cacheRead, cacheWrite, cacheWrite1h, audio, audioCacheRead } = counts;
  const readPrice = row.cacheRead ?? row.prompt;
  const writePrice = row.cacheWrite ?? row.prompt;
  // Audio that is neither read from the cache nor part of what was written to it stands beside the plain text.
  const plain = Math.max(prompt - cacheRead - cacheWrite, 0);
  const plainAudio = Math.min(audio - audioCacheRead, plain);
  return (
    (plain - plainAudio) * row.prompt +
    plainAudio * (row.audio ?? row.prompt) +
    (cacheRead - audioCacheRead) * readPrice +
    audioCacheRead * (row.audioCacheRead ?? readPrice) +
    (cacheWrite - cacheWrite1h) * writePrice +
    cacheWrite1h * (row.cacheWrite1h ?? writePrice)
  );
}

function completionPrice(counts: TokenCounts, row: TokenPrices): number {
  const { completion, reasoning, audioOutput, imageOutput } = counts;
  const text = Math.max(completion - audioOutput - imageOutput, 0);
  const thought = Math.min(reasoning, text);
  return (
    (text - thought) * row.completion +
    thought * (row.reasoning ?? row.completion) +
    audioOutput * (row.audioOutput ?? row.completion) +
    imageOutput * (row.imageOutput ?? row.completion)
  );
}
