import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AwsEventStreamReader } from '../../src/frames/aws-event-stream.js';
import { awsErrorFrame, awsFrame, cutFrame, withBadCrc } from '../../src/testing/aws-frames.js';
import type { UpstreamEvent } from '../../src/contracts/wire-format.js';

interface Seen {
  events: UpstreamEvent[];
  failure: string | undefined;
}

function read(pieces: readonly Uint8Array[], { max = 1_000_000, ends = true } = {}): Seen {
  const seen: Seen = { events: [], failure: undefined };
  const fail = (reason: string) => {
    if (seen.failure !== undefined) throw new Error('failed twice');
    seen.failure = reason;
  };
  const reader = new AwsEventStreamReader({
    maxFrameLength: max,
    onEvent: (event) => seen.events.push(event),
    onOverflow: () => fail('overflow'),
    onCorrupt: fail,
  });
  for (const piece of pieces) reader.feed(Buffer.from(piece));
  if (ends) reader.end();
  return seen;
}

const frames = [
  awsFrame({ event: 'messageStart', data: { role: 'assistant' } }),
  awsFrame({ event: 'contentBlockDelta', data: { delta: { text: 'Grüße 👋' } } }),
  awsFrame({ event: 'throttlingException', data: { message: 'slow' }, exception: true }),
  awsErrorFrame('InternalFailure', 'oops'),
];
const events: UpstreamEvent[] = [
  { event: 'messageStart', data: '{"role":"assistant"}' },
  { event: 'contentBlockDelta', data: '{"delta":{"text":"Grüße 👋"}}' },
  { event: 'throttlingException', data: '{"message":"slow"}', failed: true },
  { event: 'InternalFailure', data: 'oops', failed: true },
];
const whole = Buffer.concat(frames);

describe('frames', () => {
  it('are the bytes that other encoders make', () => {
    const known =
      '0000005a0000004a8188a08d0b3a6572726f722d636f646507000f496e7465726e616c4661696c7572650e3a6572726f722d6d6573736167650700046f6f70730d3a6d6573736167652d747970650700056572726f721009478c';
    expect(Buffer.from(awsErrorFrame('InternalFailure', 'oops')).toString('hex')).toBe(known);
  });

  it('become events', () => expect(read([whole])).toEqual({ events, failure: undefined }));

  it('become the same events when fed byte by byte', () =>
    expect(read([...whole].map((byte) => Buffer.from([byte])))).toEqual({ events, failure: undefined }));

  it('become the same events in any cut', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: whole.length }), { maxLength: 12 }), (cuts) => {
        const places = [0, ...cuts.toSorted((a, b) => a - b), whole.length];
        const pieces = places.slice(1).map((end, index) => whole.subarray(places[index], end));
        expect(read(pieces)).toEqual({ events, failure: undefined });
      }),
    );
  });

  it('with any damaged byte give only the events before it, and a failure', () => {
    for (let at = 0; at < whole.length; at++) {
      const damaged = Buffer.from(whole);
      damaged[at] = damaged[at]! ^ (1 << (at % 8));
      const seen = read([damaged]);
      expect(seen.failure, `byte ${at}`).toBeDefined();
      expect(seen.events).toEqual(events.slice(0, seen.events.length));
      expect(seen.events.length).toBeLessThan(events.length);
    }
  });

  it('cut anywhere are a failure, but for the cut between two frames', () => {
    const ends = new Set([0]);
    for (const frame of frames) ends.add(Math.max(...ends) + frame.length);
    for (let length = 0; length <= whole.length; length++) {
      expect(read([whole.subarray(0, length)]).failure, `${length} bytes`).toBe(
        ends.has(length) ? undefined : 'cut frame',
      );
    }
  });

  it('with random bytes behind them are a failure', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 64 }), (junk) => {
        const seen = read([whole, junk]);
        expect(seen.events).toEqual(events);
        expect(seen.failure).toBeDefined();
      }),
    );
  });
});

