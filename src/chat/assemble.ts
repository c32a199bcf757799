import { ToolCallsAssembler, foldFunctionCall } from './assemble-tool-calls.js';
import { AudioAssembler } from './assemble-audio.js';
import { isBlockList, joinBlocks } from './assemble-blocks.js';
import { flattenContent } from './content-parts.js';
import { filledText, indexIn, isRecord, mergeDefined, type JsonObject } from '../util/json-object.js';
import { hasDeltaContent } from './delta-content.js';
import type { ChatChoice, ChatChunk, ChatCompletion, ChunkChoice } from './types.js';

/**
 * Members of a delta that are labels: the latest value counts. All other texts are concatenated, whatever their name
 * (`reasoning_text`, `thinking`, `thoughts`).
 */
const LABEL =
  /^(?:name|id|type|object|status|phase|model|provider|channel|format|language)$|_(?:id|type|status|format|effort|reason|tier)$|signature|opaque|encrypted/;

/** Top-level members that `completion()` writes itself; `obfuscation` is padding of a single event. */
const OWN_TOP_LEVEL: ReadonlySet<string> = new Set([
  'id',
  'object',
  'created',
  'model',
  'choices',
  'usage',
  'obfuscation',
]);

/** Members of a choice that are assembled; some upstreams repeat the whole `message` beside the delta. */
const OWN_CHOICE: ReadonlySet<string> = new Set(['index', 'delta', 'message', 'finish_reason', 'logprobs']);

/** The completion that `chunks` add up to. */
export function assembleCompletion(chunks: readonly ChatChunk[]): ChatCompletion {
  const assembler = new CompletionAssembler();
  for (const chunk of chunks) assembler.add(chunk);
  return assembler.completion();
}

/**
 * Folds the chunks of one stream into a `chat.completion`, one by one, so that a long stream is never held twice.
 * It has no limit of its own: count the bytes that you add.
 */
export class CompletionAssembler {
  #id: string | undefined;
  #created: number | undefined;
  #model: string | undefined;
  #usage: ChatCompletion['usage'];
  readonly #others: JsonObject = {};
  readonly #choices: (ChoiceAssembler | undefined)[] = [];

