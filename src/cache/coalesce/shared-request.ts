import type { RequestContext } from '../../request/context.js';
import type { AnswerHead } from '../../contracts/sink.js';
import { GatewayError } from '../../errors/gateway-error.js';
import { OwnedLifeline } from '../../util/cancellation.js';
import { LeaderSink, type SharedCall } from './leader-sink.js';
import { Reader, type FollowerEvents } from './subscriber.js';
import { SharedAnswer, type LogBudget } from './event-buffer.js';

/** An answer is asked for this often at most: by the first, and by one follower when that failed. */
const MAX_LEADERS = 2;

/** Statuses below 500 that say nothing about the request itself: the next call may well succeed. */
const PASSING: ReadonlySet<number> = new Set([408, 409, 425, 429, 499]);

/**
 * One upstream call and all who share its answer. The leader's proxy writes into it as into any sink; every reader,
 * the leader's own client among them, goes through what has come at its own speed.
 */
export class Flight implements SharedCall {
  /** Ends when nobody reads any more: only then the upstream call is given up. */
  readonly lifeline = new OwnedLifeline();
  readonly #answer: SharedAnswer;
  readonly #readers = new Set<Reader>();
  readonly #onClosed: () => void;
  #closed = false;
  #leader: RequestContext | undefined;
  #leaders = 0;
  #resume: (() => void) | undefined;

  /** @param onClosed - Told once, when nobody can join any more. */
  constructor(budget: LogBudget, onClosed: () => void) {
    this.#answer = new SharedAnswer(budget);
    this.#onClosed = onClosed;
  }

  /** Everyone who reads: the leader's client, while it is there, and the followers. */
  get size(): number {
    return this.#readers.size;
  }

  /** Who asks upstream. Its context knows who answers and what that costs. */
  get leader(): RequestContext | undefined {
    return this.#leader;
  }

  /** Makes `context` the one that asks: its sink and its lifeline become the shared ones. */
  lead(context: RequestContext): void {
    this.#leaders++;
    this.#leader = context;
    if (this.#readerOf(context) === undefined) this.#admit(context);
    context.sink = new LeaderSink(this, context);
    context.lifeline = this.lifeline;
    // A host may answer an error past the sink: the call is over then, and nobody should wait for it.
    context.res.once('close', () => {
      if (!context.client.gone && this.#answer.head === undefined) this.fail(context, answeredElsewhere());
    });
  }

  /** Lets `context` read along from the first byte on. */
  join(context: RequestContext, events: FollowerEvents): void {
    this.#serve(this.#admit(context, events));
  }

  /** Takes back a follower that will not wait any longer. False: its answer has begun, or it is not there. */
  release(context: RequestContext): boolean {
    const reader = this.#readerOf(context);
    if (reader === undefined || reader.begun) return false;
    this.#drop(reader);
    return true;
  }

  /** Nobody joins from now on; those who read go on to the end. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#onClosed();
    this.#letGo();
  }

  json(from: RequestContext, head: AnswerHead, body: Uint8Array): void {
    if (!this.#hears(from)) return;
    this.#answer.head = head;
    this.#answer.whole = body;
    this.#finish('done');
  }

  open(from: RequestContext, head: AnswerHead): void {
    if (!this.#hears(from)) return;
    this.#answer.head = head;
    this.#serveAll();
  }

  event(from: RequestContext, payload: string): boolean {
    if (!this.#hears(from)) return true;
    this.#answer.append(payload);
    this.#serveAll();
    if (this.#answer.overfull) this.#makeRoom();
    return this.#someoneKeepsUp();
  }

  onDrain(resume: () => void): void {
    if (this.#someoneKeepsUp()) process.nextTick(resume);
    else this.#resume = resume;
  }

  done(from: RequestContext): void {
    if (this.#hears(from)) this.#finish('done');
  }

  fail(from: RequestContext, error: GatewayError): void {
    if (!this.#hears(from)) return;
    if (this.#answer.head === undefined && this.#handOver(from, error)) return;
    this.#finish(error);
    this.close();
  }

  /** What a leader says after it was replaced, or after the end, is not for us. */
  #hears(from: RequestContext): boolean {
    return from === this.#leader && this.#answer.end === undefined;
  }

  #finish(end: 'done' | GatewayError): void {
    this.#answer.end = end;
    this.#serveAll();
  }

