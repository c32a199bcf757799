import { isRecord, mergeDefined, type JsonObject } from '../../util/json-object.js';
import type { Usage } from '../../chat/types.js';

/**
 * Usage of a stream: later counts replace earlier ones, `null` keeps them.
 * @param earlier - the usage that the stream reported before
 */
export function mergedUsage(earlier: JsonObject, later: unknown): JsonObject {
  const merged = { ...earlier };
  if (isRecord(later)) mergeDefined(merged, later);
  return merged;
}

/**
 * Anthropic's counts in OpenAI's form. `input_tokens` leaves out what the cache read and wrote, `prompt_tokens`
 * includes both; `output_tokens` includes thinking already. `undefined`: nothing was counted.
 */
export function usageOf(native: unknown): Usage | undefined {
  if (!isRecord(native)) return undefined;
  const input = countOf(native['input_tokens']);
  const output = countOf(native['output_tokens']);
  if (input === undefined && output === undefined) return undefined;
  const cached = countOf(native['cache_read_input_tokens']) ?? 0;
  const written = countOf(native['cache_creation_input_tokens']) ?? writtenInParts(native['cache_creation']);
  const thinking = isRecord(native['output_tokens_details'])
    ? countOf(native['output_tokens_details']['thinking_tokens'])
    : undefined;
  const prompt = (input ?? 0) + cached + written;
  const completion = output ?? 0;
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: { cached_tokens: cached, cache_write_tokens: written },
    ...(thinking === undefined ? {} : { completion_tokens_details: { reasoning_tokens: thinking } }),
    ...kept(native, 'cache_creation'),
    ...kept(native, 'server_tool_use'),
  };
}

/** Tier in OpenAI's word. */
export function tierOf(native: unknown): string | undefined {
  const tier = isRecord(native) ? native['service_tier'] : undefined;
  if (typeof tier !== 'string') return undefined;
  return tier === 'standard' ? 'default' : tier;
}

/** Tokens written to the cache by lifetime (`ephemeral_1h_input_tokens` costs more), and searches: kept as they came. */
function kept(native: JsonObject, member: string): JsonObject {
  return isRecord(native[member]) ? { [member]: native[member] } : {};
}

function writtenInParts(parts: unknown): number {
  if (!isRecord(parts)) return 0;
  return Object.values(parts).reduce<number>((sum, count) => sum + (countOf(count) ?? 0), 0);
}

function countOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 ? value : undefined;
}
