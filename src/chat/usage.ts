import { isRecord } from '../util/json-object.js';
import type { Usage } from './types.js';

/** USD per million tokens; USD per request; USD per image. */
export interface Prices {
  readonly prompt: number;
  readonly completion: number;
  readonly request: number;
  readonly image: number;
}

/** Usage with its three sums always there. */
export interface CountedUsage extends Usage {
  prompt_tokens: number;
  completion_tokens: number;
  total_tokens: number;
}

/**
 * An upstream's `usage` with its sums as counts: what is missing is filled in, what is no count reads as 0,
 * every other member is kept. `undefined` when nothing was counted.
 */
export function normaliseUsage(usage: unknown): CountedUsage | undefined {
  if (!isRecord(usage)) return undefined;
  const prompt = countOf(usage['prompt_tokens']) ?? countOf(usage['input_tokens']);
  const completion = countOf(usage['completion_tokens']) ?? countOf(usage['output_tokens']);
  const total = countOf(usage['total_tokens']);
  if (prompt === undefined && completion === undefined && total === undefined) return undefined;
  return {
    ...usage,
    prompt_tokens: prompt ?? Math.max((total ?? 0) - (completion ?? 0), 0),
    completion_tokens: completion ?? Math.max((total ?? 0) - (prompt ?? 0), 0),
    total_tokens: total ?? (prompt ?? 0) + (completion ?? 0),
  };
}

/** What an answer cost in USD; `undefined` without usage or prices. `images` counts those of the prompt. */
export function costOf(usage: Usage | undefined, prices: Prices | undefined, images = 0): number | undefined {
  const counted = normaliseUsage(usage);
  if (counted === undefined || prices === undefined) return undefined;
  const tokens = counted.prompt_tokens * prices.prompt + counted.completion_tokens * prices.completion;
  return tokens / 1_000_000 + prices.request + images * prices.image;
}

function countOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined;
}
