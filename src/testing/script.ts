import type { ReceivedRequest } from './request-log.js';

/** One thing that a scripted upstream does. Steps are played in order; what follows `fin` or `reset` is never reached. */
export type Step =
  | { readonly do: 'send'; readonly bytes: Uint8Array }
  /** Silence for `ms`, then the next step. */
  | { readonly do: 'wait'; readonly ms: number }
  /** Silence until somebody closes the connection. */
  | { readonly do: 'hang' }
  /** Closes cleanly once everything was sent; `cut`: in the middle of the answer. */
  | { readonly do: 'fin'; readonly cut?: boolean | undefined }
  /** Sends what is pending, then a TCP reset. */
  | { readonly do: 'reset' }
  /** Reads no further byte of the request: uploads back up, and the peer's leaving goes unseen. */
  | { readonly do: 'stopReading' }
  /** Keeps the connection, and resets it when the next request comes: a pooled socket gone stale. */
  | { readonly do: 'resetOnReuse' };

/** What an upstream does with one request. The builders of this kit make them; so can you. */
export interface Script {
  /** Shown in the ledger. */
  readonly name: string;
  /**
   * When it begins: as a connection is accepted (no request is read), as a request's head was read,
   * or when the request is whole.
   */
  readonly starts: 'connect' | 'head' | 'request';
  /** Goes on although the client has left. */
  readonly ignoresAbort?: boolean | undefined;
  /** The steps for `request`; read lazily, so there may be no end to them. */
  steps(request: ReceivedRequest): Iterable<Step>;
}

/** A script, or one made for the request it answers. A function is asked when the request is whole. */
export type ScriptSource = Script | ((request: ReceivedRequest) => Script);

/**
 * What a raw list may hold: text (sent as UTF-8), bytes, or a number: milliseconds of silence.
 */
export type Piece = string | Uint8Array | number;

/** How an answer stops. `keep` leaves the connection open for the next request. */
export type Ending = 'keep' | 'fin' | 'reset' | 'hang';

/** A script that begins when the request is whole. */
export function onRequest(name: string, steps: Script['steps']): Script {
  return { name, starts: 'request', steps };
}

export function send(bytes: string | Uint8Array): Step {
  return { do: 'send', bytes: typeof bytes === 'string' ? Buffer.from(bytes) : bytes };
}

export function wait(ms: number): Step {
  return { do: 'wait', ms };
}

/** One step a piece: a pause for a number, bytes for the rest. */
export function pieceStep(piece: Piece): Step {
  return typeof piece === 'number' ? wait(piece) : send(piece);
}

/** The steps of an ending: none where the connection is kept. */
export function endingSteps(ending: Ending): readonly Step[] {
  return ending === 'keep' ? [] : [{ do: ending }];
}
