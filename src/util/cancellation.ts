import type { ServerResponse } from 'node:http';

/** Whether somebody still waits for an answer. */
export interface Lifeline {
  readonly gone: boolean;
  /** Runs `leave` once when nobody waits any more. Returns how to take that back. */
  onGone(leave: () => void): () => void;
  /** The same as an `AbortSignal`, made on first use: hooks and stores want one, the hot path does not. */
  readonly signal: AbortSignal;
}

/** A lifeline that its owner ends by hand. */
export class OwnedLifeline implements Lifeline {
  gone = false;
  // Whoever came first is told first. No Set: a list of two or three costs less.
  #leaves: (() => void)[] | undefined;
  #controller: AbortController | undefined;

  onGone(leave: () => void): () => void {
    if (this.gone) {
      leave();
      return nothing;
    }
    const leaves = (this.#leaves ??= []);
    leaves.push(leave);
    return () => {
      const at = leaves.indexOf(leave);
      if (at >= 0) leaves.splice(at, 1);
    };
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.gone) this.#controller.abort();
    }
    return this.#controller.signal;
  }

  end(): void {
    if (this.gone) return;
    this.gone = true;
    this.#controller?.abort();
    const leaves = this.#leaves;
    this.#leaves = undefined;
    // One that is told may take another one's wish back.
    while (leaves !== undefined && leaves.length > 0) leaves.shift()!();
  }
}

/**
 * The client's presence, read from `res`: `req` emits `close` as soon as the body is read, long before anybody left.
 * Ends when the connection closes, or the host answers in our place, before our answer was written to its end.
 */
export class ClientPresence extends OwnedLifeline {
  #answered = false;
  #afterwards: (() => void) | undefined;

  constructor(res: ServerResponse) {
    super();
    if (res.destroyed) {
      this.end();
      return;
    }
    // Not `once`: a response closes once, and a listener that takes itself away costs more than one that stays.
    res.on('close', () => {
      if (!this.#answered || !res.writableFinished) this.end();
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
