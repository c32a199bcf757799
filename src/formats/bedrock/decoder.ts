import { isRecord, type JsonObject } from '../../util/json-object.js';
import type { Annotation, ChatChunk, ChunkDelta, Usage } from '../../chat/types.js';
import type { ChunkDecoder, ExchangeContext, UpstreamEvent } from '../../contracts/wire-format.js';
import { annotationsOf } from './citations.js';
import type { ResponseReading } from './converse.js';
import { streamError } from './errors.js';
import { imageOutput } from './images.js';
import { HeldText } from './held-text.js';
import { ReasoningStream } from './reasoning-stream.js';
import { finishReasonOf, shownReason } from './stop-reason.js';
import { ToolStream } from './tool-stream.js';
import { usageOf } from './usage.js';

/**
 * Reads one ConverseStream. The end is `messageStop`; `metadata` brings the usage behind it.
 *
 * Eleven private fields: half of them are readers of one kind of block, the others the state that blocks share.
 */
export class ConverseDecoder implements ChunkDecoder {
  readonly #base: ChatChunk;
  readonly #tools: ToolStream;
  readonly #reasoning: ReasoningStream;
  readonly #text: HeldText;
  readonly #citations: unknown[] = [];
  readonly #annotations: Annotation[] = [];
  #blockStart = 0;
  #images = 0;
  #begun = false;
  #state: 'open' | 'stopped' | 'counted' | 'failed' = 'open';
  #usage: Usage | undefined;

  constructor(model: string, { requestId, now }: ExchangeContext, reading: ResponseReading) {
    this.#base = { id: `chatcmpl-${requestId}`, object: 'chat.completion.chunk', created: now, model };
    this.#tools = new ToolStream(reading);
    this.#reasoning = new ReasoningStream(reading);
    // Where the response comes as a tool's input, text before it is talk that would break its JSON.
    this.#text = new HeldText(reading.jsonTool !== undefined);
  }

  /** Usage has followed the stop. */
  get done(): boolean {
    return this.#state === 'counted';
  }

  event({ event, data, failed }: UpstreamEvent): readonly ChatChunk[] | 'done' {
    if (this.#state === 'failed') return [];
    if (failed === true) return this.#fail(streamError(event, data));
    if (this.#state === 'counted') return 'done';
    if (event === undefined || !KNOWN_EVENTS.has(event)) return [];
    const payload: unknown = JSON.parse(data);
    if (!isRecord(payload)) throw new Error(`A ${event} event holds no object.`);
    return this.#read(event, payload);
  }

  #read(event: string, payload: JsonObject): ChatChunk[] {
    if (event === 'metadata') return this.#onMetadata(payload);
    // A message has no content after its stop.
    if (this.#state === 'stopped') return [];
    switch (event) {
      case 'messageStart':
        return this.#chunks([]);
      case 'contentBlockStart':
        return this.#chunks(this.#onBlockStart(payload));
      case 'contentBlockDelta':
        return this.#chunks(this.#onDelta(payload['delta'], payload['contentBlockIndex']));
      case 'contentBlockStop':
        return this.#chunks(this.#onBlockStop(payload['contentBlockIndex']));
      default:
        return this.#onStop(payload['stopReason']);
    }
  }

  #onBlockStart({ start, contentBlockIndex }: JsonObject): ChunkDelta[] {
    const toolUse = isRecord(start) ? start['toolUse'] : undefined;
    return isRecord(toolUse) ? this.#tools.start(contentBlockIndex, toolUse) : [];
  }

  #onDelta(delta: unknown, block: unknown): ChunkDelta[] {
    if (!isRecord(delta)) return [];
    if (typeof delta['text'] === 'string') return this.#text.add(delta['text']);
    if (isRecord(delta['toolUse'])) return this.#tools.input(block, delta['toolUse']['input']);
    if (isRecord(delta['reasoningContent'])) return this.#reasoning.add(block, delta['reasoningContent']);
    if (isRecord(delta['citation'])) this.#addCitation(delta['citation']);
    if ('image' in delta) return this.#onImage(delta['image']);
    return [];
  }

  #addCitation(citation: JsonObject): void {
    if (this.#annotations.length + this.#citations.length < MOST_CITATIONS) this.#citations.push(citation);
  }

  #onImage(image: unknown): ChunkDelta[] {
    const formatValue = imageOutput(image, this.#images);
    if (formatValue === undefined) return [];
    this.#images += 1;
    return [{ images: [formatValue] }];
  }

  #onBlockStop(block: unknown): ChunkDelta[] {
    const end = this.#text.length;
    this.#annotations.push(...annotationsOf(this.#citations.splice(0), this.#blockStart, end));
    this.#blockStart = end;
    return this.#tools.stop(block);
  }

  #onStop(stopReason: unknown): ChatChunk[] {
    const open = this.#tools.stopAll();
    const finishReason = finishReasonOf(stopReason, this.#tools.kind);
    if (finishReason === undefined) {
      const message = `The model's response ended with ${shownReason(stopReason)}.`;
      return this.#fail({ message, type: null, param: null, code: 'ModelErrorException' });
    }
    const text = this.#tools.jsonSeen ? [] : this.#text.release();
    const chunks = this.#chunks([...open, ...text]);
    const delta = this.#annotations.length > 0 ? { annotations: this.#annotations } : {};
    chunks.push({
      ...this.#base,
      choices: [{ index: 0, delta, logprobs: null, finish_reason: finishReason, native_finish_reason: stopReason }],
    });
    this.#state = 'stopped';
    return [...chunks, ...this.#usageChunk()];
  }

  /** Metadata without usage takes nothing back; without a stop before it, it is no end. */
  #onMetadata({ usage, serviceTier }: JsonObject): ChatChunk[] {
    this.#usage = usageOf(usage) ?? this.#usage;
    if (isRecord(serviceTier) && typeof serviceTier['type'] === 'string') this.#base.service_tier = serviceTier['type'];
    return this.#usageChunk();
  }

  #usageChunk(): ChatChunk[] {
    if (this.#state !== 'stopped' || this.#usage === undefined) return [];
    this.#state = 'counted';
    return [{ ...this.#base, choices: [], usage: this.#usage }];
  }

  #fail(error: JsonObject): ChatChunk[] {
    this.#state = 'failed';
    return [{ ...this.#base, choices: [], error }];
  }

  /** One chunk for each delta; the role goes before the first of them. */
  #chunks(deltas: readonly ChunkDelta[]): ChatChunk[] {
    const opening: ChunkDelta[] = this.#begun ? [] : [{ role: 'assistant', content: '' }];
    this.#begun = true;
    return [...opening, ...deltas].map((delta) => ({
      ...this.#base,
      choices: [{ index: 0, delta, logprobs: null, finish_reason: null }],
    }));
  }
}

/** Citations are held until the end; a response that names more than this is not read for them. */
const MOST_CITATIONS = 1_000;

const KNOWN_EVENTS: ReadonlySet<string> = new Set([
  'messageStart',
  'contentBlockStart',
  'contentBlockDelta',
  'contentBlockStop',
  'messageStop',
  'metadata',
]);
