import type { Readable, Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from 'node:zlib';
import type { UpstreamHead } from '../../contracts/transport.js';

const DECODERS: ReadonlyMap<string, () => Transform> = new Map<string, () => Transform>([
  ['gzip', createGunzip],
  ['x-gzip', createGunzip],
  ['deflate', createInflate],
  ['br', createBrotliDecompress],
  ['zstd', createZstdDecompress],
]);

/** Values for a body that is not encoded. Character sets do not belong in this header, but some upstreams send them. */
const NOT_ENCODED: ReadonlySet<string> = new Set([
  '',
  'identity',
  'none',
  'utf-8',
  'utf8',
  'us-ascii',
  'binary',
  '8bit',
]);

/**
 * The decompressed body of a response. The gateway asks for `identity`, but some upstreams send gzip all the same.
 * Decompression is streamed, so the size limits of the readers apply to its output: a decompression bomb is cut like
 * any other response that is too long. `undefined`: an unknown coding, or more than one.
 */
export function decompressed(head: UpstreamHead): Readable | undefined {
  const codings = codingsOf(head.headers['content-encoding']);
  const [coding] = codings;
  if (coding === undefined) return head.message;
  const decoder = codings.length === 1 ? DECODERS.get(coding)?.() : undefined;
  if (decoder === undefined) return undefined;
  const { message } = head;
  // `pipe` forwards no errors: a broken connection must end the decoder, and a decoding error must end the connection.
  message.once('close', () => {
    if (!message.complete) decoder.destroy();
  });
  decoder.once('close', () => {
    if (!message.complete) message.destroy();
  });
  return message.pipe(decoder);
}

function codingsOf(header: string | string[] | undefined): string[] {
  if (header === undefined) return [];
  const codings = String(header).split(',');
  return codings.map((coding) => coding.trim().toLowerCase()).filter((coding) => !NOT_ENCODED.has(coding));
}
