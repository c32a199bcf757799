import { ChunkTemplate } from '../../chat/chunk-template.js';
import { carriesData, isAuxiliaryName, isErrorObject } from '../../chat/error-object.js';
import { isRecord } from '../../util/json-object.js';
import { ChunkNormaliser } from '../../chat/normalise-chunk.js';
import { StreamProgress } from '../../chat/stream-progress.js';
import type { ChatChunk } from '../../chat/types.js';
import type { WireFormat } from '../../contracts/wire-format.js';
import type { ResponseSink } from '../../contracts/sink.js';
import { EventReader, type SseEvent } from '../../sse/event-reader.js';
import { DONE } from '../../sse/format.js';
import { isBare, isOneOfMany, isUsageOnly, oneLine, withoutError } from '../chunk-text.js';
import { UpstreamFailure } from '../upstream-failure.js';
import { failureOfErrorObject, midStreamError, type UpstreamErrorContext } from './parse-error.js';
import type { GatewayError } from '../../errors/gateway-error.js';

/** Held back before the commit point, in characters: search results can be long. */
const MAX_PRELUDE = 1024 * 1024;
/** Empty deltas that are not even held, in characters: enough for ten minutes of them, not for a flood. */
const MAX_EMPTY = 8 * 1024 * 1024;
/** Largest event, in characters: audio and tool arguments are long, openai-go reads no more than this. */
const MAX_EVENT = 32 * 1024 * 1024;

export interface StreamReaderOptions {
  readonly errors: UpstreamErrorContext;
  /** The caller asked for the usage chunk; we always do. */
  readonly passUsage: boolean;
}

/** What the owner of a reader is told, before the commit point. */
export interface StreamListener {
  /** The first event that means something has come. The owner calls `flowTo` when it is ready. */
  onCommit(): void;
  onStreamFailure(failure: UpstreamFailure): void;
  /** The stream has ended for good, whole or not. Nothing is to be read any more. */
  onEnd(): void;
}

/** How a committed stream ended: whole, or with what the client is told. */
export type StreamEnd = { readonly complete: true } | { readonly complete: false; readonly error: GatewayError };

/**
 * Reads an upstream's event stream. Until the first event that means something (content, reasoning, a tool call,
 * a refusal, a finish reason) everything is held, so that any failure can still become another provider's answer.
 * From then on events flow to the sink as they come, and the end is told as it was.
 */
export class StreamReader {
  readonly progress = new StreamProgress();
  /** Events read so far: what tells a stream that works from one that only sends comments. */
  events = 0;
  /** Chunks that brought something since the commit point; words of a choice that goes on are not counted. */
  tidings = 0;
  readonly #reader: EventReader;
  readonly #options: StreamReaderOptions;
  readonly #listener: StreamListener;
  readonly #decode: ReturnType<NonNullable<WireFormat['createChunkDecoder']>> | undefined;
  readonly #normaliser = new ChunkNormaliser();
  /** Of the last event, where it was one of many: text for a choice that goes on. */
  readonly #template = new ChunkTemplate();
  #held: string[] = [];
  #heldLength = 0;
  #emptyLength = 0;
  /** The last event, where it was an empty delta that was not held. */
  #lastEmpty = '';
  #state: 'holding' | 'committed' | 'ended' = 'holding';
  #sink: ResponseSink | undefined;
  #sinkBlocked = false;
  #end: StreamEnd | undefined;

