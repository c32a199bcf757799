import type { Socket } from 'node:net';
import type { Clock } from '../contracts/clock.js';
import type { Line } from './run-script.js';

/** @internal An accepted socket as scripts are played on it, and who closed it. */
export class SocketLine implements Line {
  gone = false;
  closedBy: 'client' | 'server' | undefined = undefined;
  /** The next byte that comes is answered with a reset. */
  spent = false;
  #socket: Socket;
  #clock: Clock;
  /** Ends what the player waits for: one script is played at a time, so there is one such wait. */
  #wake: () => void = () => {};

  constructor(socket: Socket, clock: Clock) {
    this.#socket = socket;
    this.#clock = clock;
    // An event would otherwise wait for the peer's acknowledgement of the one before.
    socket.setNoDelay(true);
    socket.on('close', () => {
      this.gone = true;
      this.closedBy ??= 'client';
      this.#wake();
    });
  }

  write(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
      this.#socket.write(bytes, (error) => {
        // `close` comes a turn of the loop later; a script without pauses would never let that turn come.
        if (error) this.gone = true;
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
    this.spent = true;
  }

  /** Drops the connection at once. */
  destroy(): void {
    this.closedBy ??= 'server';
    this.#socket.destroy();
  }
}
