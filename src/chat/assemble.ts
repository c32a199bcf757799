import { ToolCallsAssembler, foldFunctionCall } from './assemble-tool-calls.js';
import { AudioAssembler } from './assemble-audio.js';
import { arrayIndex, isRecord, mergeDefined, type JsonObject } from '../util/json-object.js';
import { joinReasoningDetails } from './reasoning-details.js';
import type { ChatChoice, ChatChunk, ChatCompletion, ChunkChoice } from './types.js';

/** JsonObject of a delta that come in pieces of one text. */
const TEXT_MEMBERS: ReadonlySet<string> = new Set(['content', 'refusal', 'reasoning_content', 'reasoning']);

/** Top-level members that `completion()` writes itself; `obfuscation` is padding of one event and means nothing. */
const OWN_TOP_LEVEL: ReadonlySet<string> = new Set([
  'id',
  'object',
  'created',
  'model',
  'choices',
  'usage',
  'obfuscation',
]);

/** JsonObject of a choice that are folded; some upstreams repeat the whole `message` beside the delta. */
const OWN_CHOICE: ReadonlySet<string> = new Set(['index', 'delta', 'message', 'finish_reason', 'logprobs']);

/** The whole answer that `chunks` tell in pieces. */
export function assembleCompletion(chunks: readonly ChatChunk[]): ChatCompletion {
  const assembler = new CompletionAssembler();
  for (const chunk of chunks) assembler.add(chunk);
  return assembler.completion();
}

/**
 * Folds the chunks of one stream into a `chat.completion`, one by one, so that a long stream is never held twice.
 * How much it may grow is the caller's business: count the bytes that you add.
 */
export class CompletionAssembler {
  #id: string | undefined;
  #created: number | undefined;
  #model: string | undefined;
  #usage: ChatCompletion['usage'];
  readonly #others: JsonObject = {};
  readonly #choices: (ChoiceAssembler | undefined)[] = [];

  add(chunk: ChatChunk): void {
    this.#id ??= chunk.id;
    this.#created ??= chunk.created;
    this.#model ??= chunk.model;
    if (isRecord(chunk.usage)) this.#usage = chunk.usage;
    mergeDefined(this.#others, chunk, OWN_TOP_LEVEL);
    if (!Array.isArray(chunk.choices)) return;
    for (const [position, choice] of chunk.choices.entries()) {
      if (isRecord(choice)) this.#choiceAt(choice.index, position)?.add(choice);
    }
  }

  /** What has come so far. JsonObject that no chunk carried are left out, but for those that clients insist on. */
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
    const at = arrayIndex(index ?? position);
    if (at === undefined) return undefined;
    return (this.#choices[at] ??= new ChoiceAssembler());
  }
}

class ChoiceAssembler {
  #finishReason: string | null = null;
  #logprobs: JsonObject | null = null;
  readonly #others: JsonObject = {};
  readonly #message = new MessageAssembler();

  add(choice: ChunkChoice): void {
    if (isRecord(choice.delta)) this.#message.add(choice.delta);
    // Go servers write "" where they mean null.
    if (typeof choice.finish_reason === 'string' && choice.finish_reason !== '')
      this.#finishReason = choice.finish_reason;
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
  // In the order in which they first came, which is the order in which a reader expects them.
  readonly #texts = new Map<string, string>();
  readonly #others: JsonObject = {};
  readonly #toolCalls = new ToolCallsAssembler();
  readonly #audio = new AudioAssembler();
  #functionCall: JsonObject | undefined;

  add(delta: JsonObject): void {
    for (const key of Object.keys(delta)) this.#addMember(key, delta[key]);
  }

  message(): NonNullable<ChatChoice['message']> {
    const message: JsonObject & { role: string; content: string | null } = {
      role: this.#role ?? 'assistant',
      content: null,
      refusal: null,
    };
    for (const [key, text] of this.#texts) message[key] = text;
    Object.assign(message, this.#others);
    const details = message['reasoning_details'];
    if (Array.isArray(details)) message['reasoning_details'] = joinReasoningDetails(details);
    if (!this.#audio.empty) message['audio'] = this.#audio.audio();
    if (this.#functionCall !== undefined) message['function_call'] = this.#functionCall;
    if (!this.#toolCalls.empty) message['tool_calls'] = this.#toolCalls.toolCalls();
    // Streams open with content "" before they know that only a call will follow; whole answers say null.
    if (message.content === '' && saysSomethingElse(message)) message.content = null;
    return message;
  }

  #addMember(key: string, value: unknown): void {
    if (value === null || value === undefined) return;
    if (typeof value === 'string' && TEXT_MEMBERS.has(key)) {
      this.#texts.set(key, (this.#texts.get(key) ?? '') + value);
      return;
    }
    switch (key) {
      case 'role':
        if (isText(value)) this.#role ??= value;
        return;
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
        // Of lists (`annotations`, `reasoning_details`, `images`) each delta brings further items.
        mergeDefined(this.#others, { [key]: Array.isArray(value) ? appended(this.#others[key], value) : value });
    }
  }
}

function saysSomethingElse(message: JsonObject): boolean {
  return (
    ['tool_calls', 'function_call', 'audio'].some((key) => Object.hasOwn(message, key)) || isText(message['refusal'])
  );
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

/** `list` with `more` behind it, grown in place: a copy for each chunk would be quadratic. */
function appended(list: unknown, more: readonly unknown[]): unknown[] {
  if (!Array.isArray(list)) return [...more];
  for (const item of more) list.push(item);
  return list;
}
