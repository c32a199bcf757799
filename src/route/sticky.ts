import { hash } from 'node:crypto';
import type { ChatRequest, Usage } from '../chat/types.js';
import type { Clock } from '../contracts/clock.js';
import type { Endpoint } from '../contracts/routing.js';
import { BoundedMap } from '../util/bounded-map.js';
import { isRecord } from '../util/json-object.js';

/** Providers keep a prompt cache for about this long after its last use, in milliseconds. */
const IDLE_MS = 600_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
const MAX_CONVERSATIONS = 50_000;
/** Characters of a message that are hashed, enough to distinguish conversations. */
const HASHED_CHARACTERS = 2_048;
const MAX_SESSION_ID = 256;
/** Key of the remembered model of a conversation that leaves the model open. No model has this name. */
const ANY_MODEL = '';

interface Memory {
  /** An endpoint's slug; for `ANY_MODEL` a model. */
  readonly slug: string;
  /** Monotonic milliseconds. */
  readonly until: number;
}

/**
 * Remembers which endpoint served a conversation last, so that its prompt cache is used again. Bounded, and entries
 * expire.
 */
export class StickyMemory {
  readonly #clock: Clock;
  readonly #memories: BoundedMap<Memory>;

  constructor(clock: Clock, capacity: number = MAX_CONVERSATIONS) {
    this.#clock = clock;
    this.#memories = new BoundedMap(capacity);
  }

  recall(key: string): string | undefined {
    const memory = this.#memories.get(key);
    if (memory === undefined) return undefined;
    if (this.#clock.now() < memory.until) return memory.slug;
    this.#memories.delete(key);
    return undefined;
  }

  remember(key: string, slug: string, idleMs: number): void {
    this.#memories.set(key, { slug, until: this.#clock.now() + idleMs });
  }

  get size(): number {
    return this.#memories.size;
  }
}

/** The conversation of one request: reads which endpoint served it before, and remembers the one that serves it now. */
export class Conversation {
  readonly #memory: StickyMemory;
  readonly #request: ChatRequest;
  readonly #tenant: string;
  readonly #session: string | undefined;
  #key: string | undefined;
  #modelIsOpen = false;

  /**
   * @param tenant - owner of the conversation; other tenants never share it
   * @param sessionHeader - `x-session-id`, if the client sent one
   */
  constructor(memory: StickyMemory, request: ChatRequest, tenant: string, sessionHeader: unknown) {
    this.#memory = memory;
    this.#request = request;
    this.#tenant = tenant;
    this.#session = sessionId(request.session_id) ?? sessionId(sessionHeader);
  }

  /** The endpoint that served this conversation with `model`. */
  readonly slugFor = (model: string): string | undefined => {
    // The memory is empty, so the messages need not be hashed.
    return this.#memory.size === 0 ? undefined : this.#memory.recall(this.#keyFor(model));
  };

  /**
   * The model that served this conversation while requests left it open. After this call `served` remembers the model
   * as well.
   */
  openModel(): string | undefined {
    this.#modelIsOpen = true;
    return this.slugFor(ANY_MODEL);
  }

  /**
   * Remembers the endpoint that served the conversation. Without a session id, only once a prompt cache was used there,
   * because before that another endpoint is as good.
   */
  readonly served = (endpoint: Endpoint, usage: Usage | undefined): void => {
    const mayRemember = this.#session !== undefined || usedCache(usage);
    if (!mayRemember && this.#memory.size === 0) return;
    const key = this.#keyFor(endpoint.model);
    if (!mayRemember && this.#memory.recall(key) !== endpoint.slug) return;
    this.#memory.remember(key, endpoint.slug, idleMs(this.#request));
    if (this.#modelIsOpen) this.#memory.remember(this.#keyFor(ANY_MODEL), endpoint.model, idleMs(this.#request));
  };

  #keyFor(model: string): string {
    this.#key ??= conversationKey(this.#request, this.#session);
    // Tenant and model contain no NUL, so the keys of two conversations never collide.
    return `${this.#key}\0${this.#tenant}\0${model}`;
  }
}

function sessionId(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' && value.length <= MAX_SESSION_ID ? value : undefined;
}

function conversationKey(request: ChatRequest, session: string | undefined): string {
  if (session !== undefined) return `session:${session}`;
  const cacheKey = request['prompt_cache_key'];
  if (typeof cacheKey === 'string' && cacheKey !== '') return `cache:${hash('sha256', cacheKey, 'base64url')}`;
  return `messages:${hash('sha256', openingOf(request), 'base64url')}`;
}

/** The part of a conversation that does not change as it grows: its instructions and its first message. */
function openingOf(request: ChatRequest): string {
  const messages: unknown = request.messages;
  if (!Array.isArray(messages)) return '';
  const opening = [messages.find(isInstruction), messages.find((message) => !isInstruction(message))];
  return opening.map((message) => excerpt(message)).join('\0');
}

function isInstruction(message: unknown): boolean {
  const role = isRecord(message) ? message['role'] : undefined;
  return role === 'system' || role === 'developer';
}

function excerpt(message: unknown): string {
  const content = isRecord(message) ? message['content'] : undefined;
  const text = typeof content === 'string' ? content : firstTexts(content);
  return `${text.length}:${text.slice(0, HASHED_CHARACTERS)}`;
}

function firstTexts(content: unknown): string {
  if (!Array.isArray(content)) return '';
  let text = '';
  for (const part of content as readonly unknown[]) {
    if (text.length > HASHED_CHARACTERS) break;
    if (isRecord(part) && typeof part['text'] === 'string') text += part['text'];
  }
  return text;
}

function usedCache(usage: Usage | undefined): boolean {
  const details: unknown = usage?.['prompt_tokens_details'];
  if (!isRecord(details)) return false;
  return isPositive(details['cached_tokens']) || isPositive(details['cache_write_tokens']);
}

function isPositive(value: unknown): boolean {
  return typeof value === 'number' && value > 0;
}

/** Lifetime of the prompt cache that the request asks for; at least the usual one. */
function idleMs(request: ChatRequest): number {
  if (request['prompt_cache_retention'] === '24h') return DAY_MS;
  return asksForAnHour(request) ? HOUR_MS : IDLE_MS;
}

/** Anthropic's `cache_control: { ttl: "1h" }` on a message's part, or on the request. */
function asksForAnHour(request: ChatRequest): boolean {
  if (hasHourLongCache(request)) return true;
  const messages: unknown = request.messages;
  return Array.isArray(messages) && messages.some(messageAsksForAnHour);
}

function messageAsksForAnHour(message: unknown): boolean {
  const content = isRecord(message) ? message['content'] : undefined;
  return Array.isArray(content) && content.some(hasHourLongCache);
}

function hasHourLongCache(value: unknown): boolean {
  const control = isRecord(value) ? value['cache_control'] : undefined;
  return isRecord(control) && control['ttl'] === '1h';
}