  add(chunk: ChatChunk): void {
    // Azure's first chunk has `""`, `0` and `""` for these.
    this.#id ??= filledText(chunk.id);
    this.#created ??= chunk.created === 0 ? undefined : (chunk.created ?? undefined);
    this.#model ??= filledText(chunk.model);
    if (isRecord(chunk.usage)) this.#usage = chunk.usage;
    mergeDefined(this.#others, chunk, OWN_TOP_LEVEL);
    if (!Array.isArray(chunk.choices)) return;
    for (const [position, choice] of chunk.choices.entries()) {
      if (isRecord(choice)) this.#choiceAt(choice.index, position)?.add(choice);
    }
  }

  /**
   * A choice had content after its finish reason: the upstream sends a reason in every chunk, so only `[DONE]` shows
   * where its response ends.
   */
  get contradictory(): boolean {
    return this.#choices.some((choice) => choice?.reopened === true);
  }

  /** The completion so far. Members that no chunk had are left out, except for those that clients require. */
  completion(): ChatCompletion {
    const completion: ChatCompletion = { object: 'chat.completion', choices: [] };
    if (this.#id !== undefined) completion.id = this.#id;
    if (this.#created !== undefined) completion.created = this.#created;
    if (this.#model !== undefined) completion.model = this.#model;
    completion['system_fingerprint'] = null;
    Object.assign(completion, this.#others);
    for (const [index, choice] of this.#choices.entries()) {
      if (choice !== undefined) completion.choices.push(choice.choice(index));
    }
    if (this.#usage !== undefined) completion.usage = this.#usage;
    return completion;
  }

  #choiceAt(index: unknown, position: number): ChoiceAssembler | undefined {
    const given = indexIn(index);
    if (given === 'invalid') return undefined;
    const at = given === 'absent' ? position : given;
    return (this.#choices[at] ??= new ChoiceAssembler());
  }
}

class ChoiceAssembler {
  reopened = false;
  #finishReason: string | null = null;
  #logprobs: JsonObject | null = null;
  readonly #others: JsonObject = {};
  readonly #message = new MessageAssembler();

  add(choice: ChunkChoice): void {
    if (this.#finishReason !== null && hasDeltaContent(choice.delta)) this.reopened = true;
    if (isRecord(choice.delta)) this.#message.add(choice.delta);
    // Servers written in Go send "" for null.
    this.#finishReason = filledText(choice.finish_reason) ?? this.#finishReason;
    if (isRecord(choice['logprobs'])) this.#addLogprobs(choice['logprobs']);
    mergeDefined(this.#others, choice, OWN_CHOICE);
  }

  choice(index: number): ChatChoice {
    return {
      index,
      message: this.#message.message(),
      logprobs: this.#logprobs,
      finish_reason: this.#finishReason,
      ...this.#others,
    };
  }

  #addLogprobs(logprobs: JsonObject): void {
    const all = (this.#logprobs ??= { content: null, refusal: null });
    for (const list of ['content', 'refusal']) {
      const more = logprobs[list];
      if (Array.isArray(more)) all[list] = appended(all[list], more);
    }
  }
}

class MessageAssembler {
  #role: string | undefined;
  // In the order of their first appearance.
  readonly #texts = new Map<string, string>();
  readonly #others: JsonObject = {};
  readonly #toolCalls = new ToolCallsAssembler();
  readonly #audio = new AudioAssembler();
  #functionCall: JsonObject | undefined;

  add(delta: JsonObject): void {
    const flat = hasParts(delta) ? flattened(delta) : delta;
    for (const key of Object.keys(flat)) this.#addMember(key, flat[key]);
  }

  message(): NonNullable<ChatChoice['message']> {
    const message: JsonObject & { role: string; content: string | null } = {
      role: this.#role ?? 'assistant',
      content: null,
      refusal: null,
    };
    for (const [key, text] of this.#texts) message[key] = text;
    Object.assign(message, this.#others);
    if (!this.#audio.empty) message['audio'] = this.#audio.audio();
    if (this.#functionCall !== undefined) message['function_call'] = this.#functionCall;
    if (!this.#toolCalls.empty) message['tool_calls'] = this.#toolCalls.toolCalls();
    // Streams begin with content "" even if only a tool call follows; whole responses have null then.
    if (message.content === '' && saysSomethingElse(message)) message.content = null;
    return message;
  }

  #addMember(key: string, value: unknown): void {
    if (value === null || value === undefined || key === '__proto__') return;
    if (key === 'role') {
      this.#role ??= filledText(value);
      return;
    }
    if (typeof value === 'string' && !LABEL.test(key)) {
      this.#texts.set(key, (this.#texts.get(key) ?? '') + value);
      return;
    }
    switch (key) {
      case 'tool_calls':
        if (Array.isArray(value)) this.#toolCalls.add(value);
        return;
      case 'function_call':
        if (isRecord(value)) this.#functionCall = foldFunctionCall(this.#functionCall, value);
        return;
      case 'audio':
        if (isRecord(value)) this.#audio.add(value);
        return;
      default:
        mergeDefined(this.#others, { [key]: Array.isArray(value) ? this.#extended(key, value) : value });
    }
  }

  /** A list with the items of one more delta; for lists of blocks these are pieces of blocks. */
  #extended(key: string, items: readonly unknown[]): unknown[] {
    const before = this.#others[key];
    return isBlockList(key) ? joinBlocks(before, items) : appended(before, items);
  }
}

function hasParts({ content }: JsonObject): boolean {
  return typeof content === 'object' && content !== null;
}

/** A delta whose list of content parts became text. Works on a copy: the chunk belongs to the caller. */
function flattened(delta: JsonObject): JsonObject {
  const flat = { ...delta };
  flattenContent(flat);
  return flat;
}

function saysSomethingElse(message: JsonObject): boolean {
  return (
    ['tool_calls', 'function_call', 'audio'].some((key) => Object.hasOwn(message, key)) ||
    filledText(message['refusal']) !== undefined
  );
}

/** `list` with `more` appended in place: copying it for each chunk would be quadratic. */
function appended(list: unknown, more: readonly unknown[]): unknown[] {
  if (!Array.isArray(list)) return [...more];
  for (const item of more) list.push(item);
  return list;
}
