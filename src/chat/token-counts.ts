import { isRecord } from '../util/json-object.js';

/** Tokens of one call, by kinds that providers price separately. Each part is included in its sum. */
export interface TokenCounts {
  /** All tokens of the prompt: read from a cache, written to one, or neither. */
  readonly prompt: number;
  /** Of `prompt`: read from the provider's prompt cache. */
  readonly cacheRead: number;
  /** Of `prompt`: written to the provider's prompt cache, for any lifetime. */
  readonly cacheWrite: number;
  /** Of `cacheWrite`: kept for an hour instead of five minutes. */
  readonly cacheWrite1h: number;
  /** Of `prompt`: audio. */
  readonly audio: number;
  /** Of `audio` and of `cacheRead`: audio that was read from the cache. */
  readonly audioCacheRead: number;
  /** All generated tokens, reasoning included. */
  readonly completion: number;
  /** Of `completion`: reasoning. */
  readonly reasoning: number;
  /** Of `completion`: audio. */
  readonly audioOutput: number;
  /** Of `completion`: images. */
  readonly imageOutput: number;
  /** Web searches that the provider made and charges one by one. */
  readonly webSearches: number;
}

/** No tokens. */
export const NO_TOKENS: TokenCounts = Object.freeze({
  prompt: 0,
  cacheRead: 0,
  cacheWrite: 0,
  cacheWrite1h: 0,
  audio: 0,
  audioCacheRead: 0,
  completion: 0,
  reasoning: 0,
  audioOutput: 0,
  imageOutput: 0,
  webSearches: 0,
});

/** The sums of a `usage`, as the upstream reported them. */
export interface UsageSums {
  readonly prompt: number;
  readonly completion: number;
  readonly total: number;
}

/** The three sums of `usage`, by OpenAI's names or Anthropic's. A missing one is derived from the other two. */
export function usageSums(usage: unknown): UsageSums | undefined {
  if (!isRecord(usage)) return undefined;
  const prompt = countOf(usage['prompt_tokens']) ?? countOf(usage['input_tokens']);
  const completion = countOf(usage['completion_tokens']) ?? countOf(usage['output_tokens']);
  const total = countOf(usage['total_tokens']);
  if (prompt === undefined && completion === undefined && total === undefined) return undefined;
  return {
    prompt: prompt ?? Math.max((total ?? 0) - (completion ?? 0), 0),
    completion: completion ?? Math.max((total ?? 0) - (prompt ?? 0), 0),
    total: total ?? (prompt ?? 0) + (completion ?? 0),
  };
}

/**
 * The parts of `usage` that are priced separately. Providers disagree on what the sums include, so the total decides:
 * what exceeds prompt and completion is cache traffic (Anthropic's way of counting) or hidden output (reasoning of Gemini
 * and xAI). `undefined` where nothing was counted.
 */
export function tokenCountsOf(usage: unknown): TokenCounts | undefined {
  const sums = usageSums(usage);
  if (sums === undefined || !isRecord(usage)) return undefined;
  const input = detailsOf(usage, 'prompt_tokens_details', 'input_tokens_details');
  const output = detailsOf(usage, 'completion_tokens_details', 'output_tokens_details');
  const cached = cachedTokens(usage, input);
  const traffic = cached.read + cached.write;
  const reasoning = countOf(output['reasoning_tokens']) ?? countOf(output['thinking_tokens']) ?? 0;
  const beyond = Math.max(sums.total - sums.prompt - sums.completion, 0);
  const excludesCache = cacheIsBeside(usage, sums, traffic, { beyond, reasoning });
  const prompt = excludesCache ? sums.prompt + traffic : sums.prompt;
  const hidden = Math.max(beyond - (excludesCache ? traffic : 0), 0);
  const completion = Math.max(sums.completion + hidden, reasoning > sums.completion ? sums.completion + reasoning : 0);
  const audio = Math.min(countOf(input['audio_tokens']) ?? 0, prompt);
  return {
    prompt,
    cacheRead: cached.read,
    cacheWrite: cached.write,
    cacheWrite1h: cached.write1h,
    audio,
    audioCacheRead: Math.min(
      countOf(recordIn(input, 'cached_tokens_details')['audio_tokens']) ?? 0,
      audio,
      cached.read,
    ),
    completion,
    reasoning: Math.min(reasoning, completion),
    audioOutput: Math.min(countOf(output['audio_tokens']) ?? 0, completion),
    imageOutput: Math.min(countOf(output['image_tokens']) ?? 0, completion),
    webSearches: countOf(recordIn(usage, 'server_tool_use')['web_search_requests']) ?? 0,
  };
}

type Details = Readonly<Record<string, unknown>>;

interface CachedTokens {
  readonly read: number;
  readonly write: number;
  readonly write1h: number;
}

/** OpenAI's names, then Anthropic's, DeepSeek's, Moonshot's and Bedrock's. */
function cachedTokens(usage: Details, details: Details): CachedTokens {
  const read =
    countOf(details['cached_tokens']) ??
    countOf(usage['cache_read_input_tokens']) ??
    countOf(usage['prompt_cache_hit_tokens']) ??
    countOf(usage['cached_tokens']) ??
    countOf(usage['cacheReadInputTokens']) ??
    0;
  const byTime = { ...recordIn(usage, 'cache_creation'), ...recordIn(details, 'cache_creation_token_details') };
  const write5m = countOf(byTime['ephemeral_5m_input_tokens']) ?? 0;
  const write1h = countOf(byTime['ephemeral_1h_input_tokens']) ?? hourInList(usage['cacheDetails']);
  const write =
    countOf(details['cache_write_tokens']) ??
    countOf(details['cache_creation_tokens']) ??
    countOf(usage['cache_creation_input_tokens']) ??
    countOf(usage['cacheWriteInputTokens']) ??
    write5m + write1h;
  return { read, write: Math.max(write, write1h), write1h };
}

/** Bedrock lists its writes: `[{ ttl: '1h', inputTokens: 200 }]`. */
function hourInList(list: unknown): number {
  if (!Array.isArray(list)) return 0;
  let tokens = 0;
  for (const entry of list as readonly unknown[]) {
    if (isRecord(entry) && entry['ttl'] === '1h') tokens += countOf(entry['inputTokens']) ?? 0;
  }
  return tokens;
}

/** Whether the sum of the prompt excludes the tokens read from and written to the cache. */
function cacheIsBeside(
  usage: Details,
  sums: UsageSums,
  traffic: number,
  { beyond, reasoning }: { readonly beyond: number; readonly reasoning: number },
): boolean {
  if (traffic === 0) return false;
  if (traffic > sums.prompt) return true;
  const isAnthropics = usage['prompt_tokens'] === undefined && usage['input_tokens_details'] === undefined;
  if (isAnthropics && (usage['cache_read_input_tokens'] ?? usage['cache_creation_input_tokens']) !== undefined)
    return true;
  return beyond === traffic && beyond !== reasoning;
}

function detailsOf(usage: Details, ...names: readonly string[]): Details {
  for (const name of names) if (isRecord(usage[name])) return usage[name];
  return {};
}

function recordIn(of: Details, name: string): Details {
  const value = of[name];
  return isRecord(value) ? value : {};
}

function countOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined;
}