describe('a frame', () => {
  it('above the limit is an overflow before its bytes have come', () => {
    const big = awsFrame({ event: 'contentBlockDelta', data: 'x'.repeat(5_000) });
    expect(read([big.subarray(0, 12)], { max: 4_096, ends: false })).toEqual({ events: [], failure: 'overflow' });
    expect(read([big], { max: big.length })).toMatchObject({ failure: undefined });
    expect(read([big], { max: big.length - 1 })).toMatchObject({ failure: 'overflow', events: [] });
  });

  it('with a wrong checksum is refused by name', () => {
    expect(read([withBadCrc(frames[0]!)]).failure).toBe('message checksum');
    expect(read([withBadCrc(frames[0]!, 'prelude')]).failure).toBe('prelude checksum');
    expect(read([cutFrame(frames[0]!)]).failure).toBe('cut frame');
  });

  it('may hold headers of every type', () => {
    const extra = Buffer.concat(
      [
        [0],
        [1],
        [2, 1],
        [3, 0, 1],
        [4, 0, 0, 0, 1],
        [5, ...zeros(8)],
        [6, 0, 2, 9, 9],
        [8, ...zeros(8)],
        [9, ...zeros(16)],
      ].map((bytes, index) => Buffer.from([1, 97 + index, ...bytes])),
    );
    expect(read([withHeaders(extra)])).toEqual({ events: [{ event: 'x', data: '{}' }], failure: undefined });
  });

  it.each([
    ['of a type that is not there', [1, 97, 10]],
    ['without a name', [0, 0]],
    ['without a type', [1, 97]],
    ['with a length beyond the block', [1, 97, 7, 255, 255, 1]],
    ['with half a length', [1, 97, 7, 0]],
    ['with half a number', [1, 97, 5, 0]],
  ])('with a header %s is refused', (_, bytes) => {
    expect(read([withHeaders(Buffer.from(bytes))])).toEqual({ events: [], failure: 'headers' });
  });

  it('of an unknown message type is refused', () => {
    const frame = Buffer.from(awsFrame({ event: 'x' }));
    const at = frame.indexOf('event', frame.indexOf(':message-type'));
    frame.write('evenx', at);
    expect(read([resealed(frame)])).toEqual({ events: [], failure: 'message type' });
  });
});

describe('a reader', () => {
  it('that was stopped calls nothing, not even for what it holds', () => {
    const seen: UpstreamEvent[] = [];
    const reader: AwsEventStreamReader = new AwsEventStreamReader({
      maxFrameLength: 1_000,
      onEvent: (event) => {
        seen.push(event);
        reader.stop();
      },
      onOverflow: () => expect.unreachable(),
      onCorrupt: () => expect.unreachable(),
    });
    reader.feed(whole);
    reader.feed(whole);
    reader.end();
    expect(seen).toEqual(events.slice(0, 1));
  });
});

function zeros(count: number): number[] {
  return Array.from({ length: count }, () => 0);
}

/** A sound frame with `extra` behind its own headers. */
function withHeaders(extra: Buffer): Uint8Array {
  const plain = Buffer.from(awsFrame({ event: 'x' }));
  const headersEnd = 12 + plain.readUInt32BE(4);
  const frame = Buffer.concat([plain.subarray(0, headersEnd), extra, plain.subarray(headersEnd)]);
  frame.writeUInt32BE(frame.length, 0);
  frame.writeUInt32BE(plain.readUInt32BE(4) + extra.length, 4);
  return resealed(frame);
}

/** `frame` with checksums that match its bytes. */
function resealed(frame: Buffer): Buffer {
  frame.writeUInt32BE(crc32(frame.subarray(0, 8)), 8);
  frame.writeUInt32BE(crc32(frame.subarray(0, frame.length - 4)), frame.length - 4);
  return frame;
}
