import { OutgoingMessage } from 'node:http';

/** Head and body together, in bytes, that Node writes without a buffer of their own: 16 KB, of which the head has its share. */
export const SMALL = 8 * 1024;

/**
 * Ends `message` with `body`, bytes or a character for each of them. As text a small body is joined to the head, and the system gets one buffer instead of two;
 * a character for each byte, so that what is sent are the same bytes, whatever they are.
 */
export function endMessage(message: OutgoingMessage, body: Uint8Array | string): void {
  // Whoever has put an `end` of its own in front (compression, a logger) gets the bytes as they are.
  const isNodes = message.end === OutgoingMessage.prototype.end;
  if (isNodes && body.length <= SMALL) message.end(typeof body === 'string' ? body : asLatin1(body), 'latin1');
  else message.end(bytesOf(body));
}

/** `body` as bytes; of a string, one for each character. */
export function bytesOf(body: Uint8Array | string): Uint8Array {
  return typeof body === 'string' ? Buffer.from(body, 'latin1') : body;
}

/** `bytes` as a string with a character for each of them. */
export function asLatin1({ buffer, byteOffset, byteLength }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString('latin1');
}
