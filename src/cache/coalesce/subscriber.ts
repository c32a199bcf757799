import type { RequestContext } from '../../request/context.js';
import type { ResponseSink } from '../../contracts/sink.js';
import type { GatewayError } from '../../errors/gateway-error.js';
import type { EventBuffer } from './event-buffer.js';

/** What a follower wants to know of its reading. */
export interface SubscriberEvents {
  /** The first byte is about to be written. */
  begin(): void;
  /** Nothing more will be written: the answer has ended one way or the other, or the client has left. */
  end(complete: boolean): void;
  /** The call failed before its first byte, and this follower is to make the next one. */
  takeOver(): void;
}

/** One client's place in a shared answer. Each reads at its own speed. */
export class Subscriber {
  readonly context: RequestContext;
  /** The sink is full: nothing is read until it has drained. */
  blocked = false;
  position = 0;
  readonly #sink: ResponseSink;
  readonly #buffer: EventBuffer;
  readonly #onDrained: (subscriber: Subscriber) => void;
  #follower: SubscriberEvents | undefined;
  #begun = false;
  #finished = false;

  constructor(
    context: RequestContext,
    buffer: EventBuffer,
    onDrained: (subscriber: Subscriber) => void,
    follower?: SubscriberEvents,
  ) {
    this.context = context;
    this.#sink = context.sink;
    this.#buffer = buffer;
    this.#onDrained = onDrained;
    this.#follower = follower;
  }

  get begun(): boolean {
    return this.#begun;
  }

  /** Reads as far as there is something and the sink takes it. True: to the very end. */
  read(): boolean {
    if (this.#finished || this.blocked) return this.#finished;
    const { head, whole, end } = this.#buffer;
    if (head === undefined) return end instanceof Error && this.fail(end);
    if (!this.#begun) this.#follower?.begin();
    if (whole !== undefined) {
      this.#begun = true;
      this.#sink.json(head, whole);
      return this.#finish(true);
    }
    if (!this.#begun) {
      this.#begun = true;
      this.#sink.open(head);
    }
    return this.#readEvents();
  }

  fail(error: GatewayError): true {
    if (this.#finished) return true;
    this.#sink.fail(error);
    return this.#finish(false);
  }

  /** The client has left, or will not wait. */
  leave(): void {
    if (!this.#finished) this.#finish(false);
  }

  /** From a follower to the one that asks: what it reads from now on is its own call's answer. */
  takeOver(): void {
    const follower = this.#follower;
    this.#follower = undefined;
    follower?.takeOver();
  }

  #readEvents(): boolean {
    while (this.position < this.#buffer.length) {
      if (this.#sink.event(this.#buffer.eventAt(this.position++))) continue;
      this.#waitForDrain();
      return false;
    }
    const { end } = this.#buffer;
    if (end === undefined) return false;
    if (end !== 'done') return this.fail(end);
    this.#sink.done();
    return this.#finish(true);
  }

  #waitForDrain(): void {
    this.blocked = true;
    this.#sink.onDrain(() => {
      this.blocked = false;
      if (!this.#finished) this.#onDrained(this);
    });
  }

  #finish(complete: boolean): true {
    this.#finished = true;
    this.#follower?.end(complete);
    return true;
  }
}
