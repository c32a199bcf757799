import { crc32 } from 'node:zlib';

/** One event of an AWS event stream, to be encoded as a binary frame. */
export interface AwsFrame {
  /** `:event-type`, or with `exception` `:exception-type`. */
  readonly event: string;
  /** The payload: an object is sent as its JSON. @defaultValue `{}` */
  readonly data?: string | object | undefined;
  /** The frame is of the type `exception`. @defaultValue `false` */
  readonly exception?: boolean | undefined;
}

/**
 * Encodes one event as a frame of `application/vnd.amazon.eventstream`.
 *
 * @example
 * sse([awsFrame({ event: 'messageStart', data: { role: 'assistant' } })], { headers: AWS_EVENT_STREAM_HEADERS })
 */
export function awsFrame({ event, data = {}, exception = false }: AwsFrame): Uint8Array {
  const payload = Buffer.from(typeof data === 'string' ? data : JSON.stringify(data));
  const headers = {
    [exception ? ':exception-type' : ':event-type']: event,
    ':content-type': 'application/json',
    ':message-type': exception ? 'exception' : 'event',
  };
  return encodeFrame(headers, payload);
}

/** A frame of the type `error`: its code and message are headers, and it has no payload. */
export function awsErrorFrame(code: string, message: string): Uint8Array {
  const headers = { ':error-code': code, ':error-message': message, ':message-type': 'error' };
  return encodeFrame(headers, Buffer.alloc(0));
}

/** `frame` with a wrong CRC32 of the whole message (`message`) or of its first eight bytes (`prelude`). */
export function withBadCrc(frame: Uint8Array, which: 'message' | 'prelude' = 'message'): Uint8Array {
  const bytes = Buffer.from(frame);
  const at = which === 'message' ? bytes.length - 1 : PRELUDE_CRC_AT;
  bytes[at] = bytes[at]! ^ 0xff;
  return bytes;
}

/** The first bytes of `frame`, as when the connection is lost within it. @defaultValue half of it */
export function cutFrame(frame: Uint8Array, length: number = Math.floor(frame.length / 2)): Uint8Array {
  return frame.subarray(0, length);
}

/** Response headers of an AWS event stream, for `sse()` and `raw()` of this kit. */
export const AWS_EVENT_STREAM_HEADERS: Readonly<Record<string, string>> = Object.freeze({
  'content-type': 'application/vnd.amazon.eventstream',
});

const PRELUDE_CRC_AT = 8;
const PRELUDE_BYTES = 12;
const CRC_BYTES = 4;
/** Type of a header whose value is text. */
const TEXT_HEADER = 7;

function encodeFrame(headers: Readonly<Record<string, string>>, payload: Buffer): Uint8Array {
  const headerBytes = Buffer.concat(Object.entries(headers).map(([name, value]) => encodeHeader(name, value)));
  const total = PRELUDE_BYTES + headerBytes.length + payload.length + CRC_BYTES;
  const frame = Buffer.alloc(total);
  frame.writeUInt32BE(total, 0);
  frame.writeUInt32BE(headerBytes.length, 4);
  frame.writeUInt32BE(crc32(frame.subarray(0, 8)), PRELUDE_CRC_AT);
  headerBytes.copy(frame, PRELUDE_BYTES);
  payload.copy(frame, PRELUDE_BYTES + headerBytes.length);
  frame.writeUInt32BE(crc32(frame.subarray(0, total - CRC_BYTES)), total - CRC_BYTES);
  return frame;
}

function encodeHeader(name: string, value: string): Buffer {
  const nameBytes = Buffer.from(name);
  const valueBytes = Buffer.from(value);
  const head = Buffer.from([nameBytes.length]);
  const typeAndLength = Buffer.from([TEXT_HEADER, valueBytes.length >> 8, valueBytes.length & 0xff]);
  return Buffer.concat([head, nameBytes, typeAndLength, valueBytes]);
}
