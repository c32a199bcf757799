import type { ChunkDecoder, Framing } from '../../contracts/wire-format.js';
import type { ResponseSink } from '../../contracts/sink.js';
import { UpstreamFailure } from '../upstream-failure.js';
import type { BodySource } from './body-source.js';
import type { ExchangeTimers } from './exchange-timers.js';
import type { UpstreamErrorContext } from './parse-error.js';
import { CollectingSink, completionOf, type Wanted } from './read-completion.js';
import { StreamReader, type StreamEnd, type StreamListener } from './stream-reader.js';
import type { RunningStream, UpstreamResponse } from './upstream-response.js';

/** Largest stream, in bytes. */
const MAX_STREAM = 64 * 1024 * 1024;

/** The exchange that a stream belongs to. */
export interface StreamPipeOwner {
  /** The first content chunk has arrived. `stream` is `undefined` where its chunks are collected into a completion. */
  onCommit(stream: RunningStream | undefined): void;
  onStreamFailure(failure: UpstreamFailure): void;
  /** The stream has been collected into a completion, because the caller requested no stream. */
  onCollected(response: UpstreamResponse): void;
  /** A committed stream has ended. `complete`: with a finish reason for each choice. */
  onStreamEnd(complete: boolean): void;
}

export interface StreamPipeOptions {
  readonly source: BodySource;
  readonly timers: ExchangeTimers;
  readonly wanted: Wanted;
  readonly errors: UpstreamErrorContext;
  readonly framing: Framing;
  /** Reads the events; `undefined`: they are OpenAI's own chunks. */
  readonly decoder: ChunkDecoder | undefined;
  readonly idleMs: number;
  readonly owner: StreamPipeOwner;
}

/**
 * - `beginning`: before the first content chunk
 * - `paused`: committed; the body is paused until `flowTo` names the sink
 * - `flowing`: events go to the sink as they arrive
 * - `tail`: every choice has its finish reason; the usage chunk and `[DONE]` may still follow
 * - `blocked`: the sink is full; the body is paused until it has drained
 * - `ended`: completed, failed or cancelled
 */
type State = 'beginning' | 'paused' | 'flowing' | 'tail' | 'blocked' | 'ended';

/**
 * Passes an event stream from the upstream's body to the sink: backpressure in one direction, timeouts in the other.
 * While the client reads more slowly than the upstream writes, the body is paused and no timeout runs.
 */
export class StreamPipe implements StreamListener, RunningStream {
  readonly kind = 'stream';
  readonly reader: StreamReader;
  readonly #options: StreamPipeOptions;
  #state: State = 'beginning';
  #sink: ResponseSink | undefined;
  #resolveEnd: ((end: StreamEnd | 'cancelled') => void) | undefined;
  #received = 0;
  #eventsSeen = 0;
  #lastEventAt: number;
  #advancesSeen = 0;

  constructor(options: StreamPipeOptions, now: number) {
    const { wanted, errors, framing, decoder, timers } = options;
    this.#options = options;
    this.#lastEventAt = now;
    timers.awaitFirstChunk();
    this.reader = new StreamReader({ errors, framing, decoder, passUsage: wanted.usage || !wanted.stream }, this);
  }

  read(bytes: Buffer, now: number): void {
    const { reader } = this;
    const { timers } = this.#options;
    if (!reader.committed) timers.awaitFirstChunk();
    // In the tail only chunks with new content restart the timeout, see `#watchTail`.
    else if (this.#state !== 'tail') timers.refresh(now);
    this.#received += bytes.length;
    if (this.#received > MAX_STREAM) return reader.breakOff(new UpstreamFailure('too_large'));
    reader.feed(bytes);
    if (this.#state === 'ended') return;
    if (this.#hasOnlyComments(now)) return reader.breakOff(new UpstreamFailure('idle_timeout'));
    if (reader.blocked) this.#waitForClient();
    else if (reader.committed) this.#watchTail();
  }

  flowTo(sink: ResponseSink): Promise<StreamEnd | 'cancelled'> {
    return new Promise((resolve) => {
      const { reader } = this;
      if (this.#state === 'ended' && reader.end === undefined) return resolve('cancelled');
      this.#sink = sink;
      this.#resolveEnd = resolve;
      reader.flowTo(sink);
      if (reader.end !== undefined) return resolve(reader.end);
      if (reader.blocked) return this.#waitForClient();
      this.#watchFlow();
      this.#options.source.resume();
    });
  }

  /** The client has disconnected, or another attempt has won. */
  cancel(): void {
    this.#state = 'ended';
    this.#resolveEnd?.('cancelled');
  }

  // --- events of the reader ----------------------------------------------------------------------------------------

  onCommit(): void {
    const { wanted, timers, source, owner } = this.#options;
    if (wanted.stream) {
      this.#state = 'paused';
      timers.onCommit();
      source.pause();
      owner.onCommit(this);
      return;
    }
    this.#state = 'flowing';
    this.#sink = new CollectingSink();
    owner.onCommit(undefined);
    timers.awaitData();
    this.reader.flowTo(this.#sink);
  }

  onStreamFailure(failure: UpstreamFailure): void {
    this.#state = 'ended';
    this.#options.owner.onStreamFailure(failure);
  }

  onEnd(): void {
    this.#state = 'ended';
    const { owner } = this.#options;
    const end = this.reader.end!;
    if (this.#sink instanceof CollectingSink) {
      if (end.complete) owner.onCollected(completionOf(this.#sink.assembler));
      else owner.onStreamFailure(new UpstreamFailure('truncated', { error: end.error }));
      return;
    }
    owner.onStreamEnd(end.complete);
    this.#resolveEnd?.(end);
  }

  // --- backpressure and silence ------------------------------------------------------------------------------------

  #waitForClient(): void {
    const { source, timers } = this.#options;
    this.#state = 'blocked';
    source.pause();
    timers.stop();
    this.#sink?.onDrain(() => {
      if (this.#state === 'ended') return;
      this.reader.unblock();
      this.#watchFlow();
      source.resume();
    });
  }

  /**
   * The tail begins with the last finish reason. Each chunk with new content restarts its timeout, and it ends if a
   * choice continues after all.
   */
  #watchTail(): void {
    const { tail, advances } = this.reader;
    const inTail = this.#state === 'tail';
    if ((tail !== false) === inTail && (!inTail || advances === this.#advancesSeen)) return;
    this.#watchFlow();
  }

  #watchFlow(): void {
    const { tail, advances } = this.reader;
    const { timers } = this.#options;
    this.#state = tail === false ? 'flowing' : 'tail';
    this.#advancesSeen = advances;
    if (tail === 'certain') timers.awaitTail();
    else timers.awaitData();
  }

  /** Comments refresh the inactivity timer, so a committed stream that sends only comments is ended here. */
  #hasOnlyComments(now: number): boolean {
    const { reader } = this;
    if (reader.events !== this.#eventsSeen) {
      this.#eventsSeen = reader.events;
      this.#lastEventAt = now;
      return false;
    }
    return reader.committed && now - this.#lastEventAt > 2 * this.#options.idleMs;
  }
}
