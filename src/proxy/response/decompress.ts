import type { Readable, Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import type { UpstreamHead } from '../../contracts/transport.js';

const DECODERS: ReadonlyMap<string, () => Transform> = new Map([
  ['gzip', createGunzip],
  ['x-gzip', createGunzip],
  ['deflate', createInflate],
  ['br', createBrotliDecompress],
]);

/**
 * The body of an answer as the upstream meant it. We ask for `identity`; some answer with gzip all the same.
 * Decoding is streamed, so the readers' limits hold for what comes out: a bomb is cut like any other long answer.
 * `undefined` for a coding that we do not know.
 */
export function decompressed(head: UpstreamHead): Readable | undefined {
  const coding = head.headers['content-encoding'];
  if (coding === undefined || coding === '' || coding === 'identity') return head.message;
  const decoder = typeof coding === 'string' ? DECODERS.get(coding.trim().toLowerCase())?.() : undefined;
  if (decoder === undefined) return undefined;
  const { message } = head;
  // pipe() forwards neither: an upstream that breaks off must end the decoder, a decoder that gives up the upstream.
  message.once('close', () => {
    if (!message.complete) decoder.destroy();
  });
  decoder.once('close', () => {
    if (!message.complete) message.destroy();
  });
  return message.pipe(decoder);
}
