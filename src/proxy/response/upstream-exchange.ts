import type { Readable } from 'node:stream';
import type { Clock } from '../../contracts/clock.js';
import type { Timeouts } from '../../contracts/routing.js';
import type { Exchange } from '../../contracts/wire-format.js';
import type { ResponseSink } from '../../contracts/sink.js';
import type {
  Transport,
  TransportFailure,
  UpstreamCall,
  UpstreamEvents,
  UpstreamHead,
  UpstreamRequest,
} from '../../contracts/transport.js';
import { ChunkBatcher } from './chunk-batcher.js';
import type { ExchangeResult, RunningStream, UpstreamResponse } from './upstream-response.js';
import { BodyCollector } from './body-collector.js';
import { sniffBody, type BodyKind } from './sniff-body.js';
import { decompressed } from './decompress.js';
import { UpstreamFailure, kindOfTransportFailure, type FailureKind } from '../upstream-failure.js';
import { CollectingSink, completionOf, readCompletion, type Wanted } from './read-completion.js';
import { StreamReader, type StreamEnd, type StreamListener } from './stream-reader.js';
import { faultOfErrorResponse, type UpstreamErrorContext } from './parse-error.js';
import { InactivityTimer } from './inactivity-timer.js';

export interface ExchangeOptions {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly request: UpstreamRequest;
  readonly timeouts: Timeouts;
  /** Moment on the monotonic scale by which an answer must have ended; a stream, by which it must have begun. */
  readonly deadline: number;
  /** Moment by which a stream must have ended. */
  readonly streamDeadline: number;
  readonly wanted: Wanted;
  /** How the response is read, where the format translates the request. */
  readonly exchange?: Exchange | undefined;
  readonly errors: UpstreamErrorContext;
}

/** Largest whole answer, in bytes. */
const MAX_BODY = 32 * 1024 * 1024;
/** Largest whole stream, in bytes. */
const MAX_STREAM = 64 * 1024 * 1024;
/** An error's body beyond this tells nothing more. */
const MAX_ERROR_BODY = 64 * 1024;
const ERROR_BODY_MS = 1_000;
/** What nearly every whole answer begins with: `{`. */
const OPENING_BRACE = 0x7b;
/** Bytes within which a body must show what it is. */
const MAX_SNIFFED = 256;
/** What may still come after the last finish reason: the usage chunk and `[DONE]`, which some send seconds later. */
const TAIL_MS = 30_000;
/** Statuses with which answers come: some proxies turn 200 into another one. */
const ANSWERS: ReadonlySet<number> = new Set([200, 201, 202, 203]);
/** Bytes after the end that are worth reading to keep the connection. */
const MAX_TAIL = 64 * 1024;

/**
 * One upstream call, from connecting to the end of its answer. `run` settles at the commit point: with an answer that
 * is certain to begin, or with a fault after which another endpoint can be asked.
 *
 * The states, as the watchdog sees them: connecting → sent → (body | prelude → flowing → tail).
 */
export class UpstreamExchange implements UpstreamEvents, StreamListener, RunningStream {
  readonly kind = 'stream';
  /** Milliseconds from the start to the first event that means something (a whole answer: to its end). */
  firstTokenMs: number | undefined = undefined;
  readonly startedAt: number;

  readonly #job: ExchangeOptions;
  readonly #timer: InactivityTimer;
  readonly #batcher = new ChunkBatcher((bytes) => this.#guard(() => this.#read(bytes)));
  #call: UpstreamCall | undefined;
  #head: UpstreamHead | undefined;
  #body: Readable | undefined;
  #bodyKind: BodyKind = 'unknown';
  #collector: BodyCollector | undefined;
  #reader: StreamReader | undefined;
  #collecting: CollectingSink | undefined;
  #reconnected = false;
  #received = 0;
  #eventsSeen = 0;
  #lastEventAt = 0;
  /** Moment by which a stream must have begun to mean something, however much it shows that it is at work. */
  #beginBy = Infinity;
  #deadline: number;
  /** Every choice has its finish reason: silence is measured from what was said last, not from the last byte. */
  #inTail = false;
  #tidingsSeen = 0;
  #settle: ((result: ExchangeResult) => void) | undefined;
  #endStream: ((end: StreamEnd | 'cancelled') => void) | undefined;
  #sink: ResponseSink | undefined;
  #finished = false;

