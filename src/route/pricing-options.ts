import type { PriceTier, TokenPrices } from '../chat/prices.js';
import type { Pricing } from '../contracts/routing.js';
import { optionError } from '../options/checks.js';
import { defineOptions, type Parsed, type RowsFor } from '../options/group.js';
import { custom, type OptionRow } from '../options/row.js';
import { count } from '../options/rows.js';
import type { PriceTierOptions, PricingOptions, TokenPriceOptions } from '../options/provider-types.js';

/** Optional prices per million tokens. */
const PARTS = [
  'cacheRead',
  'cacheWrite',
  'cacheWrite1h',
  'audio',
  'audioCacheRead',
  'audioOutput',
  'imageOutput',
  'reasoning',
] as const;
/** Prices that scale with the prompt price of a tier, unless the tier sets them. */
const CACHE_PARTS: ReadonlySet<string> = new Set(['cacheRead', 'cacheWrite', 'cacheWrite1h']);
const MAX_TIERS = 16;

const TOKEN_PRICES = {
  cacheRead: tokenPrice('Prompt tokens read from the prompt cache.', 'that of `prompt`'),
  cacheWrite: tokenPrice('Prompt tokens written to the prompt cache for five minutes.', 'that of `prompt`'),
  cacheWrite1h: tokenPrice('Prompt tokens written to the prompt cache for an hour.', 'that of `cacheWrite`'),
  audio: tokenPrice('Audio tokens of the prompt.', 'that of `prompt`'),
  audioCacheRead: tokenPrice('Audio tokens read from the prompt cache.', 'that of `cacheRead`'),
  audioOutput: tokenPrice('Generated audio tokens.', 'that of `completion`'),
  imageOutput: tokenPrice('Generated image tokens.', 'that of `completion`'),
  reasoning: tokenPrice('Reasoning tokens.', 'that of `completion`'),
} satisfies RowsFor<TokenPriceOptions>;

export const PRICE_TIER = defineOptions({
  path: 'providers.<key>.models.<name>.pricing.tiers[<n>]',
  rows: {
    above: count('prompt tokens', 'Holds for requests with longer prompts.').required(),
    prompt: tokenPrice('Prompt tokens.', 'as without the tier'),
    completion: tokenPrice('Completion tokens.', 'as without the tier'),
    ...TOKEN_PRICES,
  } satisfies RowsFor<PriceTierOptions>,
});

export const PRICING = defineOptions({
  path: 'providers.<key>.models.<name>.pricing',
  rows: {
    prompt: custom('USD per million tokens', perMillion, 'Prompt tokens.').required(),
    completion: custom('USD per million tokens', perMillion, 'Completion tokens.').required(),
    request: custom('USD', price, 'One request.').or(0),
    image: custom('USD', price, 'One image of the prompt.').or(0),
    webSearch: custom('USD', price, 'One search that the provider makes.').defaultsTo('`0`'),
    tiers: custom(`a list of ${PRICE_TIER.shape}`, tierList, 'Prices of requests with long prompts.').or([], 'none'),
    ...TOKEN_PRICES,
  } satisfies RowsFor<PricingOptions>,
});

function tokenPrice(text: string, fallback: string): OptionRow<number> {
  return custom('USD per million tokens', perMillion, text).defaultsTo(fallback);
}

type ParsedTier = Parsed<typeof PRICE_TIER.rows>;

/**
 * The prices that an endpoint declares.
 * @throws TypeError naming the invalid member, the value received and the values allowed
 */
export function resolvePricing(path: string, value: unknown): Pricing {
  const given = PRICING.parse(value, path);
  const { prompt, completion, request, image, webSearch } = given;
  const base = tokenPrices(given, { prompt, completion });
  const tiers = resolveTiers(`${path}.tiers`, given.tiers, base);
  return Object.freeze({
    ...base,
    request,
    image,
    ...(webSearch === undefined ? {} : { webSearch }),
    ...(tiers.length === 0 ? {} : { tiers }),
  });
}

function tokenPrices(
  given: Partial<Record<(typeof PARTS)[number], number | undefined>>,
  sums: Pick<TokenPrices, 'prompt' | 'completion'>,
): TokenPrices {
  const named = PARTS.filter((part) => given[part] !== undefined).map((part) => [part, given[part]]);
  return { ...sums, ...(Object.fromEntries(named) as Partial<TokenPrices>) };
}

function tierList(path: string, value: unknown): readonly ParsedTier[] {
  if (!Array.isArray(value) || value.length > MAX_TIERS) {
    throw optionError(path, `must be a list of at most ${MAX_TIERS} objects { above, prompt, completion, … }`, value);
  }
  return value.map((entry: unknown, index) => PRICE_TIER.parse(entry, `${path}[${index}]`));
}

function resolveTiers(path: string, given: readonly ParsedTier[], base: TokenPrices): readonly PriceTier[] {
  const tiers = given.map((tier) => resolveTier(tier, base)).toSorted((a, b) => b.above - a.above);
  const twice = tiers.find((tier, index) => index > 0 && tier.above === tiers[index - 1]!.above);
  if (twice !== undefined) throw optionError(path, 'must not use a threshold twice', twice.above);
  return Object.freeze(tiers);
}

function resolveTier(given: ParsedTier, base: TokenPrices): PriceTier {
  const { above, prompt = base.prompt, completion = base.completion } = given;
  const named = tokenPrices(given, { prompt, completion });
  return Object.freeze({ ...inherited(base, prompt), ...named, above });
}

/** Providers define cache prices as shares of the prompt price, so a tier inherits the share. */
function inherited(base: TokenPrices, prompt: number): TokenPrices {
  const factor = base.prompt === 0 ? 1 : prompt / base.prompt;
  const entries = Object.entries(base) as readonly (readonly [string, number])[];
  return Object.fromEntries(entries.map(([part, value]) => [part, CACHE_PARTS.has(part) ? value * factor : value])) as {
    readonly [Part in keyof TokenPrices]: TokenPrices[Part];
  };
}

/** A lower price per million tokens is almost certainly a price per token. */
const MIN_PER_MILLION = 0.000_1;

function perMillion(path: string, value: unknown): number {
  const dollars = price(path, value);
  if (dollars > 0 && dollars < MIN_PER_MILLION) {
    const perMillion = Number((dollars * 1e6).toPrecision(12));
    throw new TypeError(
      `${path} must be USD per million tokens; ${dollars} looks like USD per token. Write ${perMillion}.`,
    );
  }
  return dollars;
}

function price(path: string, value: unknown): number {
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) {
    throw optionError(path, 'must be a number of USD, 0 or more', value);
  }
  return value;
}
