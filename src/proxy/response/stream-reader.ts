import { ChunkTemplate } from '../../chat/chunk-template.js';
import { carriesData, isAuxiliaryName, isErrorObject } from '../../chat/error-object.js';
import { isRecord } from '../../util/json-object.js';
import { ChunkNormaliser } from '../../chat/normalise-chunk.js';
import { StreamProgress } from '../../chat/stream-progress.js';
import type { ChatChunk } from '../../chat/types.js';
import type { ChunkDecoder, Framing, UpstreamEvent } from '../../contracts/wire-format.js';
import type { ResponseSink } from '../../contracts/sink.js';
import { DONE } from '../../sse/format.js';
import { addsOnlyText, isEmptyDelta, isUsageOnly, oneLine, withoutError } from '../chunk-text.js';
import { UpstreamFailure } from '../upstream-failure.js';
import { ChunkSource } from './chunk-source.js';
import { asErrorBody, errorInLine, parsedChunk, isEmptyValue } from './event-data.js';
import { framedReader, MAX_EVENT, type FramedReader } from './event-framing.js';
import { HeldChunks } from './held-chunks.js';
import { failureOfErrorObject, midStreamError, type UpstreamErrorContext } from './parse-error.js';
import { failureOfThrown } from './thrown-failure.js';
import type { GatewayError } from '../../errors/gateway-error.js';

export interface StreamReaderOptions {
  readonly errors: UpstreamErrorContext;
  readonly framing: Framing;
  /** Reads the events; `undefined`: they are OpenAI's own chunks. */
  readonly decoder: ChunkDecoder | undefined;
  /** The caller requested the usage chunk. (The gateway always asks the upstream for it.) */
  readonly passUsage: boolean;
}

/** Events of a `StreamReader`. Exactly one of `onStreamFailure` and `onEnd` ends it. */
export interface StreamListener {
  /** The first content chunk has arrived. The listener calls `flowTo` when the sink is ready. */
  onCommit(): void;
  /** The stream failed before the commit point. */
  onStreamFailure(failure: UpstreamFailure): void;
  /** The stream ended after the commit point, complete or not. Nothing more is read. */
  onEnd(): void;
}

/** How a committed stream ended: complete, or with the error that the client gets. */
export type StreamEnd = { readonly complete: true } | { readonly complete: false; readonly error: GatewayError };

/**
 * Reads an upstream's event stream. Until the first content chunk (content, reasoning, a tool call, a refusal or a
 * finish reason) everything is held, so that after a failure another endpoint can still respond. From then on events go
 * to the sink as they arrive, and a stream that breaks off ends in an error event.
 *
 * Eleven private fields: most of them are used for every chunk, so splitting the class would cost calls on the hot path.
 */
export class StreamReader {
  readonly progress = new StreamProgress();
  /** Events read so far. A stream that sends only comments has none. */
  events = 0;
  /** Chunks that added more than text to a choice. Each of them extends the tail of a stream. */
  advances = 0;
  /** The sink is full; `unblock` is called when it accepts events again. */
  blocked = false;
  readonly #reader: FramedReader;
  readonly #options: StreamReaderOptions;
  readonly #listener: StreamListener;
  readonly #source: ChunkSource | undefined;
  readonly #normaliser = new ChunkNormaliser();
  /** The last chunk, if it only added text: chunks that differ in nothing but that text are not parsed. */
  readonly #template = new ChunkTemplate();
  readonly #held = new HeldChunks();
  #state: 'holding' | 'committed' | 'ended' = 'holding';
  #sink: ResponseSink | undefined;
  #end: StreamEnd | undefined;
  #hasStrayLines = false;