  constructor(job: ExchangeOptions) {
    this.#job = job;
    this.#deadline = job.deadline;
    this.startedAt = job.clock.now();
    this.#timer = new InactivityTimer(job.clock, (reason) => this.#timedOut(reason as FailureKind));
  }

  run(): Promise<ExchangeResult> {
    return new Promise((settle) => {
      if (this.#finished) return settle({ kind: 'cancelled' });
      this.#settle = settle;
      this.#guard(() => this.#open(this.#job.request));
    });
  }

  /** Nobody waits any more: the upstream's socket is closed at once. */
  cancel(): void {
    if (this.#finished) return;
    this.#abort();
    this.#settle?.({ kind: 'cancelled' });
    this.#endStream?.('cancelled');
  }

  /** UTF-8 bytes of output that have arrived in a stream; 0 of a whole response. */
  get outputBytes(): number {
    return this.#reader?.progress.outputBytes ?? 0;
  }

  get reader(): StreamReader {
    return this.#reader!;
  }

  // --- the connection ----------------------------------------------------------------------------------------------

  #open(request: UpstreamRequest): void {
    this.#watch('connect_timeout', this.#job.timeouts.connectMs);
    this.#call = this.#job.transport.open(request, this);
  }

  onConnected(): void {
    const { timeouts, wanted, clock } = this.#job;
    this.#beginBy = clock.now() + ((wanted.stream ? timeouts.streamHeadMs : undefined) ?? timeouts.headersMs);
    if (wanted.stream) this.#watchBeginning();
    else this.#watch('headers_timeout', timeouts.headersMs);
  }

  onFailure({ error, reusedSocket, connected }: TransportFailure): void {
    if (this.#finished) return;
    // The upstream closed an idle connection just as we used it: nothing was read, so nothing counts.
    if (reusedSocket && !this.#reconnected) {
      this.#reconnected = true;
      this.#guard(() => this.#open({ ...this.#job.request, fresh: true }));
      return;
    }
    this.#fail(new UpstreamFailure(kindOfTransportFailure(error.code, connected), { cause: error }));
  }

  onHead(head: UpstreamHead): void {
    if (this.#finished) {
      head.message.destroy();
      return;
    }
    this.#head = head;
    const body = decompressed(head);
    if (body === undefined) return this.#fail(new UpstreamFailure('malformed', { status: head.status }));
    this.#body = body;
    const isAnswer = !this.#isError();
    if (!isAnswer) this.#watch('idle_timeout', Math.min(ERROR_BODY_MS, this.#job.timeouts.idleMs));
    else if (this.#job.wanted.stream) this.#watchBeginning();
    else this.#watch('idle_timeout', this.#job.timeouts.idleMs);
    if (isAnswer && isEventStream(head)) this.#guard(() => this.#beginStream());
    else this.#collector = new BodyCollector(isAnswer ? MAX_BODY : MAX_ERROR_BODY);
    body.on('data', (bytes: Buffer) => this.#batcher.add(bytes));
    body.once('end', () => this.#guard(() => this.#onBodyEnd(head.message.complete || body !== head.message)));
    // An error is followed by `close`; one answer for both.
    body.on('error', nothing);
    body.once('close', () => this.#guard(() => this.#onBodyEnd(false)));
  }

  // --- the body ----------------------------------------------------------------------------------------------------

  #read(bytes: Buffer): void {
    this.#received += bytes.length;
    if (this.#finished) return this.#drainTail();
    const now = this.#job.clock.now();
    if (this.#reader?.committed === false) this.#watchBeginning();
    else if (!this.#inTail) this.#timer.refresh(now);
    if (now > this.#deadline) return this.#timedOut('deadline');
    if (this.#reader !== undefined) this.#feed(this.#reader, bytes, now);
    else this.#collect(bytes, now);
  }

  #feed(reader: StreamReader, bytes: Buffer, now: number): void {
    if (this.#received > MAX_STREAM) return this.#breakOff(new UpstreamFailure('too_large'));
    reader.feed(bytes);
    if (this.#finished) return;
    if (this.#onlyComments(reader, now)) return this.#breakOff(new UpstreamFailure('idle_timeout'));
    if (reader.blocked) this.#waitForClient(reader);
    else if (reader.committed) this.#watchTail(reader);
  }

  /** The tail begins with a finish reason, anew with all that is said in it, and ends where a choice goes on. */
  #watchTail(reader: StreamReader): void {
    const { complete } = reader.progress;
    if (complete === this.#inTail && (!complete || reader.tidings === this.#tidingsSeen)) return;
    this.#watchFlow(reader);
  }

  /** Comments keep a connection alive for ever; an answer has to come as well. */
  #onlyComments(reader: StreamReader, now: number): boolean {
    if (reader.events !== this.#eventsSeen) {
      this.#eventsSeen = reader.events;
      this.#lastEventAt = now;
      return false;
    }
    return reader.committed && now - this.#lastEventAt > 2 * this.#job.timeouts.idleMs;
  }

  /** The client reads more slowly than the upstream writes: its pace holds, and no timer runs against the upstream. */
  #waitForClient(reader: StreamReader): void {
    this.#body?.pause();
    this.#timer.stop();
    this.#sink?.onDrain(() => {
      if (this.#finished) return;
      reader.unblock();
      this.#watchFlow(reader);
      this.#body?.resume();
    });
  }

  #watchFlow({ progress, tidings }: StreamReader): void {
    const { idleMs } = this.#job.timeouts;
    this.#inTail = progress.complete;
    this.#tidingsSeen = tidings;
    this.#watch('idle_timeout', progress.certain ? Math.min(TAIL_MS, idleMs) : idleMs);
  }

  /**
   * A reasoning model may take minutes to its first word. Whatever comes until then, a comment or a role, shows that its
   * provider is at work, so the limit begins anew, up to `headersMs` in all.
   */
  #watchBeginning(): void {
    const { timeouts, clock, wanted } = this.#job;
    const left = Math.max(1, this.#beginBy - clock.now());
    this.#watch('first_chunk_timeout', wanted.stream ? Math.min(timeouts.firstChunkMs, left) : left);
  }

  #collect(bytes: Buffer, now: number): void {
    const collector = this.#collector!;
    if (!collector.add(bytes))
      return this.#isError() ? this.#onBodyEnd(true) : this.#fail(new UpstreamFailure('too_large'));
    if (this.#isError() || this.#bodyKind === 'json') return;
    this.#bodyKind =
      bytes[0] === OPENING_BRACE ? 'json' : sniffBody(collector.bytes().toString('utf8', 0, MAX_SNIFFED));
    // Whoever begins with so much of nothing is left to the parser.
    if (this.#bodyKind === 'unknown' && collector.length >= MAX_SNIFFED) this.#bodyKind = 'json';
    if (this.#bodyKind === 'other') this.#fail(new UpstreamFailure('malformed', { status: this.#head!.status }));
    else if (this.#bodyKind === 'events') this.#feed(this.#beginStream(), collector.bytes(), now);
  }

  #onBodyEnd(whole: boolean): void {
    this.#batcher.flush();
    if (this.#finished) return;
    if (this.#isError()) return this.#fail(this.#errorFailure());
    if (this.#reader !== undefined) {
      this.#reader.finish(whole);
      return;
    }
    if (!whole) return this.#fail(new UpstreamFailure('truncated'));
    const result = readCompletion(this.#collector!.bytes(), this.#job.wanted, this.#job.errors);
    if (result instanceof UpstreamFailure) this.#fail(result);
    else this.#succeed(result);
  }

  #isError(): boolean {
    return this.#head !== undefined && !ANSWERS.has(this.#head.status);
  }

  #errorFailure(): UpstreamFailure {
    const response = { head: this.#head!, bytes: this.#collector!.bytes(), wallNow: this.#job.clock.wallNow() };
    return faultOfErrorResponse(response, this.#job.errors);
  }

  // --- the stream --------------------------------------------------------------------------------------------------

  #beginStream(): StreamReader {
    const { wanted, errors, clock } = this.#job;
    this.#lastEventAt = clock.now();
    this.#watchBeginning();
    this.#reader = new StreamReader({ errors, passUsage: wanted.usage || !wanted.stream }, this);
    return this.#reader;
  }

  onCommit(): void {
    this.firstTokenMs = this.#job.clock.now() - this.startedAt;
    if (!this.#job.wanted.stream) {
      this.#collecting = new CollectingSink();
      this.#watch('idle_timeout', this.#job.timeouts.idleMs);
      this.#reader!.flowTo(this.#collecting);
      return;
    }
    // From here on it flows, and only its own silence ends it.
    this.#deadline = this.#job.streamDeadline;
    // Nothing more is read until the owner says where it goes.
    this.#body?.pause();
    this.#timer.stop();
    this.#settle?.({ kind: 'answer', answer: this });
    this.#settle = undefined;
  }

  flowTo(sink: ResponseSink): Promise<StreamEnd | 'cancelled'> {
    return new Promise((resolve) => {
      if (this.#finished && this.#reader?.end === undefined) return resolve('cancelled');
      const reader = this.#reader!;
      this.#sink = sink;
      this.#endStream = resolve;
      reader.flowTo(sink);
      if (reader.end !== undefined) return resolve(reader.end);
      if (reader.blocked) return this.#waitForClient(reader);
      this.#watchFlow(reader);
      this.#body?.resume();
    });
  }

  onStreamFailure(failure: UpstreamFailure): void {
    this.#fail(failure);
  }

  onEnd(): void {
    const end = this.#reader!.end!;
    if (this.#collecting !== undefined) return this.#endCollected(this.#collecting, end);
    this.#finish(end.complete);
    this.#endStream?.(end);
  }

  #endCollected(sink: CollectingSink, end: StreamEnd): void {
    if (end.complete) this.#succeed(completionOf(sink.assembler));
    else this.#fail(new UpstreamFailure('truncated', { error: end.error }));
  }

  // --- endings -----------------------------------------------------------------------------------------------------

  #succeed(answer: UpstreamResponse): void {
    this.firstTokenMs ??= this.#job.clock.now() - this.startedAt;
    this.#finish(true);
    this.#settle?.({ kind: 'answer', answer });
  }

  #fail(failure: UpstreamFailure): void {
    if (this.#finished) return;
    // A short error body has been read to its end, and the connection can serve again.
    this.#finish(this.#isError());
    this.#settle?.({ kind: 'failure', failure });
  }

  #timedOut(reason: FailureKind): void {
    if (this.#finished) return;
    // An error's body may hang: its status says enough.
    if (this.#isError()) this.#fail(this.#errorFailure());
    else this.#breakOff(new UpstreamFailure(this.#job.clock.now() >= this.#deadline ? 'deadline' : reason));
  }

  #breakOff(failure: UpstreamFailure): void {
    if (this.#reader === undefined) this.#fail(failure);
    else this.#reader.breakOff(failure);
  }

  #guard(act: () => void): void {
    try {
      act();
    } catch (cause) {
      this.#failWithThrown(cause);
    }
  }

  /** A host's own wire format or transport threw. That spoils this call, not the process: nobody else could catch it. */
  #failWithThrown(cause: unknown): void {
    this.#breakOff(new UpstreamFailure('malformed', { cause }));
  }

  /** `reusable`: the rest of the body, if any, is short and worth reading for the connection's sake. */
  #finish(reusable: boolean): void {
    if (!reusable || this.#body === undefined) return this.#abort();
    this.#finished = true;
    this.#timer.stop();
    if (this.#body.readableEnded) return;
    this.#received = 0;
    const timer = this.#job.clock.setTimer(() => this.#abort(), ERROR_BODY_MS);
    this.#body.once('close', () => timer.cancel());
    this.#body.resume();
  }

  #drainTail(): void {
    if (this.#received > MAX_TAIL) this.#abort();
  }

  #abort(): void {
    this.#finished = true;
    this.#timer.stop();
    try {
      this.#call?.abort();
    } catch {
      // A host's own transport threw. What it still holds is its own; the client's end must not become the process's.
    }
    this.#head?.message.destroy();
    if (this.#body !== this.#head?.message) this.#body?.destroy();
  }

  #watch(reason: FailureKind, limitMs: number): void {
    const now = this.#job.clock.now();
    this.#timer.watch(reason, Math.max(1, Math.min(limitMs, this.#deadline - now)), now);
  }
}

function isEventStream(head: UpstreamHead): boolean {
  const type = head.headers['content-type'];
  return typeof type === 'string' && type.includes('event-stream');
}

function nothing(): void {}
