import { isRecord, type JsonObject } from '../util/json-object.js';
import { cachedTokens, isCountedBeside, type CachedTokens } from './cached-tokens.js';
import { countOf, recordIn } from './counts.js';

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

/**
 * The three sums of `usage`, by OpenAI's names or Anthropic's. A missing one is derived from the other two. The prompt
 * includes what a cache read and wrote, which Anthropic's input leaves out.
 */
export function usageSums(usage: unknown): UsageSums | undefined {
  if (!isRecord(usage)) return undefined;
  const prompt = countOf(usage['prompt_tokens']) ?? wholeInput(usage);
  const completion = countOf(usage['completion_tokens']) ?? countOf(usage['output_tokens']);
  const total = countOf(usage['total_tokens']);
  if (prompt === undefined && completion === undefined && total === undefined) return undefined;
  const both = (prompt ?? 0) + (completion ?? 0);
  return {
    prompt: prompt ?? Math.max((total ?? 0) - (completion ?? 0), 0),
    completion: completion ?? Math.max((total ?? 0) - (prompt ?? 0), 0),
    total: total ?? both,
  };
}

function wholeInput(usage: JsonObject): number | undefined {
  const input = countOf(usage['input_tokens']);
  if (input === undefined || !isCountedBeside(usage)) return input;
  const { read, write } = cachedTokens(usage, promptDetails(usage));
  return input + read + write;
}

/**
 * The parts of `usage` that are priced separately. Providers disagree on what the sums include, so the total decides:
 * what exceeds prompt and completion is cache traffic (Anthropic's way of counting) or hidden output (reasoning of Gemini
 * and xAI). `undefined` where nothing was counted.
 */
export function tokenCountsOf(usage: unknown): TokenCounts | undefined {
  const sums = usageSums(usage);
  if (sums === undefined || !isRecord(usage)) return undefined;
  const details = promptDetails(usage);
  const output = detailsOf(usage, 'completion_tokens_details', 'output_tokens_details');
  const cached = cachedTokens(usage, details);
  const reasoning =
    countOf(output['reasoning_tokens']) ??
    countOf(output['thinking_tokens']) ??
    countOf(usage['reasoning_tokens']) ??
    0;
  const beside = besideSums(usage, sums, cached, reasoning);
  const prompt = sums.prompt + beside.prompt;
  const completion = sums.completion + beside.completion;
  const input = details[0] ?? {};
  const audio = Math.min(countOf(input['audio_tokens']) ?? 0, prompt);
  const cachedAudio = countOf(recordIn(input, 'cached_tokens_details')['audio_tokens']) ?? 0;
  return {
    prompt,
    cacheRead: cached.read,
    cacheWrite: cached.write,
    cacheWrite1h: cached.write1h,
    audio,
    audioCacheRead: Math.min(cachedAudio, audio, cached.read),
    completion,
    reasoning: Math.min(reasoning, completion),
    audioOutput: Math.min(countOf(output['audio_tokens']) ?? 0, completion),
    imageOutput: Math.min(countOf(output['image_tokens']) ?? 0, completion),
    webSearches:
      countOf(recordIn(usage, 'server_tool_use')['web_search_requests']) ?? countOf(usage['num_search_queries']) ?? 0,
  };
}

/** Tokens that belong to prompt and completion, but that their sums leave out. */
interface BesideSums {
  readonly prompt: number;
  readonly completion: number;
}

function besideSums(usage: JsonObject, sums: UsageSums, cached: CachedTokens, reasoning: number): BesideSums {
  return besidePerplexitys(usage) ?? besideByTotal(sums, cached, reasoning);
}

/** Perplexity's sums, the total included, leave out the pages that it read and its reasoning. */
function besidePerplexitys(usage: JsonObject): BesideSums | undefined {
  const citations = countOf(usage['citation_tokens']);
  if (citations === undefined && countOf(usage['num_search_queries']) === undefined) return undefined;
  return { prompt: citations ?? 0, completion: countOf(usage['reasoning_tokens']) ?? 0 };
}

function besideByTotal(sums: UsageSums, { read, write }: CachedTokens, reasoning: number): BesideSums {
  const beyond = Math.max(sums.total - sums.prompt - sums.completion, 0);
  const traffic = read + write;
  const known = besideOf(beyond, [0, traffic, write, read], reasoning);
  if (known !== undefined) return known;
  const prompt = traffic > sums.prompt ? traffic : 0;
  const hidden = Math.max(beyond - prompt, 0);
  return { prompt, completion: reasoning > sums.completion ? Math.max(hidden, reasoning) : hidden };
}

/** The named counts whose sum is exactly what the total has `beyond` prompt and completion. */
function besideOf(beyond: number, traffics: readonly number[], reasoning: number): BesideSums | undefined {
  if (beyond === 0) return undefined;
  for (const prompt of traffics) {
    for (const completion of prompt === 0 ? [reasoning] : [0, reasoning]) {
      if (prompt + completion === beyond) return { prompt, completion };
    }
  }
  return undefined;
}

/** The details of the prompt. Mistral has them in the singular as well. */
function promptDetails(usage: JsonObject): readonly JsonObject[] {
  return ['prompt_tokens_details', 'input_tokens_details', 'prompt_token_details']
    .map((name) => usage[name])
    .filter(isRecord);
}

function detailsOf(usage: JsonObject, ...names: readonly string[]): JsonObject {
  for (const name of names) if (isRecord(usage[name])) return usage[name];
  return {};
}
