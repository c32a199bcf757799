import { parseExact } from '../../json/exact-numbers.js';
import { isRecord, type JsonObject } from '../../util/json-object.js';
import type { Annotation, ChatChunk, ChunkDelta, ToolCallDelta } from '../../chat/types.js';
import type { ChunkDecoder, UpstreamEvent } from '../../contracts/wire-format.js';
import { finishReasonOf } from './finish.js';
import { annotationsOf, customInput, refusalOf, responseHead, type Reading } from './reading.js';
import { REASONING_FORMAT } from './signed-thinking.js';
import { mergedUsage, tierOf, usageOf } from './usage.js';

/** Characters that one decoder keeps at most. */
const MAX_HELD = 32 * 1024 * 1024;
/** What a block or a citation counts, in characters. */
const HELD_PER_ITEM = 1_024;

/** A content block of the stream that is not over yet. */
interface OpenBlock {
  readonly kind: 'text' | 'json' | 'call' | 'custom' | 'thinking' | 'other';
  /** Position among the calls, or among the reasoning blocks. */
  readonly position: number;
  /** Characters of content before the block. */
  readonly start: number;
  readonly citations: unknown[];
  /** `input` of the start event, for a call without fragments. */
  readonly input: unknown;
  /** Fragments of a custom call, which is given out whole. */
  fragments: string;
  /** Something of the block was given out. */
  begun: boolean;
}

/**
 * Reads the events of one stream. The finish chunk is held until `message_stop`: without it a stream is cut off,
 * however complete its text looks.
 *
 * Twelve private fields: most of them are counters and held parts that any event of the stream may change.
 */
export class AnthropicDecoder implements ChunkDecoder {
  readonly #reading: Reading;
  readonly #blocks = new Map<unknown, OpenBlock>();
  #head: ReturnType<typeof responseHead>;
  #usage: JsonObject = {};
  #stop: JsonObject = {};
  #started = false;
  #ended = false;
  /** `message_stop` was read. */
  done = false;
  #calls = 0;
  #reasoningBlocks = 0;
  #contentLength = 0;
  #held = 0;
  readonly #annotations: Annotation[] = [];

  constructor(reading: Reading) {
    this.#reading = reading;
    this.#head = responseHead({}, reading);
  }

