import type { RequestContext } from '../../request/context.js';
import type { SinkHead } from '../../contracts/sink.js';
import { GatewayError } from '../../errors/gateway-error.js';
import { CancelSource } from '../../util/cancellation.js';
import { LeaderSink, type SharedCall } from './leader-sink.js';
import { Subscriber, type SubscriberEvents } from './subscriber.js';
import { EventBuffer, type BufferBudget } from './event-buffer.js';

/** An answer is asked for this often at most: by the first, and by one follower when that failed. */
const MAX_LEADERS = 2;

/** Statuses below 500 that say nothing about the request itself: the next call may well succeed. */
const PASSING: ReadonlySet<number> = new Set([408, 409, 425, 429, 499]);

/**
 * One upstream call and all who share its answer. The leader's proxy writes into it as into any sink; every reader,
 * the leader's own client among them, goes through what has come at its own speed.
 */
export class SharedRequest implements SharedCall {
  /** Ends when nobody reads any more: only then the upstream call is given up. */
  readonly cancelSignal = new CancelSource();
  readonly #buffer: EventBuffer;
  readonly #subscribers = new Set<Subscriber>();
  readonly #onClosed: () => void;
  #closed = false;
  #leader: RequestContext | undefined;
  #leaders = 0;
  #resume: (() => void) | undefined;

  /** @param onClosed - Told once, when nobody can join any more. */
  constructor(budget: BufferBudget, onClosed: () => void) {
    this.#buffer = new EventBuffer(budget);
    this.#onClosed = onClosed;
  }

  /** Everyone who reads: the leader's client, while it is there, and the followers. */
  get size(): number {
    return this.#subscribers.size;
  }

  /** Who asks upstream. Its context knows who answers and what that costs. */
  get leader(): RequestContext | undefined {
    return this.#leader;
  }

  /** Makes `context` the one that asks: its sink and its cancelSignal become the shared ones. */
  lead(context: RequestContext): void {
    this.#leaders++;
    this.#leader = context;
    if (this.#subscriberOf(context) === undefined) this.#admit(context);
    context.sink = new LeaderSink(this, context);
    context.cancelSignal = this.cancelSignal;
    // A host may answer an error past the sink: the call is over then, and nobody should wait for it.
    context.res.once('close', () => {
      if (!context.client.aborted && this.#buffer.head === undefined) this.fail(context, sharedCallFailed());
    });
  }

  /** Lets `context` read along from the first byte on. */
  join(context: RequestContext, events: SubscriberEvents): void {
    this.#serve(this.#admit(context, events));
  }

  /** Takes back a follower that will not wait any longer. False: its answer has begun, or it is not there. */
  release(context: RequestContext): boolean {
    const subscriber = this.#subscriberOf(context);
    if (subscriber === undefined || subscriber.begun) return false;
    this.#drop(subscriber);
    return true;
  }

  /** Nobody joins from now on; those who read go on to the end. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#onClosed();
    this.#letGo();
  }

  json(from: RequestContext, head: SinkHead, body: Uint8Array): void {
    if (!this.#hears(from)) return;
    this.#buffer.head = head;
    this.#buffer.whole = body;
    this.#finish('done');
  }

  open(from: RequestContext, head: SinkHead): void {
    if (!this.#hears(from)) return;
    this.#buffer.head = head;
    this.#serveAll();
  }

  event(from: RequestContext, payload: string): boolean {
    if (!this.#hears(from)) return true;
    this.#buffer.append(payload);
    this.#serveAll();
    if (this.#buffer.overfull) this.#makeRoom();
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
    if (this.#buffer.head === undefined && this.#handOver(from, error)) return;
    this.#finish(error);
    this.close();
  }

  /** What a leader says after it was replaced, or after the end, is not for us. */
  #hears(from: RequestContext): boolean {
    return from === this.#leader && this.#buffer.end === undefined;
  }

  #finish(end: 'done' | GatewayError): void {
    this.#buffer.end = end;
    this.#serveAll();
  }

