import assert from 'node:assert/strict';
import type { ChatChunk, ChatCompletion } from '../chat/types.js';
import type { UpstreamEvent } from '../contracts/wire-format.js';

/** A stream in an upstream's own format, and the chunks that it means. */
export interface StreamFixture {
  /** Events of the stream. */
  readonly events: readonly UpstreamEvent[];
  /** Chunks that they mean. */
  readonly means: readonly ChatChunk[];
  /** The last event ends the stream; of an exchange: the stream is complete when its body has ended. */
  readonly done: boolean;
}

/** Values that a broken upstream may send anywhere. */
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

/** Asserts that headers of a format are in lower case, printable, and no credentials. */
export function checkHeaders(headers: Readonly<Record<string, string>> = {}): void {
  for (const [name, value] of Object.entries(headers)) {
    assert.match(name, /^[a-z0-9-]+$/, 'lower-case header names');
    assert.doesNotMatch(name, SECRET_HEADERS);
    assert.match(value, /^[\t\x20-\x7e]*$/, 'visible header values');
  }
}

/** `value` as it is sent: without members that are `undefined`. */
export function asJson(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value)) as unknown;
}

/** The completion; `undefined` where the body was refused. */
export function readOrRefuse(decode: (body: unknown) => ChatCompletion, body: unknown): ChatCompletion | undefined {
  try {
    return decode(body);
  } catch {
    return undefined;
  }
}
