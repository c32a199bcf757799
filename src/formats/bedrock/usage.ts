import { isRecord } from '../../util/json-object.js';
import type { Usage } from '../../chat/types.js';

/** Bedrock's usage in OpenAI's terms: prompt tokens include those read from and written to the cache. */
export function usageOf(usage: unknown): Usage | undefined {
  if (!isRecord(usage)) return undefined;
  const { inputTokens, outputTokens, totalTokens, cacheReadInputTokens, cacheWriteInputTokens } = usage;
  if (![inputTokens, outputTokens, totalTokens].some(isCount)) return undefined;
  const cached = count(cacheReadInputTokens);
  const byTime = writesByTime(usage['cacheDetails']);
  const written = isCount(cacheWriteInputTokens) ? cacheWriteInputTokens : byTime.reduce((sum, [, n]) => sum + n, 0);
  const completion = count(outputTokens);
  const prompt = promptTokens(count(inputTokens), cached + written, completion, totalTokens);
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: { cached_tokens: cached, cache_write_tokens: written },
    ...(byTime.length > 0 && { cache_creation: Object.fromEntries(byTime) }),
  };
}

/** Tokens written to the cache by lifetime, under Anthropic's names: an hour costs more than five minutes. */
function writesByTime(details: unknown): readonly (readonly [name: string, tokens: number])[] {
  const entries = Array.isArray(details) ? details.filter(isRecord) : [];
  if (entries.length === 0) return [];
  const written = (wanted: string): number =>
    entries.reduce((sum, { ttl, inputTokens }) => sum + (ttl === wanted ? count(inputTokens) : 0), 0);
  return ['5m', '1h'].map((ttl) => [`ephemeral_${ttl}_input_tokens`, written(ttl)] as const);
}

/** Some models count cache tokens into `inputTokens`: then the total is the sum without them. */
function promptTokens(input: number, cache: number, completion: number, total: unknown): number {
  const includesCache = cache > 0 && input >= cache && total === input + completion;
  return includesCache ? input : input + cache;
}

function count(value: unknown): number {
  return isCount(value) ? value : 0;
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
