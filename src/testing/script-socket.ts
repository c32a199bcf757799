import type { Socket } from 'node:net';
import type { Clock } from '../contracts/clock.js';
import type { ScriptTarget } from './run-script.js';

/** @internal An accepted socket that scripts run on, and which side closed it. */
export class ScriptSocket implements ScriptTarget {
  closed = false;
  closedBy: 'client' | 'server' | undefined = undefined;
  /** The next received byte causes a reset. */
  resetsOnReuse = false;
  #socket: Socket;
  #clock: Clock;
  /** Resolves the current wait of the script. Only one script runs at a time, so there is one such wait. */
  #wake: () => void = () => {};

  constructor(socket: Socket, clock: Clock) {
    this.#socket = socket;
    this.#clock = clock;
    // With Nagle's algorithm, an event would wait for the acknowledgement of the one before.
    socket.setNoDelay(true);
    socket.on('close', () => {
      this.closed = true;
      this.closedBy ??= 'client';
      this.#wake();
    });
  }

  write(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
      this.#socket.write(bytes, (error) => {
        // `close` is emitted one turn of the event loop later, which a script without pauses would never reach.
        if (error) this.closed = true;
        resolve();
      });
    });
  }

  sleep(ms?: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = ms === undefined ? undefined : this.#clock.setTimer(resolve, ms);
      this.#wake = () => {
        timer?.cancel();
        resolve();
      };
    });
  }

  /** Ends our side; the peer may still read what was sent. */
  fin(): void {
    this.closedBy ??= 'server';
    this.#socket.end();
  }

  reset(): void {
    this.closedBy ??= 'server';
    this.#socket.resetAndDestroy();
  }

  stopReading(): void {
    this.#socket.pause();
  }

  resetOnReuse(): void {
    this.resetsOnReuse = true;
  }

  /** Closes the connection immediately. */
  destroy(): void {
    this.closedBy ??= 'server';
    this.#socket.destroy();
  }
}
