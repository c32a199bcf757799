import { sizedSteps, type ResponseOptions } from './responses.js';
import { AWS_EVENT_STREAM_HEADERS, awsFrame, cutFrame, type AwsFrame } from './aws-frames.js';
import { eventStreamSteps, type EventStreamOptions } from './event-streams.js';
import { inputOf, piecesOf, stopReasonOf, wholeSteps, type BlockReply } from './native-replies.js';
import { onRequest, type Script } from './script.js';

/** Content of a scripted reply of a model on Amazon Bedrock through Converse, whole or streamed. */
export interface ConverseReply extends BlockReply {
  /** Replaces members of `{ inputTokens: 10, outputTokens: 5, totalTokens: 15 }`. */
  readonly usage?: Readonly<Record<string, unknown>> | undefined;
  /**
   * `overloaded`: an exception half way, or status 503. `cut`: the stream ends within a frame half way, a whole response
   * in the middle of its JSON. `noMessageStop`: the last two frames are missing.
   */
  readonly fault?: 'overloaded' | 'cut' | 'noMessageStop' | undefined;
}

/** How a reply of Converse is sent. */
export type ConverseReplyOptions = ResponseOptions & EventStreamOptions;

type JsonObject = Readonly<Record<string, unknown>>;

/**
 * What Amazon Bedrock responds to Converse and ConverseStream, by the path of the request: a whole response, or frames.
 *
 * @example
 * upstream.enqueue(converseReply({ text: 'Half', fault: 'cut' }), converseReply({ text: 'Hello.' }));
 */
export function converseReply(reply: ConverseReply, options: ConverseReplyOptions = {}): Script {
  return onRequest('converse', (request) => {
    if (!request.path.split('?', 1)[0]!.endsWith('-stream')) {
      if (reply.fault === 'overloaded') return converseError(503, 'ServiceUnavailableException').steps(request);
      return wholeSteps(messageOf(reply), reply.fault === 'cut', options, request);
    }
    const headers = { ...AWS_EVENT_STREAM_HEADERS, ...options.headers };
    return eventStreamSteps(streamedFrames(reply), { ...options, headers }, request);
  });
}

/** An error of Amazon Bedrock: `converseError(429, 'ThrottlingException')`. */
export function converseError(
  status: number,
  name: string,
  message = `The fake upstream responds with ${status}.`,
  options: ResponseOptions = {},
): Script {
  const headers = { 'x-amzn-errortype': `${name}:http://internal.amazon.com/`, ...options.headers };
  const body = JSON.stringify({ message });
  return onRequest(`converse ${status}`, (request) => sizedSteps(body, { ...options, headers, status }, request));
}

function streamedFrames(reply: ConverseReply): Uint8Array[] {
  const frames = framesOf(reply);
  const half = Math.ceil(frames.length / 2);
  switch (reply.fault) {
    case 'overloaded':
      return [...frames.slice(0, half), OVERLOADED].map(awsFrame);
    case 'cut':
      return [...frames.slice(0, half).map(awsFrame), cutFrame(awsFrame(frames[half]!))];
    case 'noMessageStop':
      return frames.slice(0, -2).map(awsFrame);
    default:
      return frames.map(awsFrame);
  }
}

const OVERLOADED: AwsFrame = {
  event: 'serviceUnavailableException',
  data: { message: 'Overloaded' },
  exception: true,
};

function framesOf(reply: ConverseReply): AwsFrame[] {
  const frames: AwsFrame[] = [{ event: 'messageStart', data: { role: 'assistant' } }];
  for (const [index, block] of blocksOf(reply).entries()) frames.push(...blockFrames(block, index));
  frames.push({ event: 'messageStop', data: { stopReason: stopReasonOf(reply) } });
  frames.push({ event: 'metadata', data: { usage: usageOf(reply), metrics: { latencyMs: 1 } } });
  return frames;
}

function blockFrames(block: JsonObject, contentBlockIndex: number): AwsFrame[] {
  const delta = (piece: JsonObject): AwsFrame => ({
    event: 'contentBlockDelta',
    data: { contentBlockIndex, delta: piece },
  });
  const stop = { event: 'contentBlockStop', data: { contentBlockIndex } };
  const { text, reasoningContent, toolUse } = block;
  if (typeof text === 'string') return [...piecesOf(text).map((piece) => delta({ text: piece })), stop];
  if (reasoningContent !== undefined) {
    const { reasoningText } = reasoningContent as { reasoningText: { text: string; signature: string } };
    const pieces = piecesOf(reasoningText.text).map((piece) => delta({ reasoningContent: { text: piece } }));
    return [...pieces, delta({ reasoningContent: { signature: reasoningText.signature } }), stop];
  }
  const { toolUseId, name, input } = toolUse as { toolUseId: string; name: string; input: unknown };
  return [
    { event: 'contentBlockStart', data: { contentBlockIndex, start: { toolUse: { toolUseId, name } } } },
    ...piecesOf(JSON.stringify(input)).map((piece) => delta({ toolUse: { input: piece } })),
    stop,
  ];
}

function messageOf(reply: ConverseReply): JsonObject {
  return {
    output: { message: { role: 'assistant', content: blocksOf(reply) } },
    ...(reply.fault === 'noMessageStop' ? {} : { stopReason: stopReasonOf(reply) }),
    usage: usageOf(reply),
    metrics: { latencyMs: 1 },
  };
}

function blocksOf({ text, thinking, toolCalls = [] }: ConverseReply): JsonObject[] {
  return [
    ...(thinking === undefined ? [] : [{ reasoningContent: { reasoningText: thinking } }]),
    ...(text === undefined || text === '' ? [] : [{ text }]),
    ...toolCalls.map((call, index) => {
      return { toolUse: { toolUseId: call.id ?? `tooluse_${index + 1}`, name: call.name, input: inputOf(call) } };
    }),
  ];
}

function usageOf({ usage }: ConverseReply): JsonObject {
  return { inputTokens: 10, outputTokens: 5, totalTokens: 15, ...usage };
}
