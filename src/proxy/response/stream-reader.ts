import { ChunkTemplate } from '../../chat/chunk-template.js';
import type { ChatChunk } from '../../chat/types.js';
import { isValidChunk } from '../../chat/validate-chunk.js';
import { StreamProgress } from '../../chat/stream-progress.js';
import type { WireFormat } from '../../contracts/provider.js';
import type { ResponseSink } from '../../contracts/sink.js';
import { EventReader, type SseEvent } from '../../sse/event-reader.js';
import { DONE } from '../../sse/format.js';
import { UpstreamFailure } from '../upstream-failure.js';
import { failureOfErrorObject, midStreamError, type UpstreamErrorContext } from './parse-error.js';
import type { GatewayError } from '../../errors/gateway-error.js';

/** Held back before the commit point, in characters. */
const MAX_PRELUDE = 64 * 1024;
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
  readonly #reader: EventReader;
  readonly #options: StreamReaderOptions;
  readonly #listener: StreamListener;
  readonly #decode: ReturnType<NonNullable<WireFormat['createChunkDecoder']>> | undefined;
  /** Of the last event, where it was one of many: text for a choice that goes on. */
  readonly #template = new ChunkTemplate();
  #held: string[] = [];
  #heldLength = 0;
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
    // A finish reason for every choice is an end, however the connection came to its own.
    if (this.progress.complete) this.#complete();
    else if (this.#state === 'holding' && !this.progress.hasContent)
      this.#fail(new UpstreamFailure(whole ? 'empty' : 'truncated'));
    else this.#fail(new UpstreamFailure('truncated'));
  }

  /** Something outside the stream ended it: a timer, a lost connection. */
  breakOff(failure: UpstreamFailure): void {
    if (this.#state === 'ended') return;
    if (this.progress.complete) this.#complete();
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
    if (event.event !== 'error' && this.#template.matches(data)) {
      this.progress.outputBytes += this.#template.outputBytes;
      return this.#pass(this.#withoutNullUsage(data));
    }
    if (data === DONE || data.trim() === DONE) return this.#onDone();
    const chunk = parseChunk(data);
    if (chunk === undefined) return this.#fail(new UpstreamFailure('malformed_event'));
    if (event.event === 'error' || isErrorChunk(chunk))
      return this.#onErrorChunk(event.event === 'error' ? asErrorBody(chunk) : chunk);
    if (!isValidChunk(chunk)) return this.#fail(new UpstreamFailure('malformed_event'));
    this.#take(chunk, oneLine(data));
    if (this.#state === 'committed' && isOneOfMany(chunk, data)) this.#template.set(data);
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
      if (isErrorChunk(chunk)) return this.#onErrorChunk(chunk);
      this.#take(chunk, JSON.stringify(chunk));
    }
  }

  #take(chunk: ChatChunk, payload: string): void {
    this.progress.observe(chunk);
    if (!this.#options.passUsage) {
      if (isUsageOnly(chunk)) return;
      if (chunk.usage === null) payload = this.#withoutNullUsage(payload);
    }
    // openai-go takes any `error` key for an error, even null.
    if ('error' in chunk) payload = withoutError(chunk);
    if (this.#state === 'holding') this.#hold(payload);
    else this.#pass(payload);
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
      this.#fail(new UpstreamFailure('malformed'));
    }
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

function parseChunk(data: string): ChatChunk | undefined {
  try {
    const value: unknown = JSON.parse(data);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as ChatChunk) : undefined;
  } catch {
    return undefined;
  }
}

/** An error object where a chunk should be, or OpenRouter's chunk that ends in an error. */
function isErrorChunk(chunk: ChatChunk): boolean {
  const error = chunk['error'];
  if (error !== undefined && error !== null && error !== false && error !== '') return true;
  return Array.isArray(chunk.choices) && chunk.choices.some((choice) => choice?.finish_reason === 'error');
}

/** Under `event: error` some send the error's members without the envelope. */
function asErrorBody(chunk: ChatChunk): unknown {
  return 'error' in chunk ? chunk : { error: chunk };
}

function isUsageOnly(chunk: ChatChunk): boolean {
  return (
    Array.isArray(chunk.choices) && chunk.choices.length === 0 && chunk.usage !== undefined && chunk.usage !== null
  );
}

/** A chunk that tells nothing but more text: what its like would tell the progress is known. */
function isOneOfMany(chunk: ChatChunk, data: string): boolean {
  const { choices, usage } = chunk;
  return (
    // Only its own `usage` is left out of what is passed on.
    (usage === null || (usage === undefined && !data.includes('"usage"'))) &&
    !('error' in chunk) &&
    Array.isArray(choices) &&
    choices.every(({ finish_reason }) => finish_reason === undefined || finish_reason === null)
  );
}

/** JSON text holds line ends only between tokens, where a space says the same. */
function oneLine(data: string): string {
  return data.includes('\n') ? data.replaceAll('\n', ' ') : data;
}

function withoutError(chunk: ChatChunk): string {
  const { error: _error, ...rest } = chunk;
  return JSON.stringify(rest);
}