  constructor(options: StreamReaderOptions, listener: StreamListener) {
    this.#options = options;
    this.#listener = listener;
    this.#decode = options.errors.format.createChunkDecoder?.();
    this.#reader = new EventReader({
      maxEventLength: MAX_EVENT,
      onEvent: (event) => this.#onEvent(event),
      onOverflow: () => this.#fail(new UpstreamFailure('too_large')),
    });
  }

  /** Set once the stream has ended after its commit point. */
  get end(): StreamEnd | undefined {
    return this.#end;
  }

  get committed(): boolean {
    return this.#state !== 'holding';
  }

  /** The sink has had enough for now; `unblock` when it takes events again. */
  get blocked(): boolean {
    return this.#sinkBlocked;
  }

  feed(bytes: Buffer): void {
    this.#reader.feed(bytes);
  }

  /** The body has ended; `whole` says whether HTTP thinks so too. */
  finish(whole: boolean): void {
    this.#reader.end();
    if (this.#state === 'ended') return;
    // A finish reason for every choice is an end, however the connection came to its own, where it can be believed.
    if (whole ? this.progress.complete : this.progress.certain) this.#complete();
    else if (this.#state === 'holding' && !this.progress.hasContent)
      this.#fail(new UpstreamFailure(whole ? 'empty' : 'truncated'));
    else this.#fail(new UpstreamFailure('truncated'));
  }

  /** Something outside the stream ended it: a timer, a lost connection. */
  breakOff(failure: UpstreamFailure): void {
    if (this.#state === 'ended') return;
    if (this.progress.certain) this.#complete();
    else this.#fail(failure);
  }

  /** Sends what was held, and everything that follows, to `sink`. */
  flowTo(sink: ResponseSink): void {
    this.#sink = sink;
    const held = this.#held;
    this.#held = [];
    for (const payload of held) this.#pass(payload);
    if (this.#end !== undefined) this.#tell(this.#end, sink);
  }

  /** The sink takes events again. */
  unblock(): void {
    this.#sinkBlocked = false;
  }

  #onEvent(event: SseEvent): void {
    const data = event.data;
    this.events++;
    if (data === '') return;
    if (data.length > MAX_EVENT) return this.#fail(new UpstreamFailure('too_large'));
    if (this.#decode !== undefined) return this.#onForeignEvent(event);
    if (data === this.#lastEmpty && this.#state === 'holding') return this.#countEmpty(data);
    if (event.event !== 'error' && this.#template.matches(data)) {
      this.progress.outputBytes += this.#template.outputBytes;
      return this.#pass(this.#withoutNullUsage(data));
    }
    if (data === DONE || data.trim() === DONE) return this.#onDone();
    this.#onObject(event, parsedChunk(data));
  }

  #onObject({ event: name, data }: SseEvent, value: unknown): void {
    if (name === 'error') return this.#onErrorChunk(asErrorBody(value ?? data));
    if (!isRecord(value)) {
      if (!isAuxiliaryName(name)) this.#fail(new UpstreamFailure('malformed_event'));
      return;
    }
    if (!isErrorObject(value)) return this.#onChunk(value, data);
    // A ping may carry a message; an error in its envelope is one under any name.
    if (!isAuxiliaryName(name) || 'error' in value) this.#onErrorChunk(value);
  }

  #onChunk(chunk: ChatChunk, data: string): void {
    // Clients read `choices` of every chunk; what has none and carries nothing for them ends here.
    if (!Array.isArray(chunk.choices) && !isRecord(chunk.choices) && !carriesData(chunk)) return;
    const normalised = this.#normaliser.normalise(chunk);
    if (normalised === 'invalid') return this.#fail(new UpstreamFailure('malformed_event'));
    this.#take(chunk, normalised === 'changed' ? JSON.stringify(chunk) : oneLine(data));
    // The frame is that of the upstream's own text: it holds where that is what the client gets.
    const isFrame = this.#state === 'committed' && normalised === 'same' && this.progress.spoke;
    if (isFrame && isOneOfMany(chunk, data)) this.#template.set(data);
    else this.#template.clear();
  }

  #onForeignEvent(event: SseEvent): void {
    let chunks: readonly ChatChunk[] | 'done';
    try {
      chunks = this.#decode!({ event: event.event, data: event.data });
    } catch (cause) {
      this.#fail(new UpstreamFailure('malformed_event', { cause }));
      return;
    }
    if (chunks === 'done') return this.#onDone();
    for (const chunk of chunks) {
      if (isErrorObject(chunk)) return this.#onErrorChunk(chunk);
      this.#take(chunk, JSON.stringify(chunk));
    }
  }

  #take(chunk: ChatChunk, payload: string): void {
    const { progress } = this;
    progress.observe(chunk);
    if (progress.news) this.tidings++;
    if (!this.#options.passUsage) {
      if (isUsageOnly(chunk)) return;
      if (chunk.usage === null) payload = this.#withoutNullUsage(payload);
    }
    // openai-go takes any `error` key for an error, even null.
    if ('error' in chunk) payload = withoutError(chunk);
    if (this.#state !== 'holding') this.#pass(payload);
    // Hundreds of empty deltas may come while a model thinks: one says as much.
    else if (progress.news || !isBare(chunk)) this.#hold(payload);
    else this.#countEmpty(payload);
  }

  /** OpenAI adds `"usage":null` to every chunk because we asked for usage; the caller did not. */
  #withoutNullUsage(payload: string): string {
    return this.#options.passUsage ? payload : payload.replace(',"usage":null', '');
  }

  #hold(payload: string): void {
    this.#held.push(payload);
    this.#heldLength += payload.length;
    if (this.progress.hasContent) {
      this.#state = 'committed';
      this.#listener.onCommit();
    } else if (this.#heldLength > MAX_PRELUDE) {
      this.#fail(new UpstreamFailure('too_large'));
    }
  }

  /** An empty delta after the first tells a client nothing, so it is not held; nor must there be a flood of them. */
  #countEmpty(data: string): void {
    this.#lastEmpty = data;
    this.#emptyLength += data.length;
    if (this.#emptyLength > MAX_EMPTY) this.#fail(new UpstreamFailure('too_large'));
  }

  #pass(payload: string): void {
    if (this.#sink === undefined) this.#held.push(payload);
    else if (!this.#sink.event(payload)) this.#sinkBlocked = true;
  }

  #onDone(): void {
    // A lone [DONE] is an empty answer, whatever it says of itself.
    if (this.#state === 'holding') this.#fail(new UpstreamFailure('empty'));
    else this.#complete();
  }

  #onErrorChunk(body: unknown): void {
    if (this.#state === 'holding') this.#fail(failureOfErrorObject(body, this.#options.errors));
    else this.#close({ complete: false, error: midStreamError(body, this.#options.errors) });
  }

  #complete(): void {
    this.#close({ complete: true });
  }

  #fail(failure: UpstreamFailure): void {
    if (this.#state === 'holding') {
      this.#stop();
      this.#listener.onStreamFailure(failure);
      return;
    }
    this.#close({ complete: false, error: failure.error });
  }

  #close(end: StreamEnd): void {
    if (this.#state === 'ended') return;
    this.#stop();
    this.#end = end;
    if (this.#sink !== undefined) this.#tell(end, this.#sink);
    this.#listener.onEnd();
  }

  #tell(end: StreamEnd, sink: ResponseSink): void {
    if (end.complete) sink.done();
    else sink.fail(end.error);
  }

  #stop(): void {
    this.#state = 'ended';
    this.#reader.stop();
  }
}

/** The JSON value of an event; a list of one is what it holds (Google wraps errors so). `undefined` where it is none. */
function parsedChunk(data: string): unknown {
  try {
    const value: unknown = JSON.parse(data);
    return Array.isArray(value) && value.length === 1 ? (value[0] as unknown) : value;
  } catch {
    return undefined;
  }
}

/** Under `event: error` some send the error's members without the envelope, or a mere text. */
function asErrorBody(value: unknown): unknown {
  return isRecord(value) && 'error' in value ? value : { error: value };
}
