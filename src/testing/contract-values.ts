import assert from 'node:assert/strict';
import type { ChatChunk, ChatCompletion } from '../chat/types.js';
import type { UpstreamEvent } from '../contracts/wire-format.js';

/** A stream in an upstream's own words, and the chunks that it means. */
export interface StreamFixture {
  /** Events of the stream. */
  readonly events: readonly UpstreamEvent[];
  /** Chunks that they mean. */
  readonly means: readonly ChatChunk[];
  /** The last event says that the stream is over; of an exchange: the stream is complete when its body has ended. */
  readonly done: boolean;
}

/** What a broken upstream may send, in any place. */
export const JUNK: readonly unknown[] = [
  undefined,
  null,
  42,
  true,
  '',
  'text',
  [],
  [null],
  {},
  { error: null },
  { error: 7 },
];

const SECRET_HEADERS = /^(authorization|proxy-authorization|cookie|api-key|x-api-key|x-goog-api-key)$/;

/** Headers of a format: in lower case, visible, without credentials. */
export function checkHeaders(headers: Readonly<Record<string, string>> = {}): void {
  for (const [name, value] of Object.entries(headers)) {
    assert.match(name, /^[a-z0-9-]+$/, 'lower-case header names');
    assert.doesNotMatch(name, SECRET_HEADERS);
    assert.match(value, /^[\t\x20-\x7e]*$/, 'visible header values');
  }
}

/** What goes over the wire: members that are `undefined` do not. */
export function asJson(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value)) as unknown;
}

/** What came of it; `undefined` when it was refused. */
export function readOrRefuse(decode: (body: unknown) => ChatCompletion, body: unknown): ChatCompletion | undefined {
  try {
    return decode(body);
  } catch {
    return undefined;
  }
}
