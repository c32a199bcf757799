import { OutgoingMessage } from 'node:http';

/** Largest body that is written as text, in bytes. Node joins text and head up to 16 KB in one buffer. */
export const SMALL = 8 * 1024;

/**
 * Ends `message` with `body`: bytes, or a string with one character per byte. Node joins a small body to the head if it
 * is text, so that the system gets one buffer instead of two; as Latin-1, each character is sent as the byte it stands
 * for.
 */
export function endMessage(message: OutgoingMessage, body: Uint8Array | string): void {
  // Middleware that has replaced `end` (compression, a logger) gets the bytes unchanged.
  const isNodesOwnEnd = message.end === OutgoingMessage.prototype.end;
  if (isNodesOwnEnd && body.length <= SMALL) message.end(typeof body === 'string' ? body : asLatin1(body), 'latin1');
  else message.end(bytesOf(body));
}

/** `body` as bytes; a string has one character per byte. */
export function bytesOf(body: Uint8Array | string): Uint8Array {
  return typeof body === 'string' ? Buffer.from(body, 'latin1') : body;
}

/** `bytes` as a string with one character per byte. */
export function asLatin1({ buffer, byteOffset, byteLength }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString('latin1');
}
