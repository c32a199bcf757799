import type { UpstreamHead } from '../../contracts/transport.js';
import type { Framing, UpstreamEvent, WireFormat } from '../../contracts/wire-format.js';
import { AwsEventStreamReader } from '../../frames/aws-event-stream.js';
import { EventReader } from '../../sse/event-reader.js';

/** Largest server-sent event, in characters: audio and tool arguments are long; openai-go reads no larger one. */
export const MAX_EVENT = 32 * 1024 * 1024;
/** Largest frame, in bytes: those of AWS are at most 16 MiB. */
const MAX_FRAME = 24 * 1024 * 1024;

/** Splits a body into events. */
export interface FramedReader {
  feed(bytes: Buffer): void;
  /** The body has ended. */
  end(): void;
  /** No callback is called after this. */
  stop(): void;
}

export interface FramedReaderOptions {
  readonly onEvent: (event: UpstreamEvent) => void;
  /** An event is larger than the limit. */
  readonly onOverflow: () => void;
  /** A checksum is wrong, or the body ended within a frame. */
  readonly onCorrupt: (cause: Error) => void;
  /** A line between server-sent events that is no part of one. */
  readonly onStrayLine: (line: string) => void;
}

/** The framing of a successful response by its headers; `undefined`: it is not a stream. */
export function framingOf({ headers }: Pick<UpstreamHead, 'headers'>, format: WireFormat): Framing | undefined {
  const type = headers['content-type'];
  if (typeof type !== 'string') return undefined;
  if (type.includes('event-stream')) return 'sse';
  // Binary frames look like anything, so their content type alone decides.
  return format.framing === 'aws-event-stream' && AWS_EVENT_STREAM.test(type) ? 'aws-event-stream' : undefined;
}

const AWS_EVENT_STREAM = /^\s*application\/vnd\.amazon\.eventstream\s*(?:;|$)/i;

/** A reader for bodies with this framing. */
export function framedReader(framing: Framing, options: FramedReaderOptions): FramedReader {
  const { onEvent, onOverflow, onCorrupt, onStrayLine } = options;
  if (framing === 'sse') return new EventReader({ maxEventLength: MAX_EVENT, onEvent, onOverflow, onStrayLine });
  return new AwsEventStreamReader({
    maxFrameLength: MAX_FRAME,
    onEvent,
    onOverflow,
    onCorrupt: (reason) => onCorrupt(new Error(`The event stream is damaged: ${reason}.`)),
  });
}
