import { isRecord, type JsonObject } from '../util/json-object.js';
import { countOf, recordIn } from './counts.js';

/** Tokens of a prompt that the provider's prompt cache had, or has from now on. */
export interface CachedTokens {
  readonly read: number;
  /** For any lifetime. */
  readonly write: number;
  /** Of `write`: for an hour. */
  readonly write1h: number;
}

/** Names of OpenAI and Moonshot, Mistral, Anthropic, DeepSeek, and Bedrock. */
const READ = [
  'cached_tokens',
  'num_cached_tokens',
  'cache_read_input_tokens',
  'prompt_cache_hit_tokens',
  'cacheReadInputTokens',
] as const;
/** Names of OpenAI, of proxies, of Anthropic and Qwen, and of Bedrock. */
const WRITE = [
  'cache_write_tokens',
  'cache_creation_tokens',
  'cache_creation_input_tokens',
  'cacheWriteInputTokens',
] as const;
/** Names of Anthropic, whose sum leaves these tokens out. */
const BESIDE = ['cache_read_input_tokens', 'cache_creation_input_tokens', 'cache_creation'] as const;
/** Counts of writes by lifetime: Anthropic's name, and that of proxies. */
const BY_LIFETIME = ['cache_creation', 'cache_creation_token_details'] as const;

/**
 * What `usage` and the details of its prompt say about the cache. One count may stand under several names, and a proxy
 * fills those that it does not know with 0, so the highest counts.
 */
export function cachedTokens(usage: JsonObject, details: readonly JsonObject[]): CachedTokens {
  const places = [usage, ...details];
  const byLifetime = places.flatMap((place) => BY_LIFETIME.map((name) => recordIn(place, name)));
  const write5m = highest(byLifetime, ['ephemeral_5m_input_tokens']);
  const write1h = Math.max(highest(byLifetime, ['ephemeral_1h_input_tokens']), hourInList(usage['cacheDetails']));
  const write = Math.max(highest(places, WRITE), write5m + write1h);
  return { read: tokensRead(places, write), write, write1h };
}

/** Whether `usage` counts as Anthropic does: what the cache read and wrote stands beside the input. */
export function isCountedBeside(usage: JsonObject): boolean {
  if (isRecord(usage['input_tokens_details'])) return false;
  return BESIDE.some((name) => usage[name] !== undefined);
}

function tokensRead(places: readonly JsonObject[], write: number): number {
  const read = highest(places, READ);
  const named = highest(places, ['cache_read_input_tokens']);
  const isSum =
    write > 0 && read === named + write && places.some((place) => place['cache_read_input_tokens'] === named);
  // Some proxies report reads and writes together as `cached_tokens`.
  return isSum ? named : read;
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

function highest(places: readonly JsonObject[], names: readonly string[]): number {
  let found = 0;
  for (const place of places) for (const name of names) found = Math.max(found, countOf(place[name]) ?? 0);
  return found;
}
