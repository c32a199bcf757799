import { crc32 } from 'node:zlib';
import type { UpstreamEvent } from '../contracts/wire-format.js';
import { readFrameHeaders, type FrameHeaders } from './aws-frame-headers.js';

/** Total length, headers length and the CRC32 of both. */
const PRELUDE_BYTES = 12;
const CRC_BYTES = 4;
const SMALLEST_FRAME = PRELUDE_BYTES + CRC_BYTES;

export interface AwsEventStreamReaderOptions {
  /** Largest frame, in bytes: headers and checksums included. */
  readonly maxFrameLength: number;
  readonly onEvent: (event: UpstreamEvent) => void;
  /** A frame announces more than `maxFrameLength`. Nothing is read after it. */
  readonly onOverflow: () => void;
  /** A checksum or a length is wrong, or the body ended within a frame. Nothing is read after it. */
  readonly onCorrupt: (reason: FrameFault) => void;
}

/** Why the bytes are not a valid frame. */
export type FrameFault = 'length' | 'prelude checksum' | 'message checksum' | 'headers' | 'message type' | 'cut frame';

/**
 * Reads the events of an `application/vnd.amazon.eventstream` body from chunks of any size. A frame is read only after
 * both of its checksums matched, so a damaged byte ends the stream and never becomes an event.
 */
export class AwsEventStreamReader {
  readonly #options: AwsEventStreamReaderOptions;
  #pieces: Buffer[] = [];
  #length = 0;
  /** Bytes needed before the next frame, or its prelude, can be read. */
  #needed = PRELUDE_BYTES;
  #stopped = false;

  constructor(options: AwsEventStreamReaderOptions) {
    this.#options = options;
  }

  feed(bytes: Buffer): void {
    if (this.#stopped || bytes.length === 0) return;
    this.#pieces.push(bytes);
    this.#length += bytes.length;
    if (this.#length >= this.#needed) this.#readFrames();
  }

  /** The body has ended. Remaining bytes are an incomplete frame. */
  end(): void {
    if (this.#stopped || this.#length === 0) return;
    this.#corrupt('cut frame');
  }

  /** No callback is called after this, not even for buffered bytes. */
  stop(): void {
    this.#stopped = true;
    this.#pieces = [];
    this.#length = 0;
  }

  #readFrames(): void {
    let bytes = this.#pieces.length === 1 ? this.#pieces[0]! : Buffer.concat(this.#pieces, this.#length);
    while (!this.#stopped && bytes.length >= PRELUDE_BYTES) {
      const total = this.#checkedLength(bytes);
      if (total === undefined) return;
      this.#needed = total;
      if (bytes.length < total) break;
      this.#readFrame(bytes.subarray(0, total));
      bytes = bytes.subarray(total);
      this.#needed = PRELUDE_BYTES;
    }
    if (this.#stopped) return;
    this.#pieces = bytes.length === 0 ? [] : [bytes];
    this.#length = bytes.length;
  }

  /** The frame's length once its checksum matched: a damaged length would make the reader wait for bytes forever. */
  #checkedLength(bytes: Buffer): number | undefined {
    if (crc32(bytes.subarray(0, 8)) !== bytes.readUInt32BE(8)) return this.#corrupt('prelude checksum');
    const total = bytes.readUInt32BE(0);
    if (total < SMALLEST_FRAME || bytes.readUInt32BE(4) > total - SMALLEST_FRAME) return this.#corrupt('length');
    if (total <= this.#options.maxFrameLength) return total;
    this.stop();
    this.#options.onOverflow();
    return undefined;
  }

  #readFrame(frame: Buffer): void {
    const end = frame.length - CRC_BYTES;
    if (crc32(frame.subarray(0, end)) !== frame.readUInt32BE(end)) {
      this.#corrupt('message checksum');
      return;
    }
    const payloadAt = PRELUDE_BYTES + frame.readUInt32BE(4);
    const headers = readFrameHeaders(frame.subarray(PRELUDE_BYTES, payloadAt));
    if (headers === undefined) {
      this.#corrupt('headers');
      return;
    }
    const event = eventOf(headers, frame.subarray(payloadAt, end));
    if (event === undefined) this.#corrupt('message type');
    else this.#options.onEvent(event);
  }

  #corrupt(reason: FrameFault): undefined {
    this.stop();
    this.#options.onCorrupt(reason);
    return undefined;
  }
}

/** An `error` frame has no payload: its code and message are headers. */
function eventOf(headers: FrameHeaders, payload: Buffer): UpstreamEvent | undefined {
  switch (headers.get(':message-type')) {
    case 'event':
      return { event: headers.get(':event-type'), data: payload.toString('utf8') };
    case 'exception':
      return { event: headers.get(':exception-type'), data: payload.toString('utf8'), failed: true };
    case 'error':
      return { event: headers.get(':error-code'), data: headers.get(':error-message') ?? '', failed: true };
    default:
      return undefined;
  }
}
