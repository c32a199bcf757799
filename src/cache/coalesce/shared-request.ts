import type { RequestContext } from '../../request/context.js';
import type { SinkHead } from '../../contracts/sink.js';
import { GatewayError } from '../../errors/gateway-error.js';
import { CancelSource } from '../../util/cancellation.js';
import { LeaderSink, type SharedCall } from './leader-sink.js';
import { Subscriber, type SubscriberEvents } from './subscriber.js';
import { EventBuffer, type BufferBudget } from './event-buffer.js';

/** Most calls for one response: the first one, and one of a follower after it has failed. */
const MAX_LEADERS = 2;

/** Statuses below 500 that are not caused by the request, so that another call may succeed. */
const PASSING: ReadonlySet<number> = new Set([408, 409, 425, 429, 499]);

/**
 * One upstream call and the requests that share its response. The leader's proxy writes into it as into any sink; each
 * subscriber, the leader's own client among them, reads at its own speed.
 */
export class SharedRequest implements SharedCall {
  /** Aborts when there are no subscribers any more: only then is the upstream call aborted. */
  readonly cancelSignal = new CancelSource();
  readonly #buffer: EventBuffer;
  readonly #subscribers = new Set<Subscriber>();
  readonly #onClosed: () => void;
  #closed = false;
  #leader: RequestContext | undefined;
  #leaders = 0;
  #resume: (() => void) | undefined;

  /** @param onClosed - called once, when no request can join any more */
  constructor(budget: BufferBudget, onClosed: () => void) {
    this.#buffer = new EventBuffer(budget);
    this.#onClosed = onClosed;
  }

  /** Number of subscribers: the leader's client, while it is connected, and the followers. */
  get size(): number {
    return this.#subscribers.size;
  }

  /** The request whose call it is. Its context has the endpoint and the cost of the response. */
  get leader(): RequestContext | undefined {
    return this.#leader;
  }

  /** Makes `context` the leader: its sink and its cancel signal become the shared ones. */
  lead(context: RequestContext): void {
    this.#leaders++;
    this.#leader = context;
    if (this.#subscriberOf(context) === undefined) this.#admit(context);
    context.sink = new LeaderSink(this, context);
    context.cancelSignal = this.cancelSignal;
    // A host may send an error itself, past the sink. The call is over then, and followers must not wait for it.
    context.res.once('close', () => {
      if (!context.client.aborted && this.#buffer.head === undefined) this.fail(context, sharedCallFailed());
    });
  }

  /** Adds `context` as a subscriber that reads from the first byte on. */
  join(context: RequestContext, events: SubscriberEvents): void {
    this.#serve(this.#admit(context, events));
  }

  /** Removes a follower whose wait has timed out. False: its response has begun, or it is not subscribed. */
  release(context: RequestContext): boolean {
    const subscriber = this.#subscriberOf(context);
    if (subscriber === undefined || subscriber.begun) return false;
    this.#drop(subscriber);
    return true;
  }

  /** No request can join from now on; subscribers read to the end. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#onClosed();
    this.#dropRead();
  }

  json(from: RequestContext, head: SinkHead, body: Uint8Array): void {
    if (!this.#isCurrent(from)) return;
    this.#buffer.head = head;
    this.#buffer.whole = body;
    this.#finish('done');
  }

  open(from: RequestContext, head: SinkHead): void {
    if (!this.#isCurrent(from)) return;
    this.#buffer.head = head;
    this.#serveAll();
  }

  event(from: RequestContext, payload: string): boolean {
    if (!this.#isCurrent(from)) return true;
    this.#buffer.append(payload);
    this.#serveAll();
    if (this.#buffer.overfull) this.#freeBuffer();
    return this.#hasReadySubscriber();
  }

  onDrain(resume: () => void): void {
    if (this.#hasReadySubscriber()) process.nextTick(resume);
    else this.#resume = resume;
  }

  done(from: RequestContext): void {
    if (this.#isCurrent(from)) this.#finish('done');
  }

  fail(from: RequestContext, error: GatewayError): void {
    if (!this.#isCurrent(from)) return;
    if (this.#buffer.head === undefined && this.#handOver(from, error)) return;
    this.#finish(error);
    this.close();
  }

  /** Whether writes of `from` count: not after it was replaced as leader, and not after the end. */
  #isCurrent(from: RequestContext): boolean {
    return from === this.#leader && this.#buffer.end === undefined;
  }

  #finish(end: 'done' | GatewayError): void {
    this.#buffer.end = end;
    this.#serveAll();
  }

  /** Lets a follower make the call again that failed before its first byte, unless that would fail in the same way. */
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
    // Also where a guard blocks: the client is connected then, but gets nothing more of this response.
    (context.responseGate?.cancelSignal ?? context.client).onAbort(() => this.#leave(subscriber));
    return subscriber;
  }

  #serveAll(): void {
    for (const subscriber of this.#subscribers) this.#serve(subscriber);
  }

  #serve(subscriber: Subscriber): void {
    if (!subscriber.read()) return;
    this.#subscribers.delete(subscriber);
    this.#dropRead();
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
    this.#dropRead();
  }

  #abandon(): void {
    this.close();
    this.cancelSignal.abort();
  }

  /** Frees buffer space: first no request can join late any more, then the slowest subscribers are dropped. */
  #freeBuffer(): void {
    this.close();
    for (;;) {
      const slowest = slowestOf(this.#subscribers);
      this.#buffer.dropBefore(slowest?.position ?? this.#buffer.length);
      // The last subscriber is never dropped: backpressure slows the upstream down instead.
      if (!this.#buffer.overfull || slowest === undefined || this.#subscribers.size === 1) return;
      this.#subscribers.delete(slowest);
      slowest.fail(readTooSlowly());
    }
  }

  /** Drops events that no subscriber will read any more. */
  #dropRead(): void {
    if (this.#closed && this.#subscribers.size === 0) this.#buffer.dropBefore(this.#buffer.length);
  }

  /** Whether some subscriber is not blocked: the upstream is read as fast as by the fastest one. */
  #hasReadySubscriber(): boolean {
    if (this.#subscribers.size === 0) return true;
    for (const subscriber of this.#subscribers) if (!subscriber.blocked) return true;
    return false;
  }

  #wake(): void {
    const resume = this.#resume;
    if (resume === undefined || !this.#hasReadySubscriber()) return;
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

/** Whether the error is caused by the request, so that equal requests would fail in the same way. */
function isAboutTheRequest(error: GatewayError): boolean {
  return error.status < 500 && !PASSING.has(error.status);
}

function readTooSlowly(): GatewayError {
  return new GatewayError(
    'server_is_overloaded',
    'The response was shared with other requests, and this client read it too slowly to keep its rest buffered.',
  );
}

function sharedCallFailed(): GatewayError {
  return new GatewayError('internal_error', 'The shared upstream call ended without a response.');
}
