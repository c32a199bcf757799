import type { ReceivedRequest } from './request-log.js';

/** One step of a script. Steps run in order; those after `fin` or `reset` are never reached. */
export type Step =
  | { readonly do: 'send'; readonly bytes: Uint8Array }
  /** A pause of `ms`. */
  | { readonly do: 'wait'; readonly ms: number }
  /** Nothing until the connection is closed. */
  | { readonly do: 'hang' }
  /** Closes the connection cleanly once everything was sent; `cut`: in the middle of the response. */
  | { readonly do: 'fin'; readonly cut?: boolean | undefined }
  /** Sends what is pending, then a TCP reset. */
  | { readonly do: 'reset' }
  /** Reads no further byte: the upload stalls, and a disconnect of the client goes unnoticed. */
  | { readonly do: 'stopReading' }
  /** Keeps the connection, and resets it at the next request: a stale connection of a pool. */
  | { readonly do: 'resetOnReuse' };

/** What an upstream does with one request. Made by the builders of this kit, or by hand. */
export interface Script {
  /** Shown in the ledger. */
  readonly name: string;
  /**
   * When it begins: when a connection is accepted (no request is read), when the head of a request was read, or when the
   * request is complete.
   */
  readonly starts: 'connect' | 'head' | 'request';
  /** Goes on although the client has disconnected. */
  readonly ignoresAbort?: boolean | undefined;
  /** The steps for `request`. Read lazily, so they may be endless. */
  steps(request: ReceivedRequest): Iterable<Step>;
}

/** A script, or a function that returns one for a request. It is called when the request is complete. */
export type ScriptSource = Script | ((request: ReceivedRequest) => Script);

/**
 * An item of a raw list: text (sent as UTF-8), bytes, or a pause in milliseconds.
 */
export type Piece = string | Uint8Array | number;

/** How a response ends. `keep` leaves the connection open for the next request. */
export type Ending = 'keep' | 'fin' | 'reset' | 'hang';

/** A script that begins when the request is complete. */
export function onRequest(name: string, steps: Script['steps']): Script {
  return { name, starts: 'request', steps };
}

export function send(bytes: string | Uint8Array): Step {
  return { do: 'send', bytes: typeof bytes === 'string' ? Buffer.from(bytes) : bytes };
}

export function wait(ms: number): Step {
  return { do: 'wait', ms };
}

/** The step of a piece. */
export function pieceStep(piece: Piece): Step {
  return typeof piece === 'number' ? wait(piece) : send(piece);
}

/** The steps of an ending; none where the connection is kept. */
export function endingSteps(ending: Ending): readonly Step[] {
  return ending === 'keep' ? [] : [{ do: ending }];
}
