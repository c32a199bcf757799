import { AWS_EVENT_STREAM_HEADERS, awsFrame, type AwsFrame } from './aws-frames.js';
import { sse, type EventStreamOptions } from './event-streams.js';
import type { Script } from './script.js';

/** Content of a Converse stream. */
export interface ConverseOptions {
  /** `null`: no `messageStop` is sent. @defaultValue `'end_turn'` */
  readonly stopReason?: string | null | undefined;
  /** `null`: no `metadata` is sent. @defaultValue one token a word */
  readonly usage?: object | null | undefined;
}

/**
 * An AWS event stream of exactly these frames; bytes go out as they are, a number is milliseconds of silence.
 *
 * @example
 * awsEventStream([...converseFrames('Hel lo'), { event: 'throttlingException', exception: true }])
 */
export function awsEventStream(
  frames: readonly (AwsFrame | Uint8Array | number)[],
  options: EventStreamOptions = {},
): Script {
  const events = frames.map((frame) => (isFrame(frame) ? awsFrame(frame) : frame));
  return sse(events, { ...options, headers: { ...AWS_EVENT_STREAM_HEADERS, ...options.headers } });
}

/** The frames with which Bedrock's ConverseStream says `text`, one word a frame. */
export function converseFrames(text: string, options: ConverseOptions = {}): AwsFrame[] {
  const words = text.match(/\S+\s*/g) ?? [];
  const { stopReason = 'end_turn', usage = usageOf(words.length) } = options;
  return [
    { event: 'messageStart', data: { role: 'assistant' } },
    ...words.map((word) => ({ event: 'contentBlockDelta', data: { contentBlockIndex: 0, delta: { text: word } } })),
    { event: 'contentBlockStop', data: { contentBlockIndex: 0 } },
    ...(stopReason === null ? [] : [{ event: 'messageStop', data: { stopReason } }]),
    ...(usage === null ? [] : [{ event: 'metadata', data: { usage, metrics: { latencyMs: 1 } } }]),
  ];
}

/** The body with which Bedrock's Converse says `text`. */
export function converseBody(text: string, options: ConverseOptions = {}): object {
  const { stopReason = 'end_turn', usage = usageOf(text.split(/\s+/).length) } = options;
  return {
    output: { message: { role: 'assistant', content: [{ text }] } },
    stopReason,
    usage,
    metrics: { latencyMs: 1 },
  };
}

function usageOf(words: number): object {
  return { inputTokens: 1, outputTokens: words, totalTokens: words + 1 };
}

function isFrame(frame: AwsFrame | Uint8Array | number): frame is AwsFrame {
  return typeof frame === 'object' && !(frame instanceof Uint8Array);
}
