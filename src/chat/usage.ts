import { isRecord } from '../util/json-object.js';
import { priceOf, type Prices } from './prices.js';
import { tokenCountsOf, usageSums } from './token-counts.js';
import type { Usage } from './types.js';

/** Usage with all three sums. */
export interface CountedUsage extends Usage {
  prompt_tokens: number;
  completion_tokens: number;
  total_tokens: number;
}

/**
 * An upstream's `usage` with its sums as counts: missing ones are filled in, invalid ones become 0, all other members
 * are kept. `undefined` where nothing was counted.
 */
export function normaliseUsage(usage: unknown): CountedUsage | undefined {
  const sums = usageSums(usage);
  if (sums === undefined || !isRecord(usage)) return undefined;
  return {
    ...usage,
    prompt_tokens: sums.prompt,
    completion_tokens: sums.completion,
    total_tokens: sums.total,
  };
}

/**
 * Cost of a response in USD: cached, written, audio and reasoning tokens by their own prices, in the tier of the prompt.
 * `undefined` without usage or prices.
 * @param images - images of the prompt
 */
export function costOf(usage: unknown, prices: Prices | undefined, images = 0): number | undefined {
  if (prices === undefined) return undefined;
  const counts = tokenCountsOf(usage);
  return counts === undefined ? undefined : priceOf(counts, prices, images);
}
