import type { Readable } from 'node:stream';
import type { Clock } from '../../contracts/clock.js';
import type { UpstreamHead } from '../../contracts/transport.js';
import { ChunkBatcher } from './chunk-batcher.js';
import { SHORT_READ_MS } from './exchange-timers.js';

/** Bytes that are read after the result is known, so that the connection can be reused. */
const MAX_DRAINED = 64 * 1024;

export interface BodyListener {
  onBytes(bytes: Buffer): void;
  /** `whole`: the body ended as its framing requires. May be called more than once. */
  onBodyEnd(whole: boolean): void;
}

/**
 * The body of one upstream response: batches its chunks, applies backpressure, and drains or destroys what is left of
 * it.
 */
export class BodySource {
  readonly #message: UpstreamHead['message'];
  /** `#message`, or its decompressed form. */
  readonly #body: Readable;
  readonly #batcher: ChunkBatcher;
  /** Set while the rest of the body is discarded. */
  #onDrainLimit: (() => void) | undefined;
  #drained = 0;

  constructor(message: UpstreamHead['message'], body: Readable, listener: BodyListener) {
    this.#message = message;
    this.#body = body;
    this.#batcher = new ChunkBatcher((bytes) => {
      if (this.#onDrainLimit === undefined) listener.onBytes(bytes);
      else this.#discard(bytes);
    });
    const end = (whole: boolean): void => {
      this.#batcher.flush();
      listener.onBodyEnd(whole);
    };
    body.on('data', (bytes: Buffer) => this.#batcher.add(bytes));
    body.once('end', () => end(message.complete || body !== message));
    // An error is always followed by `close`, which ends the body.
    body.on('error', nothing);
    body.once('close', () => end(false));
  }

  pause(): void {
    this.#body.pause();
  }

  resume(): void {
    this.#body.resume();
  }

  /**
   * Discards the rest of the body, so that the connection can be reused. `onLimit` is called if the rest is too long or
   * takes too much time.
   */
  drain(clock: Clock, onLimit: () => void): void {
    if (this.#body.readableEnded) return;
    this.#onDrainLimit = onLimit;
    const timer = clock.setTimer(onLimit, SHORT_READ_MS);
    this.#body.once('close', () => timer.cancel());
    this.#body.resume();
  }

  destroy(): void {
    this.#message.destroy();
    if (this.#body !== this.#message) this.#body.destroy();
  }

  #discard(bytes: Buffer): void {
    this.#drained += bytes.length;
    if (this.#drained > MAX_DRAINED) this.#onDrainLimit?.();
  }
}

function nothing(): void {}
