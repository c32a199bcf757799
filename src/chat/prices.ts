import { NO_TOKENS, type TokenCounts } from './token-counts.js';

/** USD per million tokens. A part without a price of its own costs what the whole of it costs. */
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

/** The most that a request may cost: nothing is read from a cache, and all may be written to one. */
export function highestPrice(prompt: number, completion: number, prices: Prices, images: number): number {
  const row = rowFor(prompt, prices);
  const perPrompt = Math.max(row.prompt, row.cacheWrite ?? 0);
  const perCompletion = Math.max(row.completion, row.reasoning ?? 0);
  const tokens = (prompt * perPrompt + completion * perCompletion) / 1_000_000;
  return Math.max(tokens, longPromptPrice(prompt, completion, prices)) + prices.request + images * prices.image;
}

/** Prompts from here on may be dearer by the token. */
const LONG_PROMPT = 100_000;

/** A catalogue's own prices of long prompts, which are not in the table. */
function longPromptPrice(prompt: number, completion: number, { calculate }: Prices): number {
  if (calculate === undefined || prompt <= LONG_PROMPT) return 0;
  return calculate({ ...NO_TOKENS, prompt, completion }) ?? 0;
}

function priceByTable(counts: TokenCounts, prices: Prices): number {
  const row = rowFor(counts.prompt, prices);
  const perMillion = promptPrice(counts, row) + completionPrice(counts, row);
  return perMillion / 1_000_000 + counts.webSearches * (prices.webSearch ?? 0);
}

/** The tier that a prompt of so many tokens falls into. */
function rowFor(prompt: number, prices: Prices): TokenPrices {
  return prices.tiers?.find(({ above }) => prompt > above) ?? prices;
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
