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

/** Said of a body that is not encoded at all. Character sets have no place here, and mean the same. */
const AS_IT_IS: ReadonlySet<string> = new Set(['', 'identity', 'none', 'utf-8', 'utf8', 'us-ascii', 'binary', '8bit']);

/**
 * The body of an answer as the upstream meant it. We ask for `identity`; some answer with gzip all the same.
 * Decoding is streamed, so the readers' limits hold for what comes out: a bomb is cut like any other long answer.
 * `undefined` for a coding that we do not know, and for more than one.
 */
export function decompressed(head: UpstreamHead): Readable | undefined {
  const codings = codingsOf(head.headers['content-encoding']);
  const [coding] = codings;
  if (coding === undefined) return head.message;
  const decoder = codings.length === 1 ? DECODERS.get(coding)?.() : undefined;
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

function codingsOf(header: string | string[] | undefined): string[] {
  if (header === undefined) return [];
  const codings = String(header).split(',');
  return codings.map((coding) => coding.trim().toLowerCase()).filter((coding) => !AS_IT_IS.has(coding));
}
