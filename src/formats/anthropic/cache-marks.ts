import { isRecord } from '../../util/json-object.js';
import { isThinkingBlock, type Block, type CacheControl, type Markable, type SentMessage } from './blocks.js';
import type { AnthropicTraits } from './traits.js';

/** Marks that Anthropic takes in one request. */
const MAX_MARKS = 4;

/** Where in a request marks may appear, in the order in which the upstream caches. */
export interface MarkedBody {
  readonly tools: readonly Markable[];
  readonly system: readonly Markable[];
  readonly messages: readonly SentMessage[];
  /** Top-level `cache_control`: the upstream marks the last block by itself, which costs one of the four. */
  readonly topLevel: CacheControl | undefined;
}

/** The mark on a part, message or tool of a request. */
export function markOf(source: object, traits: AnthropicTraits): CacheControl | undefined {
  if (traits.promptCaching === false) return undefined;
  const { cache_control: mark, prompt_cache_breakpoint: breakpoint } = source as Readonly<Record<string, unknown>>;
  if (isRecord(mark) && mark['type'] === 'ephemeral') {
    const ttl = mark['ttl'];
    return ttl === '5m' || ttl === '1h' ? { type: 'ephemeral', ttl } : { type: 'ephemeral' };
  }
  return breakpoint === undefined || breakpoint === null || breakpoint === false ? undefined : { type: 'ephemeral' };
}

/** Puts `mark` on the last block that may carry one. Thinking never may. */
export function markLast(blocks: readonly Block[], mark: CacheControl | undefined): void {
  if (mark === undefined) return;
  const block = blocks.findLast((candidate) => !isThinkingBlock(candidate));
  if (block !== undefined && !isThinkingBlock(block)) block.cache_control = mark;
}

/**
 * Brings marks into the form that the upstream takes: none becomes the automatic ones where the endpoint wants them,
 * more than four lose the earliest ones of the messages, and a longer lifetime never follows a shorter one.
 */
export function arrangeMarks(body: MarkedBody, traits: AnthropicTraits): void {
  const isMarked = body.topLevel !== undefined || markedIn(body).length > 0;
  if (traits.promptCaching === 'auto' && !isMarked) markAutomatically(body);
  const prefix = [...body.tools, ...body.system].filter(hasMark);
  const turns = body.messages.flatMap(({ content }) => content.flatMap(nested)).filter(hasMark);
  const allowed = MAX_MARKS - (body.topLevel === undefined ? 0 : 1);
  for (const place of prefix.slice(0, Math.max(prefix.length - allowed, 0))) delete place.cache_control;
  const remaining = Math.max(allowed - prefix.length, 0);
  for (const place of turns.slice(0, Math.max(turns.length - remaining, 0))) delete place.cache_control;
  shortenLater(markedIn(body));
}

function markAutomatically({ tools, system, messages }: MarkedBody): void {
  for (const list of [tools, system]) {
    const last = list.at(-1);
    if (last !== undefined) last.cache_control = { type: 'ephemeral' };
  }
  markLast(messages.at(-1)?.content ?? [], { type: 'ephemeral' });
}

function shortenLater(places: readonly Markable[]): void {
  let isShort = false;
  for (const place of places) {
    if (isShort && place.cache_control?.ttl === '1h') place.cache_control = { type: 'ephemeral', ttl: '5m' };
    isShort ||= place.cache_control?.ttl !== '1h';
  }
}

function markedIn({ tools, system, messages }: MarkedBody): Markable[] {
  return [...tools, ...system, ...messages.flatMap(({ content }) => content.flatMap(nested))].filter(hasMark);
}

/** A block, behind the blocks inside of it. */
function nested(block: Block): Markable[] {
  if (isThinkingBlock(block)) return [];
  return block.type === 'tool_result' && Array.isArray(block.content) ? [...block.content, block] : [block];
}

function hasMark(place: Markable): boolean {
  return place.cache_control !== undefined;
}
