import { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';

/** Decides about the connection when the body has ended. */
export interface BodyOwner {
  /** The whole body has been read. */
  onRead(): void;
  /** The rest of the body will not be read, or will not arrive. */
  onDestroyed(): void;
}

/**
 * The body of a response, with the interface of Node's `IncomingMessage`: `complete` says whether all of it arrived.
 */
export class UpstreamBody extends Readable {
  complete = false;
  readonly #controller: Dispatcher.DispatchController;
  readonly #owner: BodyOwner;
  /** `content-length`, if the upstream sent one. */
  readonly #announced: number | undefined;
  #received = 0;

  constructor(controller: Dispatcher.DispatchController, owner: BodyOwner, announced: number | undefined) {
    super();
    this.#controller = controller;
    this.#owner = owner;
    this.#announced = announced;
  }

  add(chunk: Buffer): void {
    this.#received += chunk.length;
    if (!this.push(chunk)) this.#controller.pause();
  }

  end(): void {
    this.complete = true;
    this.push(null);
  }

  /** The connection broke off. */
  fail(error: Error): void {
    // undici, paused at the last byte, does not report the end if the connection closes after it.
    if (this.#received === this.#announced) this.end();
    else this.destroy(error);
  }

  override _read(): void {
    if (this.#controller.paused) this.#controller.resume();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    if (this.readableEnded) this.#owner.onRead();
    else this.#owner.onDestroyed();
    // Like Node's own messages: without a listener the error is not thrown.
    done(this.listenerCount('error') > 0 ? error : null);
  }
}
