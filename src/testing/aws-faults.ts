import { awsEventStream, converseFrames } from './aws-responses.js';
import { awsErrorFrame, awsFrame, cutFrame, withBadCrc } from './aws-frames.js';
import { fault, type Fault } from './fault.js';

const begun = converseFrames('Half of it.', { stopReason: null, usage: null });
const next = awsFrame({ event: 'contentBlockDelta', data: { contentBlockIndex: 0, delta: { text: 'more' } } });
const throttled = { event: 'throttlingException', data: { message: 'Too many requests.' }, exception: true };

/** A prelude, checksum and all, that announces more than any reader takes. */
const announcesTooMuch = Buffer.from('7fffffff00000000acc47a25', 'hex');

/** Ways in which a stream of Bedrock's Converse fails, and what a gateway should make of each. */
export const awsFaults = {
  exceptionFirst: fault('next', 'An exception as the first frame.', awsEventStream([throttled])),
  exceptionMidStream: fault('cut', 'An exception after a few words.', awsEventStream([...begun, throttled])),
  errorFrame: fault(
    'cut',
    'A frame of the type error after a few words.',
    awsEventStream([...begun, awsErrorFrame('InternalFailure', 'Something broke.')]),
  ),
  cutFrame: fault('cut', 'The body ends within a frame.', awsEventStream([...begun, cutFrame(next)])),
  cutAfterStop: fault(
    'cut',
    'The body ends within the frame behind messageStop.',
    awsEventStream([...converseFrames('All of it.', { usage: null }), cutFrame(next)]),
  ),
  badMessageCrc: fault('cut', 'A frame whose checksum is wrong.', awsEventStream([...begun, withBadCrc(next)])),
  badPreludeCrc: fault(
    'cut',
    'A frame whose length cannot be trusted.',
    awsEventStream([...begun, withBadCrc(next, 'prelude')]),
  ),
  oversizedFrame: fault('cut', 'A frame that announces 2 GiB.', awsEventStream([...begun, announcesTooMuch])),
  noMessageStop: fault('cut', 'A stream that just ends, without messageStop.', awsEventStream(begun)),
  metadataWithoutStop: fault(
    'cut',
    'Metadata, and no messageStop before it.',
    awsEventStream(converseFrames('Half.', { stopReason: null })),
  ),
  malformedStop: fault(
    'cut',
    'A stop reason that means a failure.',
    awsEventStream(converseFrames('Half.', { stopReason: 'malformed_model_output' })),
  ),
  noMetadata: fault(
    'response',
    'A stream that ends after messageStop.',
    awsEventStream(converseFrames('All.', { usage: null })),
  ),
} as const satisfies Record<string, Fault>;