  /**
   * @throws SyntaxError when the event holds no JSON.
   * @throws RangeError when the decoder would have to keep too much of the stream.
   */
  event({ data }: UpstreamEvent): readonly ChatChunk[] {
    if (this.#ended || data.trim() === '' || data.trim() === '[DONE]') return [];
    // Of all events only the start of a call may hold its input as an object.
    const event = data.includes('"tool_use"') ? parseExact(data) : (JSON.parse(data) as unknown);
    return isRecord(event) ? this.#read(event) : [];
  }

  /** Nothing is held that may be given out without `message_stop`. */
  end(): readonly ChatChunk[] {
    return [];
  }

  #read(event: JsonObject): readonly ChatChunk[] {
    switch (event['type']) {
      case 'message_start':
        return this.#onStart(event['message']);
      case 'content_block_start':
        return this.#deltas(this.#onBlockStart(event));
      case 'content_block_delta':
        return this.#deltas(this.#onBlockDelta(event));
      case 'content_block_stop':
        return this.#deltas(this.#onBlockStop(event['index']));
      case 'message_delta':
        this.#usage = mergedUsage(this.#usage, event['usage']);
        if (isRecord(event['delta'])) this.#stop = mergedUsage(this.#stop, event['delta']);
        return [];
      case 'message_stop':
        return this.#onStop();
      case 'error':
        this.#ended = true;
        return [{ ...this.#chunkHead(), type: 'error', error: event['error'] ?? { message: 'The stream failed.' } }];
      default:
        return isRecord(event['error']) ? this.#read({ ...event, type: 'error' }) : [];
    }
  }

  #onStart(message: unknown): readonly ChatChunk[] {
    if (!isRecord(message) || this.#started) return [];
    this.#head = responseHead(message, this.#reading);
    this.#usage = mergedUsage(this.#usage, message['usage']);
    return this.#deltas([]);
  }

  #onBlockStart({ index, content_block: content }: JsonObject): readonly ChunkDelta[] {
    if (!isRecord(content)) return [];
    this.#hold(HELD_PER_ITEM);
    const block = this.#open(content);
    this.#blocks.set(index, block);
    switch (block.kind) {
      case 'text':
        return this.#text(block, content['text']);
      case 'call':
        return [this.#callHead(block, content)];
      case 'thinking':
        return this.#thinking(block, content);
      default:
        return [];
    }
  }

  #open(content: JsonObject): OpenBlock {
    const kind = this.#jsonTypeOf(content);
    const isCall = kind === 'call' || kind === 'custom';
    return {
      kind,
      position: isCall ? this.#calls++ : kind === 'thinking' ? this.#reasoningBlocks++ : 0,
      start: this.#contentLength,
      citations: kind === 'text' && Array.isArray(content['citations']) ? [...(content['citations'] as unknown[])] : [],
      input: kind === 'custom' ? content : content['input'],
      fragments: '',
      begun: false,
    };
  }

  #jsonTypeOf({ type, name }: JsonObject): OpenBlock['kind'] {
    if (type === 'text') return 'text';
    if (type === 'thinking' || type === 'redacted_thinking') return 'thinking';
    if (type !== 'tool_use') return 'other';
    if (name === this.#reading.jsonTool && name !== undefined) return 'json';
    return this.#reading.customTools.has(this.#reading.names.original(String(name))) ? 'custom' : 'call';
  }

  #onBlockDelta({ index, delta }: JsonObject): readonly ChunkDelta[] {
    const block = this.#blocks.get(index);
    if (block === undefined || !isRecord(delta)) return [];
    switch (delta['type']) {
      case 'text_delta':
        return block.kind === 'text' ? this.#text(block, delta['text']) : [];
      case 'input_json_delta':
        return this.#fragment(block, delta['partial_json']);
      case 'thinking_delta':
      case 'signature_delta':
        return block.kind === 'thinking' ? this.#thinking(block, delta) : [];
      case 'citations_delta':
        if (block.kind === 'text') {
          this.#hold(HELD_PER_ITEM);
          block.citations.push(delta['citation']);
        }
    }
    return [];
  }

