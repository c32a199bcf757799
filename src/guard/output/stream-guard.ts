import type { ChatChunk } from '../../chat/types.js';
import { isRecord, type JsonObject } from '../../util/json-object.js';
import { andThen } from '../text/text-filter.js';
import type { ResponseChannels } from './channels.js';
import { pushSlots } from './push-slots.js';
import { textSlots, type TextSlot } from './text-slots.js';

/** An event that may go to the client. */
export interface ReleasedEvent {
  readonly payload: string;
  /** It has text or a finish reason. */
  readonly hasContent: boolean;
}

/** A chunk on its way through the guards. */
interface GuardedChunk {
  readonly payload: string;
  readonly chunk: JsonObject;
  readonly choices: readonly JsonObject[];
  readonly slots: readonly TextSlot[];
  /** Members were removed, whatever the verdict of the guards. */
  readonly isStripped: boolean;
}

const NOT_IN_ENVELOPE: ReadonlySet<string> = new Set(['choices', 'usage', 'obfuscation']);

/** The chunks of one stream behind their guards: text that is held back leaves with a later chunk. */
export class StreamGuard {
  readonly #channels: ResponseChannels;
  /** Text may be changed, so log probabilities and copies of the message, which repeat it, are left out. */
  readonly #strips: boolean;
  #envelope: JsonObject = { object: 'chat.completion.chunk' };
  /** Choices that have appeared, and whether the client has received their finish reason. */
  readonly #ended = new Map<number, boolean>();
  /** Chunks with finish reasons that wait for the last text of their choice, and what follows them. */
  #heldEnds: string[] = [];

  constructor(channels: ResponseChannels, strips: boolean) {
    this.#channels = channels;
    this.#strips = strips;
  }

  /** What may leave once `payloads` have come. @throws BlockedByGuard */
  take(payloads: readonly string[]): readonly ReleasedEvent[] | Promise<readonly ReleasedEvent[]> {
    const chunks = payloads.map((payload) => this.#read(payload));
    const slots = chunks.flatMap((chunk) => chunk.slots);
    return pushSlots(slots, () => chunks.flatMap((chunk) => this.#release(chunk)));
  }

  /** What is left when the stream has ended. @throws BlockedByGuard */
  end(): readonly string[] | Promise<readonly string[]> {
    const tails: string[] = [];
    let done: void | Promise<void> = undefined;
    for (const channel of this.#channels.all()) {
      done = andThen(done, () =>
        andThen(channel.push('', true), (text) => {
          if (text !== '') tails.push(this.#chunkOf(channel.choice, channel.deltaOf(text), null));
        }),
      );
    }
    return andThen(done, () => [...tails, ...this.#heldEnds]);
  }

  /** Chunks that end every choice whose finish reason the client has not received. */
  filteredEnds(): readonly string[] {
    const open = [...this.#ended].filter(([, isTold]) => !isTold);
    return open.map(([choice]) => this.#chunkOf(choice, {}, 'content_filter'));
  }

  #read(payload: string): GuardedChunk {
    const chunk = JSON.parse(payload) as ChatChunk & JsonObject;
    const choices = Array.isArray(chunk.choices) ? (chunk.choices as unknown[]).filter(isRecord) : [];
    let isStripped = false;
    const slots: TextSlot[] = [];
    for (const [position, choice] of choices.entries()) {
      const index = indexOf(choice, position);
      if (!this.#ended.has(index)) this.#ended.set(index, false);
      if (this.#strips && strip(choice)) isStripped = true;
      if (isRecord(choice['delta'])) slots.push(...textSlots(choice['delta'], index, false, this.#channels));
    }
    for (const key of Object.keys(chunk)) if (!NOT_IN_ENVELOPE.has(key)) this.#envelope[key] = chunk[key];
    return { payload, chunk, choices, slots, isStripped };
  }

  #release({ payload, chunk, choices, slots, isStripped }: GuardedChunk): readonly ReleasedEvent[] {
    const isSplit = this.#holdEnds(chunk, choices);
    if (choices.length === 0 && this.#heldEnds.length > 0 && !isSplit) {
      this.#heldEnds.push(payload);
      return [];
    }
    for (const [position, choice] of choices.entries()) {
      if (hasEnded(choice)) this.#ended.set(indexOf(choice, position), true);
    }
    const hasContent = choices.some(hasChoiceContent);
    const isChanged = isSplit || isStripped || slots.some((slot) => slot.isChanged);
    if (!isChanged) return [{ payload, hasContent }];
    if (!hasContent && isVoid(chunk, choices)) return [];
    return [{ payload: JSON.stringify(chunk), hasContent }];
  }

  /** Takes the finish reasons of choices with held text out of `chunk`. True: it was changed. */
  #holdEnds(chunk: JsonObject, choices: readonly JsonObject[]): boolean {
    const held = choices.filter(
      (choice, position) => hasEnded(choice) && this.#channels.isPending(indexOf(choice, position)),
    );
    if (held.length === 0) return false;
    const ends = held.map((choice) => ({ ...choice, delta: {} }));
    this.#heldEnds.push(JSON.stringify({ ...chunk, choices: ends }));
    for (const choice of held) choice['finish_reason'] = null;
    if (isRecord(chunk['usage'])) chunk['usage'] = null;
    return true;
  }

  #chunkOf(index: number, delta: JsonObject, finishReason: string | null): string {
    return JSON.stringify({
      ...this.#envelope,
      choices: [{ index, delta, logprobs: null, finish_reason: finishReason }],
    });
  }
}

function indexOf(choice: JsonObject, position: number): number {
  return typeof choice['index'] === 'number' ? choice['index'] : position;
}

function hasEnded(choice: JsonObject): boolean {
  const reason = choice['finish_reason'];
  return typeof reason === 'string' && reason !== '';
}

/** Takes out what repeats the text beside the delta. */
function strip(choice: JsonObject): boolean {
  let isChanged = false;
  if (isRecord(choice['logprobs'])) {
    choice['logprobs'] = null;
    isChanged = true;
  }
  for (const key of ['message', 'text']) {
    if (choice[key] === undefined || choice[key] === null) continue;
    delete choice[key];
    isChanged = true;
  }
  return isChanged;
}

/** Has more than a role, empty texts, and the beginning of a tool call. */
function hasChoiceContent(choice: JsonObject): boolean {
  if (hasEnded(choice)) return true;
  const { delta } = choice;
  return isRecord(delta) && Object.keys(delta).some((key) => key !== 'role' && hasText(delta[key]));
}

function hasText(value: unknown, key = ''): boolean {
  if (typeof value === 'string') return value !== '' && key !== 'id' && key !== 'type' && key !== 'name';
  if (Array.isArray(value)) return value.some((item) => hasText(item));
  return isRecord(value) && Object.keys(value).some((inner) => hasText(value[inner], inner));
}

/** The chunk can be left out: no member of it has a value that the client needs. */
function isVoid(chunk: JsonObject, choices: readonly JsonObject[]): boolean {
  if (isRecord(chunk['usage'])) return false;
  return choices.every(({ delta }) => !isRecord(delta) || Object.keys(delta).every((key) => !isNews(delta[key])));
}

/** A role, an id, a name, a number that is no position. */
function isNews(value: unknown, key = ''): boolean {
  if (typeof value === 'string') return value !== '' && key !== 'type';
  if (Array.isArray(value)) return value.some((item) => isNews(item));
  if (isRecord(value)) return Object.keys(value).some((inner) => isNews(value[inner], inner));
  return (typeof value === 'number' || typeof value === 'boolean') && key !== 'index';
}
