import { NO_TOKENS, type TokenCounts } from './token-counts.js';

/** USD per million tokens. Tokens without a price of their own cost as much as the sum that they belong to. */
export interface TokenPrices {
  /** Prompt tokens. */
  readonly prompt: number;
  /** Completion tokens. */
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

/** Prices for all tokens of requests whose whole prompt has more than `above` tokens. */
export interface PriceTier extends TokenPrices {
  /** Tokens of the prompt. */
  readonly above: number;
}

/** Prices of an endpoint. */
export interface Prices extends TokenPrices {
  /** USD per request. */
  readonly request: number;
  /** USD per image of the prompt. */
  readonly image: number;
  /** USD per web search that the provider makes. */
  readonly webSearch?: number | undefined;
  /** Highest threshold first. */
  readonly tiers?: readonly PriceTier[] | undefined;
  /** A price catalogue's own calculation, used first: USD for all of these tokens; `undefined`: no price is known. */
  readonly calculate?: ((counts: TokenCounts) => number | undefined) | undefined;
}

/** USD for `counts`, and for `images` in the prompt. */
export function priceOf(counts: TokenCounts, prices: Prices, images: number): number {
  const tokens = prices.calculate?.(counts) ?? priceByTable(counts, prices);
  return tokens + prices.request + images * prices.image;
}

/** The highest cost of a request: no token is read from a cache, and all may be written to one. */
export function highestPrice(prompt: number, completion: number, prices: Prices, images: number): number {
  const row = rowFor(prompt, prices);
  const perPrompt = Math.max(row.prompt, row.cacheWrite ?? 0);
  const perCompletion = Math.max(row.completion, row.reasoning ?? 0);
  const tokens = (prompt * perPrompt + completion * perCompletion) / 1_000_000;
  return Math.max(tokens, longPromptPrice(prompt, completion, prices)) + prices.request + images * prices.image;
}

/** Prompts of this many tokens may have a higher price per token. */
const LONG_PROMPT = 100_000;

/** The price by the catalogue's own calculation, which knows prices of long prompts that are not in `tiers`. */
function longPromptPrice(prompt: number, completion: number, { calculate }: Prices): number {
  if (calculate === undefined || prompt <= LONG_PROMPT) return 0;
  return calculate({ ...NO_TOKENS, prompt, completion }) ?? 0;
}

function priceByTable(counts: TokenCounts, prices: Prices): number {
  const row = rowFor(counts.prompt, prices);
  const perMillion = promptPrice(counts, row) + completionPrice(counts, row);
  return perMillion / 1_000_000 + counts.webSearches * (prices.webSearch ?? 0);
}

/** The prices for a prompt of this many tokens. */
function rowFor(prompt: number, prices: Prices): TokenPrices {
  return prices.tiers?.find(({ above }) => prompt > above) ?? prices;
}

function promptPrice(counts: TokenCounts, row: TokenPrices): number {
  const { prompt, cacheRead, cacheWrite, cacheWrite1h, audio, audioCacheRead } = counts;
  const readPrice = row.cacheRead ?? row.prompt;
  const writePrice = row.cacheWrite ?? row.prompt;
  // Audio that was not read from the cache has its own price only as far as it was not written to the cache either.
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