  #text(block: OpenBlock, text: unknown): readonly ChunkDelta[] {
    if (typeof text !== 'string' || text === '') return [];
    block.begun = true;
    this.#contentLength += text.length;
    return [{ content: text }];
  }

  #fragment(block: OpenBlock, json: unknown): readonly ChunkDelta[] {
    if (typeof json !== 'string' || json === '') return [];
    if (block.kind === 'json') return this.#text(block, json);
    if (block.kind === 'custom') {
      this.#hold(json.length);
      block.fragments += json;
    }
    if (block.kind !== 'call') return [];
    block.begun = true;
    return this.#arguments(block, json);
  }

  #callHead({ position }: OpenBlock, { id, name }: JsonObject): ChunkDelta {
    const own = this.#reading.names.original(String(name));
    if (this.#reading.legacy) return position === 0 ? { function_call: { name: own, arguments: '' } } : {};
    const callId = typeof id === 'string' ? id : `call_${position}`;
    return toolCall({ index: position, id: callId, type: 'function', function: { name: own, arguments: '' } });
  }

  #arguments({ position }: OpenBlock, json: string): readonly ChunkDelta[] {
    if (!this.#reading.legacy) return [toolCall({ index: position, function: { arguments: json } })];
    return position === 0 ? [{ function_call: { arguments: json } }] : [];
  }

  #thinking(block: OpenBlock, { type, thinking, signature, data }: JsonObject): readonly ChunkDelta[] {
    const entry = { format: REASONING_FORMAT, index: block.position };
    const deltas: ChunkDelta[] = [];
    if (type === 'redacted_thinking') return [{ reasoning_details: [{ type: 'reasoning.encrypted', data, ...entry }] }];
    if (typeof thinking === 'string' && thinking !== '' && !this.#reading.excludeReasoning) {
      block.begun = true;
      const details = [{ type: 'reasoning.text', text: thinking, ...entry }];
      deltas.push({ reasoning: thinking, reasoning_content: thinking, reasoning_details: details });
    }
    if (typeof signature === 'string' && signature !== '') {
      // An entry without text still has the member: clients send entries back as they were.
      const text = block.begun ? {} : { text: '' };
      deltas.push({ reasoning_details: [{ type: 'reasoning.text', ...text, signature, ...entry }] });
    }
    return deltas;
  }

  #onBlockStop(index: unknown): readonly ChunkDelta[] {
    const block = this.#blocks.get(index);
    this.#blocks.delete(index);
    if (block === undefined) return [];
    this.#annotations.push(...annotationsOf(block.citations, block.start, this.#contentLength));
    if (block.kind === 'custom') return [this.#customCall(block)];
    if (block.begun || (block.kind !== 'call' && block.kind !== 'json')) return [];
    const json = JSON.stringify(isRecord(block.input) ? block.input : {});
    return block.kind === 'json' ? this.#text(block, json) : this.#arguments(block, json);
  }

  #customCall({ position, input: content, fragments }: OpenBlock): ChunkDelta {
    const { id, name, input } = isRecord(content) ? content : {};
    const own = this.#reading.names.original(String(name));
    const text = fragments === '' ? customInput(input) : customInput(parsedOr(fragments));
    const callId = typeof id === 'string' ? id : `call_${position}`;
    return toolCall({ index: position, id: callId, type: 'custom', custom: { name: own, input: text } });
  }

  #onStop(): readonly ChatChunk[] {
    const stopReason = this.#stop['stop_reason'];
    // A stream without a stop reason was cut off, whatever event came last.
    if (typeof stopReason !== 'string') return [];
    const left = [...this.#blocks.keys()].flatMap((index) => this.#onBlockStop(index));
    this.#ended = true;
    this.done = true;
    const refusal = stopReason === 'refusal' ? refusalOf(this.#stop['stop_details']) : undefined;
    const delta: ChunkDelta = {
      ...(refusal === undefined ? {} : { refusal }),
      ...(this.#annotations.length === 0 ? {} : { annotations: this.#annotations }),
    };
    const finish = finishReasonOf(stopReason, { calls: this.#calls, legacy: this.#reading.legacy });
    const last = this.#chunk(delta, finish);
    last.choices![0]!['native_finish_reason'] = stopReason;
    const usage = usageOf(this.#usage);
    const counted = usage === undefined ? [] : [{ ...this.#chunkHead(), choices: [], usage }];
    return [...this.#deltas(left), last, ...counted];
  }

  /** @throws RangeError when the decoder would have to keep too much of the stream. */
  #hold(characters: number): void {
    this.#held += characters;
    if (this.#held > MAX_HELD) throw new RangeError('The stream has too many blocks, citations or custom inputs.');
  }

  /** Chunks of these deltas, behind the role where nothing was given out yet. */
  #deltas(deltas: readonly ChunkDelta[]): readonly ChatChunk[] {
    const chunks = deltas.filter((delta) => Object.keys(delta).length > 0).map((delta) => this.#chunk(delta, null));
    if (this.#started) return chunks;
    this.#started = true;
    return [this.#chunk({ role: 'assistant', content: '' }, null), ...chunks];
  }

  #chunk(delta: ChunkDelta, finishReason: string | null): ChatChunk {
    return { ...this.#chunkHead(), choices: [{ index: 0, delta, logprobs: null, finish_reason: finishReason }] };
  }

  #chunkHead(): ChatChunk {
    const tier = tierOf(this.#usage);
    return {
      ...this.#head,
      object: 'chat.completion.chunk',
      system_fingerprint: null,
      ...(tier === undefined ? {} : { service_tier: tier }),
    };
  }
}

/** Input that a token limit cut off is given out as it came. */
function parsedOr(json: string): unknown {
  try {
    return parseExact(json);
  } catch {
    return { input: json };
  }
}

function toolCall(delta: ToolCallDelta): ChunkDelta {
  return { tool_calls: [delta] };
}
