import { isRecord, type JsonObject } from '../util/json-object.js';
import { countOf } from './counts.js';

/** Tokens of a prompt that the provider's prompt cache had, or has from now on. */
export interface CachedTokens {
  readonly read: number;
  /** For any lifetime. */
  readonly write: number;
  /** Of `write`: for an hour. */
  readonly write1h: number;
}

/** What a member of a usage, or of its details, counts. */
type Kind = 'read' | 'anthropicRead' | 'write' | 'byLifetime' | 'list';

const KINDS: ReadonlyMap<string, Kind> = new Map<string, Kind>([
  // OpenAI and Moonshot, Mistral, DeepSeek, and Bedrock.
  ['cached_tokens', 'read'],
  ['num_cached_tokens', 'read'],
  ['prompt_cache_hit_tokens', 'read'],
  ['cacheReadInputTokens', 'read'],
  ['cache_read_input_tokens', 'anthropicRead'],
  // OpenAI, proxies, Anthropic and Qwen, and Bedrock.
  ['cache_write_tokens', 'write'],
  ['cache_creation_tokens', 'write'],
  ['cache_creation_input_tokens', 'write'],
  ['cacheWriteInputTokens', 'write'],
  // Anthropic, and proxies.
  ['cache_creation', 'byLifetime'],
  ['cache_creation_token_details', 'byLifetime'],
  // Bedrock.
  ['cacheDetails', 'list'],
]);
/** Names of Anthropic, whose sum leaves these tokens out. */
const BESIDE = ['cache_read_input_tokens', 'cache_creation_input_tokens', 'cache_creation'] as const;

/**
 * What `usage` and the details of its prompt say about the cache. One count may stand under several names, and a proxy
 * fills those that it does not know with 0, so the highest counts.
 */
export function cachedTokens(usage: JsonObject, details: readonly JsonObject[]): CachedTokens {
  const found = new CacheCounts();
  found.addMembers(usage);
  for (const place of details) found.addMembers(place);
  return found.tokens;
}

/** Whether `usage` counts as Anthropic does: what the cache read and wrote stands beside the input. */
export function isCountedBeside(usage: JsonObject): boolean {
  if (isRecord(usage['input_tokens_details'])) return false;
  return BESIDE.some((name) => usage[name] !== undefined);
}

/** The highest counts of each kind. Only the members that are there are looked at, because most usages have few. */
class CacheCounts {
  #read = 0;
  #anthropicRead: number | undefined;
  #write = 0;
  #write5m = 0;
  #write1h = 0;

  addMembers(place: JsonObject): void {
    for (const name in place) {
      const kind = KINDS.get(name);
      if (kind !== undefined) this.#add(kind, place[name]);
    }
  }

  get tokens(): CachedTokens {
    const write = Math.max(this.#write, this.#write5m + this.#write1h);
    return { read: this.#tokensRead(write), write, write1h: this.#write1h };
  }

  #add(kind: Kind, value: unknown): void {
    const count = countOf(value);
    switch (kind) {
      case 'read':
        this.#read = Math.max(this.#read, count ?? 0);
        break;
      case 'anthropicRead':
        if (count !== undefined) this.#anthropicRead = Math.max(this.#anthropicRead ?? 0, count);
        break;
      case 'write':
        this.#write = Math.max(this.#write, count ?? 0);
        break;
      case 'byLifetime':
        if (isRecord(value)) this.#addLifetimes(value);
        break;
      case 'list':
        this.#write1h = Math.max(this.#write1h, hourInList(value));
    }
  }

  #addLifetimes(counts: JsonObject): void {
    this.#write5m = Math.max(this.#write5m, countOf(counts['ephemeral_5m_input_tokens']) ?? 0);
    this.#write1h = Math.max(this.#write1h, countOf(counts['ephemeral_1h_input_tokens']) ?? 0);
  }

  #tokensRead(write: number): number {
    const anthropic = this.#anthropicRead;
    const read = Math.max(this.#read, anthropic ?? 0);
    // Some proxies report reads and writes together as `cached_tokens`.
    return anthropic !== undefined && write > 0 && read === anthropic + write ? anthropic : read;
  }
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