  /** Before the first byte, a call that failed is replaced by one follower's, unless that would fail as well. */
  #handOver(from: RequestContext, error: GatewayError): boolean {
    if (this.#leaders >= MAX_LEADERS || isAboutTheRequest(error)) return false;
    const failed = this.#readerOf(from);
    const successor = [...this.#readers].find((reader) => reader !== failed);
    if (successor === undefined) return false;
    this.#leader = undefined;
    if (failed !== undefined) {
      this.#readers.delete(failed);
      failed.fail(error);
    }
    successor.takeOver();
    return true;
  }

  #admit(context: RequestContext, events?: FollowerEvents): Reader {
    const reader = new Reader(context, this.#answer, this.#onDrained, events);
    this.#readers.add(reader);
    context.client.onGone(() => this.#leave(reader));
    return reader;
  }

  #serveAll(): void {
    for (const reader of this.#readers) this.#serve(reader);
  }

  #serve(reader: Reader): void {
    if (!reader.read()) return;
    this.#readers.delete(reader);
    this.#letGo();
  }

  readonly #onDrained = (reader: Reader): void => {
    this.#serve(reader);
    this.#wake();
  };

  #leave(reader: Reader): void {
    if (!this.#readers.has(reader)) return;
    this.#drop(reader);
    reader.leave();
  }

  #drop(reader: Reader): void {
    this.#readers.delete(reader);
    if (this.#readers.size > 0) this.#wake();
    else if (this.#answer.end === undefined) this.#abandon();
    this.#letGo();
  }

  #abandon(): void {
    this.close();
    this.lifeline.end();
  }

  /** Above the limit nobody joins late any more; then those go who are furthest behind. */
  #makeRoom(): void {
    this.close();
    for (;;) {
      const slowest = slowestOf(this.#readers);
      this.#answer.dropBefore(slowest?.position ?? this.#answer.length);
      // The last reader is never sent away: it slows the upstream down instead.
      if (!this.#answer.overfull || slowest === undefined || this.#readers.size === 1) return;
      this.#readers.delete(slowest);
      slowest.fail(readTooSlowly());
    }
  }

  /** What nobody will read any more is not kept. */
  #letGo(): void {
    if (this.#closed && this.#readers.size === 0) this.#answer.dropBefore(this.#answer.length);
  }

  /** The upstream is as fast as the fastest reader. */
  #someoneKeepsUp(): boolean {
    if (this.#readers.size === 0) return true;
    for (const reader of this.#readers) if (!reader.blocked) return true;
    return false;
  }

  #wake(): void {
    const resume = this.#resume;
    if (resume === undefined || !this.#someoneKeepsUp()) return;
    this.#resume = undefined;
    resume();
  }

  #readerOf(context: RequestContext): Reader | undefined {
    for (const reader of this.#readers) if (reader.context === context) return reader;
    return undefined;
  }
}

function slowestOf(readers: ReadonlySet<Reader>): Reader | undefined {
  let slowest: Reader | undefined;
  for (const reader of readers) if (slowest === undefined || reader.position < slowest.position) slowest = reader;
  return slowest;
}

/** Equal requests would be refused in the same way. */
function isAboutTheRequest(error: GatewayError): boolean {
  return error.status < 500 && !PASSING.has(error.status);
}

function readTooSlowly(): GatewayError {
  return new GatewayError('server_is_overloaded', 'This answer was shared and read too slowly to be kept any longer.');
}

function answeredElsewhere(): GatewayError {
  return new GatewayError('internal_error', 'The shared call ended without an answer.');
}
