import { ChunkNormaliser } from '../../chat/normalise-chunk.js';
import type { ChatChunk } from '../../chat/types.js';
import {
  UnusableResponse,
  type ChunkDecoder,
  type Exchange,
  type ResponseHead,
  type UpstreamEvent,
  type WireFormat,
} from '../../contracts/wire-format.js';

/** The decoder of a stream; `undefined`: its events are OpenAI's own chunks. */
export function chunkDecoderFor(
  format: WireFormat,
  exchange: Exchange | undefined,
  head: ResponseHead,
): ChunkDecoder | undefined {
  if (exchange !== undefined) return exchange.decoder(head);
  const event = format.createChunkDecoder?.();
  return event === undefined ? undefined : { event };
}

/** A format's decoder. Its chunks are normalised to OpenAI's form, and checked. */
export class ChunkSource {
  readonly #decoder: ChunkDecoder;
  readonly #normaliser = new ChunkNormaliser();

  constructor(decoder: ChunkDecoder) {
    this.#decoder = decoder;
  }

  /** @throws what the decoder throws, and UnusableResponse for a malformed chunk. */
  event(event: UpstreamEvent): readonly ChatChunk[] | 'done' {
    const decoded = this.#decoder.event(event);
    return decoded === 'done' ? decoded : this.#checked(decoded);
  }

  /** The chunks that the decoder held until the end of the body. @throws as `event` does. */
  end(): readonly ChatChunk[] {
    return this.#checked(this.#decoder.end?.() ?? []);
  }

  /** Only the end of the body is missing. */
  get settled(): boolean {
    return this.#decoder.settled === true;
  }

  /** The stream is complete, whatever follows. */
  get done(): boolean {
    return this.#decoder.done === true;
  }

  #checked(decoded: readonly ChatChunk[]): readonly ChatChunk[] {
    for (const chunk of decoded) {
      // An error needs no choices.
      if ('error' in chunk) continue;
      if (this.#normaliser.normalise(chunk) === 'invalid')
        throw new UnusableResponse('The decoder returned a malformed chunk.');
    }
    return decoded;
  }
}
