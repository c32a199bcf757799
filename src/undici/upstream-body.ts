import { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';

/** What becomes of the connection. */
export interface BodyOwner {
  /** All has been read. */
  onRead(): void;
  /** The rest is not wanted, or will not come. */
  onGivenUp(): void;
}

/** The body of an answer, to be read as Node's own messages are: `complete` says whether it came whole. */
export class UpstreamBody extends Readable {
  complete = false;
  readonly #controller: Dispatcher.DispatchController;
  readonly #owner: BodyOwner;

  constructor(controller: Dispatcher.DispatchController, owner: BodyOwner) {
    super();
    this.#controller = controller;
    this.#owner = owner;
  }

  arrive(chunk: Buffer): void {
    if (!this.push(chunk)) this.#controller.pause();
  }

  whole(): void {
    this.complete = true;
    this.push(null);
  }

  override _read(): void {
    if (this.#controller.paused) this.#controller.resume();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    if (this.readableEnded) this.#owner.onRead();
    else this.#owner.onGivenUp();
    // As with Node's own: who does not listen is not thrown at.
    done(this.listenerCount('error') > 0 ? error : null);
  }
}