  /** Before the first byte, a call that failed is replaced by one follower's, unless that would fail as well. */
  #handOver(from: RequestContext, error: GatewayError): boolean {
    if (this.#leaders >= MAX_LEADERS || isAboutTheRequest(error)) return false;
    const failed = this.#subscriberOf(from);
    const successor = [...this.#subscribers].find((subscriber) => subscriber !== failed);
    if (successor === undefined) return false;
    this.#leader = undefined;
    if (failed !== undefined) {
      this.#subscribers.delete(failed);
      failed.fail(error);
    }
    successor.takeOver();
    return true;
  }

  #admit(context: RequestContext, events?: SubscriberEvents): Subscriber {
    const subscriber = new Subscriber(context, this.#buffer, this.#onDrained, events);
    this.#subscribers.add(subscriber);
    // Also where a guard blocks: the client is still there, but reads no more.
    (context.responseGate?.cancelSignal ?? context.client).onAbort(() => this.#leave(subscriber));
    return subscriber;
  }

  #serveAll(): void {
    for (const subscriber of this.#subscribers) this.#serve(subscriber);
  }

  #serve(subscriber: Subscriber): void {
    if (!subscriber.read()) return;
    this.#subscribers.delete(subscriber);
    this.#letGo();
  }

  readonly #onDrained = (subscriber: Subscriber): void => {
    this.#serve(subscriber);
    this.#wake();
  };

  #leave(subscriber: Subscriber): void {
    if (!this.#subscribers.has(subscriber)) return;
    this.#drop(subscriber);
    subscriber.leave();
  }

  #drop(subscriber: Subscriber): void {
    this.#subscribers.delete(subscriber);
    if (this.#subscribers.size > 0) this.#wake();
    else if (this.#buffer.end === undefined) this.#abandon();
    this.#letGo();
  }

  #abandon(): void {
    this.close();
    this.cancelSignal.abort();
  }

  /** Above the limit nobody joins late any more; then those go who are furthest behind. */
  #makeRoom(): void {
    this.close();
    for (;;) {
      const slowest = slowestOf(this.#subscribers);
      this.#buffer.dropBefore(slowest?.position ?? this.#buffer.length);
      // The last reader is never sent away: it slows the upstream down instead.
      if (!this.#buffer.overfull || slowest === undefined || this.#subscribers.size === 1) return;
      this.#subscribers.delete(slowest);
      slowest.fail(readTooSlowly());
    }
  }

  /** What nobody will read any more is not kept. */
  #letGo(): void {
    if (this.#closed && this.#subscribers.size === 0) this.#buffer.dropBefore(this.#buffer.length);
  }

  /** The upstream is as fast as the fastest reader. */
  #someoneKeepsUp(): boolean {
    if (this.#subscribers.size === 0) return true;
    for (const subscriber of this.#subscribers) if (!subscriber.blocked) return true;
    return false;
  }

  #wake(): void {
    const resume = this.#resume;
    if (resume === undefined || !this.#someoneKeepsUp()) return;
    this.#resume = undefined;
    resume();
  }

  #subscriberOf(context: RequestContext): Subscriber | undefined {
    for (const subscriber of this.#subscribers) if (subscriber.context === context) return subscriber;
    return undefined;
  }
}

function slowestOf(subscribers: ReadonlySet<Subscriber>): Subscriber | undefined {
  let slowest: Subscriber | undefined;
  for (const subscriber of subscribers)
    if (slowest === undefined || subscriber.position < slowest.position) slowest = subscriber;
  return slowest;
}

/** Equal requests would be refused in the same way. */
function isAboutTheRequest(error: GatewayError): boolean {
  return error.status < 500 && !PASSING.has(error.status);
}

function readTooSlowly(): GatewayError {
  return new GatewayError('server_is_overloaded', 'This answer was shared and read too slowly to be kept any longer.');
}

function sharedCallFailed(): GatewayError {
  return new GatewayError('internal_error', 'The shared call ended without an answer.');
}
