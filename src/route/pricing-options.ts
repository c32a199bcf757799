import { isRecord } from '../util/json-object.js';
import type { PriceTier, TokenPrices } from '../chat/prices.js';
import type { Pricing } from '../contracts/routing.js';
import { knownMembers, optionError } from '../options/checks.js';

/** Prices per million tokens that may be left out. */
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
/** Prices that follow the prompt price from tier to tier where a tier does not name them. */
const CACHE_PARTS: ReadonlySet<string> = new Set(['cacheRead', 'cacheWrite', 'cacheWrite1h']);
const MEMBERS = ['prompt', 'completion', 'request', 'image', 'webSearch', 'tiers', ...PARTS] as const;
const MAX_TIERS = 16;

/**
 * The prices that an endpoint declares.
 * @throws TypeError naming the member at fault, what came, and what would do.
 */
export function resolvePricing(path: string, value: unknown): Pricing | undefined {
  if (value === undefined || value === null) return undefined;
  const members = knownMembers(path, value, MEMBERS);
  const base = tokenPrices(path, members, {
    prompt: perMillion(`${path}.prompt`, members['prompt']),
    completion: perMillion(`${path}.completion`, members['completion']),
  });
  const tiers = resolveTiers(`${path}.tiers`, members['tiers'], base);
  const webSearch = members['webSearch'] ?? undefined;
  return Object.freeze({
    ...base,
    request: price(`${path}.request`, members['request'] ?? 0),
    image: price(`${path}.image`, members['image'] ?? 0),
    ...(webSearch === undefined ? {} : { webSearch: price(`${path}.webSearch`, webSearch) }),
    ...(tiers.length === 0 ? {} : { tiers }),
  });
}

function tokenPrices(
  path: string,
  members: Readonly<Record<string, unknown>>,
  sums: Pick<TokenPrices, 'prompt' | 'completion'>,
): TokenPrices {
  const prices: Record<string, number> = {};
  for (const part of PARTS) {
    const value = members[part] ?? undefined;
    if (value !== undefined) prices[part] = perMillion(`${path}.${part}`, value);
  }
  return { ...sums, ...prices };
}

function resolveTiers(path: string, value: unknown, base: TokenPrices): readonly PriceTier[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value) || value.length > MAX_TIERS) {
    throw optionError(path, `must be a list of at most ${MAX_TIERS} objects { above, prompt, completion, … }`, value);
  }
  const tiers = value.map((entry: unknown, index) => resolveTier(`${path}[${index}]`, entry, base));
  tiers.sort((a, b) => b.above - a.above);
  const twice = tiers.find((tier, index) => index > 0 && tier.above === tiers[index - 1]!.above);
  if (twice !== undefined) throw optionError(path, 'must not name a threshold twice', twice.above);
  return Object.freeze(tiers);
}

function resolveTier(path: string, value: unknown, base: TokenPrices): PriceTier {
  if (!isRecord(value)) throw optionError(path, 'must be an object { above, prompt, completion, … }', value);
  const members = knownMembers(path, value, ['above', 'prompt', 'completion', ...PARTS]);
  const { above } = members;
  if (!Number.isSafeInteger(above) || Number(above) < 1) {
    throw optionError(`${path}.above`, 'must be a whole number of prompt tokens, 1 or more', above ?? 'nothing');
  }
  const prompt = optionalPerMillion(`${path}.prompt`, members['prompt']) ?? base.prompt;
  const completion = optionalPerMillion(`${path}.completion`, members['completion']) ?? base.completion;
  const named = tokenPrices(path, members, { prompt, completion });
  return Object.freeze({ ...inherited(base, prompt), ...named, above: Number(above) });
}

/** Providers state cache prices as shares of the prompt price, so the share is what a tier inherits. */
function inherited(base: TokenPrices, prompt: number): TokenPrices {
  const factor = base.prompt === 0 ? 1 : prompt / base.prompt;
  const entries = Object.entries(base) as readonly (readonly [string, number])[];
  return Object.fromEntries(entries.map(([part, value]) => [part, CACHE_PARTS.has(part) ? value * factor : value])) as {
    readonly [Part in keyof TokenPrices]: TokenPrices[Part];
  };
}

/** No model costs less than this per million tokens without being free; per token, every one does. */
const LEAST_PER_MILLION = 0.000_1;

function optionalPerMillion(path: string, value: unknown): number | undefined {
  return value === undefined || value === null ? undefined : perMillion(path, value);
}

function perMillion(path: string, value: unknown): number {
  const dollars = price(path, value);
  if (dollars > 0 && dollars < LEAST_PER_MILLION) {
    const mended = Number((dollars * 1e6).toPrecision(12));
    throw new TypeError(
      `${path} must be USD per million tokens; ${dollars} looks like USD per token. Write ${mended}.`,
    );
  }
  return dollars;
}

function price(path: string, value: unknown): number {
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) {
    throw optionError(path, 'must be a number of USD, 0 or more', value === undefined ? 'nothing' : value);
  }
  return value;
}