  constructor(options: StreamReaderOptions, listener: StreamListener) {
    this.#options = options;
    this.#listener = listener;
    this.#source = options.decoder === undefined ? undefined : new ChunkSource(options.decoder);
    this.#reader = framedReader(options.framing, {
      onEvent: (event) => this.#onEvent(event),
      onOverflow: () => this.#fail(new UpstreamFailure('too_large')),
      onCorrupt: (cause) => this.#fail(new UpstreamFailure('malformed_event', { cause })),
      onStrayLine: (line) => this.#onStrayLine(line),
    });
  }

  /** Set once the stream has ended after its commit point. */
  get end(): StreamEnd | undefined {
    return this.#end;
  }

  get committed(): boolean {
    return this.#state !== 'holding';
  }

  /** Whether every choice has its finish reason, or the decoder holds it; `'certain'`: and it is reliable. */
  get tail(): boolean | 'certain' {
    if (this.progress.certain || this.#source?.settled === true) return 'certain';
    return this.progress.complete;
  }

  feed(bytes: Buffer): void {
    this.#reader.feed(bytes);
  }

  /** The body has ended. `whole`: as its framing requires. */
  finish(whole: boolean): void {
    this.#reader.end();
    // Chunks that the decoder holds until the end are valid only if the body ended as its framing requires.
    if (whole && this.#source !== undefined) this.#takeRest(this.#source);
    if (this.#state === 'ended') return;
    // A stream is complete once every choice has a finish reason. If the connection broke off, that holds only where
    // the finish reasons are reliable.
    if (whole ? this.progress.complete : this.progress.certain) this.#complete();
    else if (this.#state === 'holding' && !this.progress.hasContent)
      this.#fail(new UpstreamFailure(whole ? 'empty' : 'truncated'));
    else this.#fail(new UpstreamFailure('truncated'));
  }

  /** Ends the stream from outside: a timeout, a lost connection. */
  breakOff(failure: UpstreamFailure): void {
    if (this.#state === 'ended') return;
    // After silence the decoder's held chunks are complete; after a lost connection events may be missing.
    if (failure.kind === 'idle_timeout' && this.#source?.settled === true) this.#takeRest(this.#source);
    if (this.progress.certain) this.#complete();
    else this.#fail(failure);
  }

  /** Sends what was held, and everything that follows, to `sink`. */
  flowTo(sink: ResponseSink): void {
    this.#sink = sink;
    for (const payload of this.#held.takeAll()) this.#pass(payload);
    if (this.#end !== undefined) endSink(this.#end, sink);
  }

  /** The sink accepts events again. */
  unblock(): void {
    this.blocked = false;
  }

  #onEvent(event: UpstreamEvent): void {
    const data = event.data;
    this.events++;
    if (data === '' && event.failed === undefined) return;
    if (data.length > MAX_EVENT) return this.#fail(new UpstreamFailure('too_large'));
    if (this.#source !== undefined) return this.#onFormatEvent(this.#source, event);
    if (this.#state === 'holding' && this.#held.repeatsEmpty(data)) return this.#countEmpty(data);
    if (event.event !== 'error' && this.#template.matches(data)) {
      this.progress.outputBytes += this.#template.outputBytes;
      return this.#pass(this.#withoutNullUsage(data));
    }
    if (data === DONE || data.trim() === DONE) return this.#onDone();
    this.#onObject(event, parsedChunk(data));
  }

  #onObject({ event: name, data }: UpstreamEvent, value: unknown): void {
    if (name === 'error') return this.#onErrorChunk(asErrorBody(value ?? data));
    if (!isRecord(value)) {
      if (!isAuxiliaryName(name) && !isEmptyValue(value)) this.#fail(new UpstreamFailure('malformed_event'));
      return;
    }
    if (!isErrorObject(value)) return this.#onChunk(value, data);
    // A ping may carry a `message`, but an `error` member is an error under any event name.
    if (!isAuxiliaryName(name) || 'error' in value) this.#onErrorChunk(value);
  }

  #onChunk(chunk: ChatChunk, data: string): void {
    // Clients read `choices` of every chunk, so a chunk without choices and without data is dropped.
    if (!Array.isArray(chunk.choices) && !isRecord(chunk.choices) && !carriesData(chunk)) return;
    const normalised = this.#normaliser.normalise(chunk);
    if (normalised === 'invalid') return this.#fail(new UpstreamFailure('malformed_event'));
    this.#take(chunk, normalised === 'changed' ? JSON.stringify(chunk) : oneLine(data));
    // The template is taken from the upstream's own text, so it is valid only where the client gets that text
    // unchanged.
    const isTemplate = this.#state === 'committed' && normalised === 'same' && this.progress.onlyContent;
    if (isTemplate && addsOnlyText(chunk, data)) this.#template.set(data);
    else this.#template.clear();
  }

  #onFormatEvent(source: ChunkSource, event: UpstreamEvent): void {
    const chunks = this.#decoded(() => source.event(event));
    if (chunks === 'done') return this.#onDone();
    if (chunks !== undefined) this.#takeAll(chunks);
    if (this.#state === 'ended') return;
    // A frame that is marked as an error ends the stream with an error, whatever the decoder has made of it.
    if (event.failed === true) this.#onErrorChunk(asErrorBody(parsedChunk(event.data) ?? event.data));
    else if (source.done) this.#onDone();
  }

  #takeRest(source: ChunkSource): void {
    if (this.#state === 'ended') return;
    const chunks = this.#decoded(() => source.end());
    if (chunks !== undefined) this.#takeAll(chunks);
  }

  /** `undefined`: decoding threw, and the stream has failed. */
  #decoded<Chunks>(decode: () => Chunks): Chunks | undefined {
    try {
      return decode();
    } catch (cause) {
      this.#fail(failureOfThrown(cause, this.#options.errors.format, 'malformed_event'));
      return undefined;
    }
  }

  #takeAll(chunks: readonly ChatChunk[]): void {
    for (const chunk of chunks) {
      if (this.#state === 'ended') return;
      if (isErrorObject(chunk)) return this.#onErrorChunk(chunk);
      this.#take(chunk, JSON.stringify(chunk));
    }
  }

  #take(chunk: ChatChunk, payload: string): void {
    const { progress } = this;
    progress.observe(chunk);
    if (progress.advanced) this.advances++;
    if (!this.#options.passUsage) {
      if (isUsageOnly(chunk)) return;
      if (chunk.usage === null) payload = this.#withoutNullUsage(payload);
    }
    // openai-go treats any `error` key as an error, even null.
    if ('error' in chunk) payload = withoutError(chunk);
    if (this.#state !== 'holding') this.#pass(payload);
    // Hundreds of empty deltas may arrive while a model thinks: the first one is enough.
    else if (progress.advanced || !isEmptyDelta(chunk)) this.#hold(payload);
    else this.#countEmpty(payload);
  }

  /** OpenAI adds `"usage":null` to every chunk because we asked for usage; the caller did not. */
  #withoutNullUsage(payload: string): string {
    return this.#options.passUsage ? payload : payload.replace(',"usage":null', '');
  }

  #hold(payload: string): void {
    const isWithinLimit = this.#held.add(payload);
    if (this.progress.hasContent) {
      this.#state = 'committed';
      this.#listener.onCommit();
    } else if (!isWithinLimit) {
      this.#fail(new UpstreamFailure('too_large'));
    }
  }

  #countEmpty(data: string): void {
    if (!this.#held.countEmpty(data)) this.#fail(new UpstreamFailure('too_large'));
  }

  #pass(payload: string): void {
    if (this.#sink === undefined) this.#held.add(payload);
    else if (!this.#sink.event(payload)) this.blocked = true;
  }

  #onStrayLine(line: string): void {
    if (this.#state === 'ended') return;
    const error = errorInLine(line);
    if (error === undefined) this.#hasStrayLines = true;
    else this.#onErrorChunk(error);
  }

  #onDone(): void {
    // [DONE] before any content is an empty response.
    if (this.#state === 'holding') this.#fail(new UpstreamFailure('empty'));
    // Without a finish reason [DONE] counts as the end only if everything could be read.
    else if (this.#hasStrayLines && !this.progress.complete) this.#fail(new UpstreamFailure('truncated'));
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
    if (this.#sink !== undefined) endSink(end, this.#sink);
    this.#listener.onEnd();
  }

  #stop(): void {
    this.#state = 'ended';
    this.#reader.stop();
  }
}

function endSink(end: StreamEnd, sink: ResponseSink): void {
  if (end.complete) sink.done();
  else sink.fail(end.error);
}
