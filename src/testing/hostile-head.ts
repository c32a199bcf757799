import { raw } from './responses.js';
import type { Ending, Piece, Script } from './script.js';

/** A response that no correct upstream sends, or only an unusual one. */
export interface HostileHead {
  /** Names it in tests: `status-999`. */
  readonly name: string;
  /** What the upstream sends, piece by piece. */
  readonly bytes: readonly Piece[];
  /** How the response ends. */
  readonly end: Ending;
  /** Sent as soon as the connection is accepted, before any request. */
  readonly unrequested: boolean;
  /**
   * Allowed results of a client: `error`: never a success; `response`: the response must be accepted; `either`: clients
   * differ, both are safe.
   */
  readonly expect: 'error' | 'response' | 'either';
  /** The script that does all this. */
  readonly script: Script;
}

/** @internal A row of the corpus. By default it ends with a clean close. */
export function row(
  expect: HostileHead['expect'],
  name: string,
  bytes: string | Uint8Array | readonly Piece[],
  changes: { readonly end?: Ending; readonly unrequested?: boolean } = {},
): HostileHead {
  const pieces = typeof bytes === 'string' || bytes instanceof Uint8Array ? [bytes] : bytes;
  const { end = 'fin', unrequested = false } = changes;
  const script = { ...raw(pieces, { end, starts: unrequested ? 'connect' : 'request' }), name };
  return { name, bytes: pieces, end, unrequested, expect, script };
}

/** @internal The body of most rows. */
export const BODY = JSON.stringify({
  id: 'chatcmpl-hostile',
  object: 'chat.completion',
  created: 1_750_000_000,
  model: 'fake-model',
  choices: [
    {
      index: 0,
      message: { role: 'assistant', content: 'Sound.', refusal: null },
      logprobs: null,
      finish_reason: 'stop',
    },
  ],
  usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
});

const JSON_TYPE = 'content-type: application/json\r\n';
const SIZE = `content-length: ${BODY.length}\r\n`;

/** @internal A valid response with another status line. */
export function withStatusLine(line: string): string {
  return `${line}\r\n${JSON_TYPE}${SIZE}\r\n${BODY}`;
}

/** @internal A valid response with further header lines, given with their line ends. */
export function withHeaders(lines: string): string {
  return `HTTP/1.1 200 OK\r\n${JSON_TYPE}${SIZE}${lines}\r\n${BODY}`;
}

/** @internal A response whose framing headers are `lines` only. */
export function framed(lines: string, body: string): string {
  return `HTTP/1.1 200 OK\r\n${JSON_TYPE}${lines}\r\n${body}`;
}

/** @internal A chunked response with a body that is already chunked. */
export function chunked(body: string): string {
  return framed('transfer-encoding: chunked\r\n', body);
}
