import { STATUS_CODES } from 'node:http';
import type { ReceivedRequest } from './request-log.js';

/** Response headers; a list sends the header several times. */
export type ResponseHeaders = Readonly<Record<string, string | readonly string[]>>;

/** The text of a response head, with `connection: close` where the connection will not be kept. */
export function renderHead(status: number, headers: ResponseHeaders, request: ReceivedRequest): string {
  const lines = [`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Unknown'}`];
  for (const [name, values] of Object.entries(headers)) {
    for (const value of typeof values === 'string' ? [values] : values) lines.push(`${name}: ${value}`);
  }
  if (!request.keepAlive && !('connection' in headers)) lines.push('connection: close');
  return `${lines.join('\r\n')}\r\n\r\n`;
}

/** Headers with names in lower case, so that a given `Content-Type` replaces the default one. */
export function lowerCaseNames(headers: ResponseHeaders): ResponseHeaders {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

/** One chunk of a chunked body. */
export function renderChunk(bytes: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, CRLF]);
}

/** The end of a chunked body. */
export const LAST_CHUNK: Uint8Array = Buffer.from('0\r\n\r\n');

const CRLF = Buffer.from('\r\n');
