import type { RequestContext } from '../../request/context.js';
import type { AnswerSink } from '../../contracts/sink.js';
import type { GatewayError } from '../../errors/gateway-error.js';
import type { SharedAnswer } from './event-buffer.js';

/** What a follower wants to know of its reading. */
export interface FollowerEvents {
  /** The first byte is about to be written. */
  begin(): void;
  /** Nothing more will be written: the answer has ended one way or the other, or the client has left. */
  end(complete: boolean): void;
  /** The call failed before its first byte, and this follower is to make the next one. */
  takeOver(): void;
}

/** One client's place in a shared answer. Each reads at its own speed. */
export class Reader {
  readonly context: RequestContext;
  /** The sink is full: nothing is read until it has drained. */
  blocked = false;
  position = 0;
  readonly #sink: AnswerSink;
  readonly #answer: SharedAnswer;
  readonly #onDrained: (reader: Reader) => void;
  #follower: FollowerEvents | undefined;
  #begun = false;
  #over = false;

  constructor(
    context: RequestContext,
    answer: SharedAnswer,
    onDrained: (reader: Reader) => void,
    follower?: FollowerEvents,
  ) {
    this.context = context;
    this.#sink = context.sink;
    this.#answer = answer;
    this.#onDrained = onDrained;
    this.#follower = follower;
  }

  get begun(): boolean {
    return this.#begun;
  }

  /** Reads as far as there is something and the sink takes it. True: to the very end. */
  read(): boolean {
    if (this.#over || this.blocked) return this.#over;
    const { head, whole, end } = this.#answer;
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
    if (this.#over) return true;
    this.#sink.fail(error);
    return this.#finish(false);
  }

  /** The client has left, or will not wait. */
  leave(): void {
    if (!this.#over) this.#finish(false);
  }

  /** From a follower to the one that asks: what it reads from now on is its own call's answer. */
  takeOver(): void {
    const follower = this.#follower;
    this.#follower = undefined;
    follower?.takeOver();
  }

  #readEvents(): boolean {
    while (this.position < this.#answer.length) {
      if (this.#sink.event(this.#answer.eventAt(this.position++))) continue;
      this.#waitForDrain();
      return false;
    }
    const { end } = this.#answer;
    if (end === undefined) return false;
    if (end !== 'done') return this.fail(end);
    this.#sink.done();
    return this.#finish(true);
  }

  #waitForDrain(): void {
    this.blocked = true;
    this.#sink.onDrain(() => {
      this.blocked = false;
      if (!this.#over) this.#onDrained(this);
    });
  }

  #finish(complete: boolean): true {
    this.#over = true;
    this.#follower?.end(complete);
    return true;
  }
}
