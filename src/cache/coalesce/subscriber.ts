import type { RequestContext } from '../../request/context.js';
import type { ResponseSink } from '../../contracts/sink.js';
import type { GatewayError } from '../../errors/gateway-error.js';
import type { EventBuffer } from './event-buffer.js';

/** Events of a follower's subscription. */
export interface SubscriberEvents {
  /** The first byte is about to be written. */
  begin(): void;
  /** Nothing more will be written: the response has ended, or the client has disconnected. */
  end(complete: boolean): void;
  /** The call failed before its first byte, and this follower must make the next one. */
  takeOver(): void;
}

/** One client's position in a shared response. Each client reads at its own speed. */
export class Subscriber {
  readonly context: RequestContext;
  /** The sink is full: nothing is written until it has drained. */
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

  /** Writes buffered events as long as the sink accepts them. True: the response is complete. */
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

  /** The client has disconnected, or its wait has timed out. */
  leave(): void {
    if (!this.#finished) this.#finish(false);
  }

  /** Turns a follower into the leader: from now on it reads the response of its own call. */
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
