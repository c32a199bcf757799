import { hash } from 'node:crypto';
import type { ChatRequest, Usage } from '../chat/types.js';
import type { Clock } from '../contracts/clock.js';
import type { Endpoint } from '../contracts/routing.js';
import { BoundedMap } from '../util/bounded-map.js';
import { isRecord } from '../util/json-object.js';

/** A prompt cache lives about this long after its last use. */
const IDLE_MS = 600_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
const MOST_CONVERSATIONS = 50_000;
/** Enough of a message to tell conversations apart. */
const HASHED_CHARACTERS = 2_048;
const LONGEST_SESSION_ID = 256;
/** No model has this name: under it stands the model of a conversation that leaves it open. */
const ANY_MODEL = '';

interface Memory {
  /** An endpoint's slug, or under `ANY_MODEL` a model. */
  readonly slug: string;
  /** Monotonic milliseconds. */
  readonly until: number;
}

/** Which endpoint served a conversation last, so that it finds its prompt cache again. Bounded; expires by itself. */
export class StickyMemory {
  readonly #clock: Clock;
  readonly #memories: BoundedMap<Memory>;

  constructor(clock: Clock, capacity: number = MOST_CONVERSATIONS) {
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

/** One request's conversation: who served it before, and a note for the next request. */
export class Conversation {
  readonly #memory: StickyMemory;
  readonly #request: ChatRequest;
  readonly #tenant: string;
  readonly #session: string | undefined;
  #key: string | undefined;
  #modelIsOpen = false;

  /**
   * @param tenant - whose conversation it is: others never share it.
   * @param sessionHeader - `x-session-id`, where the client sent one.
   */
  constructor(memory: StickyMemory, request: ChatRequest, tenant: string, sessionHeader: unknown) {
    this.#memory = memory;
    this.#request = request;
    this.#tenant = tenant;
    this.#session = sessionId(request.session_id) ?? sessionId(sessionHeader);
  }

  /** The endpoint that served this conversation with `model`. */
  readonly slugFor = (model: string): string | undefined => {
    // Nothing is remembered of anybody: no need to read messages.
    return this.#memory.size === 0 ? undefined : this.#memory.recall(this.#keyFor(model));
  };

  /** The model that served this conversation while requests left it open. Asking makes `served` remember it. */
  openModel(): string | undefined {
    this.#modelIsOpen = true;
    return this.slugFor(ANY_MODEL);
  }

  /**
   * Keeps the conversation where it was served. Without a session id only once a cache was used there: before that,
   * moving costs nothing.
   */
  readonly served = (endpoint: Endpoint, usage: Usage | undefined): void => {
    const mayBegin = this.#session !== undefined || usedCache(usage);
    if (!mayBegin && this.#memory.size === 0) return;
    const key = this.#keyFor(endpoint.model);
    if (!mayBegin && this.#memory.recall(key) !== endpoint.slug) return;
    this.#memory.remember(key, endpoint.slug, idleMs(this.#request));
    if (this.#modelIsOpen) this.#memory.remember(this.#keyFor(ANY_MODEL), endpoint.model, idleMs(this.#request));
  };

  #keyFor(model: string): string {
    this.#key ??= conversationKey(this.#request, this.#session);
    // Tenant and model hold no NUL, so no conversation can pass for another's.
    return `${this.#key}\0${this.#tenant}\0${model}`;
  }
}

function sessionId(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' && value.length <= LONGEST_SESSION_ID ? value : undefined;
}

function conversationKey(request: ChatRequest, session: string | undefined): string {
  if (session !== undefined) return `session:${session}`;
  const cacheKey = request['prompt_cache_key'];
  if (typeof cacheKey === 'string' && cacheKey !== '') return `cache:${hash('sha256', cacheKey, 'base64url')}`;
  return `messages:${hash('sha256', openingOf(request), 'base64url')}`;
}

/** What stays the same while a conversation grows: its instructions and its first message. */
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

/** As long as the cache that the request asks for, and never shorter than a usual one. */
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
