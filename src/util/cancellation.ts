import type { ServerResponse } from 'node:http';

/** Whether somebody still waits for an answer. */
export interface CancelSignal {
  readonly aborted: boolean;
  /** Runs `leave` once when nobody waits any more. Returns how to take that back. */
  onAbort(listener: () => void): () => void;
  /** The same as an `AbortSignal`, made on first use: hooks and stores want one, the hot path does not. */
  readonly signal: AbortSignal;
}

/** A cancelSignal that its owner ends by hand. */
export class CancelSource implements CancelSignal {
  aborted = false;
  // Whoever came first is told first. No Set: a list of two or three costs less.
  #listeners: (() => void)[] | undefined;
  #controller: AbortController | undefined;

  onAbort(listener: () => void): () => void {
    if (this.aborted) {
      listener();
      return nothing;
    }
    const listeners = (this.#listeners ??= []);
    listeners.push(listener);
    return () => {
      const at = listeners.indexOf(listener);
      if (at >= 0) listeners.splice(at, 1);
    };
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.aborted) this.#controller.abort();
    }
    return this.#controller.signal;
  }

  abort(): void {
    if (this.aborted) return;
    this.aborted = true;
    this.#controller?.abort();
    const listeners = this.#listeners;
    this.#listeners = undefined;
    // One that is told may take another one's wish back.
    while (listeners !== undefined && listeners.length > 0) listeners.shift()!();
  }
}

/**
 * The client's presence, read from `res`: `req` emits `close` as soon as the body is read, long before anybody left.
 * Ends when the connection closes, or the host answers in our place, before our answer was written to its end.
 */
export class ClientConnection extends CancelSource {
  #answered = false;
  #afterwards: (() => void) | undefined;

  constructor(res: ServerResponse) {
    super();
    if (res.destroyed) {
      this.abort();
      return;
    }
    // Not `once`: a response closes once, and a listener that takes itself away costs more than one that stays.
    res.on('close', () => {
      if (!this.#answered || !res.writableFinished) this.abort();
      this.#afterwards?.();
    });
  }

  /** Our own answer has been written to its end: that the connection then closes is no departure. */
  answered(): void {
    this.#answered = true;
  }

  /** Runs `then` once the response has closed, whether or not it was whole. Only before that. */
  onClosed(then: () => void): void {
    const before = this.#afterwards;
    this.#afterwards =
      before === undefined
        ? then
        : () => {
            before();
            then();
          };
  }
}

function nothing(): void {}
