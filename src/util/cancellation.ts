import type { ServerResponse } from 'node:http';

/** Aborts when the result of some work is no longer needed. A cheap replacement for `AbortSignal` on the hot path. */
export interface CancelSignal {
  readonly aborted: boolean;
  /** Calls `listener` once, on abort. Returns a function that unsubscribes it. */
  onAbort(listener: () => void): () => void;
  /** The same as an `AbortSignal`, created on first use: hooks and stores need one, the hot path does not. */
  readonly signal: AbortSignal;
}

/** A `CancelSignal` and the means to abort it, as `AbortController` is for `AbortSignal`. */
export class CancelSource implements CancelSignal {
  aborted = false;
  // Called in the order of subscription. An array of two or three entries costs less than a Set.
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
    // A listener may unsubscribe a later one, so shift instead of iterating.
    while (listeners !== undefined && listeners.length > 0) listeners.shift()!();
  }
}

/**
 * The client's connection, observed through `res`: `req` emits `close` as soon as its body is read, long before a
 * disconnect. Aborts when the connection closes, or when the host responds itself, before the gateway's response is
 * complete.
 */
export class ClientConnection extends CancelSource {
  #responded = false;
  #afterwards: (() => void) | undefined;

  constructor(res: ServerResponse) {
    super();
    if (res.destroyed) {
      this.abort();
      return;
    }
    // Not `once`: a response closes only once, and removing a listener costs more than leaving it.
    res.on('close', () => {
      if (!this.#responded || !res.writableFinished) this.abort();
      this.#afterwards?.();
    });
  }

  /** The response has been written completely: closing the connection after that is not an abort. */
  responded(): void {
    this.#responded = true;
  }

  /** Calls `then` once the response has closed, complete or not. Must be called before that. */
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
