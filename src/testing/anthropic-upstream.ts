import { sizedSteps, type ResponseOptions } from './responses.js';
import { AWS_EVENT_STREAM_HEADERS, awsFrame } from './aws-frames.js';
import { asksForStream } from './chat-responses.js';
import { member } from './chat-bodies.js';
import { eventStreamSteps, type EventStreamOptions } from './event-streams.js';
import { inputOf, piecesOf, stopReasonOf, wholeSteps, type BlockReply } from './native-replies.js';
import type { ReceivedRequest } from './request-log.js';
import { onRequest, type Script } from './script.js';

/** Content of a scripted reply of Claude, whole or streamed. */
export interface AnthropicReply extends BlockReply {
  /** Replaces members of `{ input_tokens: 10, output_tokens: 5 }`. */
  readonly usage?: Readonly<Record<string, unknown>> | undefined;
  /**
   * `overloaded`: an error event half way, or status 529. `cut`: the stream ends half way. `noMessageStop`: only the
   * last event is missing. A whole response is cut in the middle of its JSON.
   */
  readonly fault?: 'overloaded' | 'cut' | 'noMessageStop' | undefined;
}

/** How a reply of the Messages API is sent. */
export type AnthropicReplyOptions = ResponseOptions & EventStreamOptions;

type JsonObject = Readonly<Record<string, unknown>>;

/**
 * What Anthropic's Messages API would send: events to a request with `stream: true`, else a whole message; on Bedrock's
 * path `invoke-with-response-stream` the same events in frames.
 *
 * @example
 * upstream.enqueue(anthropicReply({ text: 'Hello', fault: 'noMessageStop' }), anthropicReply({ text: 'Hello' }));
 */
export function anthropicReply(reply: AnthropicReply, options: AnthropicReplyOptions = {}): Script {
  return onRequest('anthropic', (request) => {
    if (request.path.endsWith('/invoke-with-response-stream')) return framed(reply, options, request);
    return asksForStream(request) ? streamed(reply, options, request) : whole(reply, options, request);
  });
}

/** An error of the Messages API: `anthropicError(529, 'overloaded_error')`. */
export function anthropicError(
  status: number,
  type: string,
  message = `The fake upstream responds with ${status}.`,
  options: ResponseOptions = {},
): Script {
  const body = JSON.stringify(errorBody(type, message));
  return onRequest(`anthropic ${status}`, (request) => sizedSteps(body, { ...options, status }, request));
}

/** The events of a streamed reply, each as the API sends it: `data.type` is its name. */
export function anthropicEvents(reply: AnthropicReply, request: ReceivedRequest): Readonly<Record<string, unknown>>[] {
  const start = { ...messageOf(reply, request), content: [], stop_reason: null };
  const events: JsonObject[] = [{ type: 'message_start', message: start }, { type: 'ping' }];
  for (const [index, block] of blocksOf(reply).entries()) events.push(...blockEvents(block, index));
  events.push({
    type: 'message_delta',
    delta: { stop_reason: stopReasonOf(reply), stop_sequence: null },
    usage: { output_tokens: usageOf(reply)['output_tokens'] },
  });
  events.push({ type: 'message_stop' });
  return withFault(events, reply);
}

function whole(reply: AnthropicReply, options: AnthropicReplyOptions, request: ReceivedRequest) {
  if (reply.fault === 'overloaded') {
    const body = JSON.stringify(errorBody('overloaded_error', 'Overloaded'));
    return sizedSteps(body, { ...options, status: 529 }, request);
  }
  return wholeSteps(messageOf(reply, request), reply.fault !== undefined, options, request);
}

function streamed(reply: AnthropicReply, options: AnthropicReplyOptions, request: ReceivedRequest) {
  const events = anthropicEvents(reply, request).map((event) =>
    Buffer.from(`event: ${String(event['type'])}\ndata: ${JSON.stringify(event)}\n\n`),
  );
  return eventStreamSteps(events, options, request);
}

/** Bedrock's InvokeModelWithResponseStream: each event as base64 in a frame. */
function framed(reply: AnthropicReply, options: AnthropicReplyOptions, request: ReceivedRequest) {
  const frames = anthropicEvents(reply, request).map((event) => {
    if (event['type'] === 'error') return awsFrame({ ...OVERLOADED, exception: true });
    const bytes = Buffer.from(JSON.stringify(event)).toString('base64');
    return awsFrame({ event: 'chunk', data: { bytes, p: 'abc' } });
  });
  const headers = { ...AWS_EVENT_STREAM_HEADERS, ...options.headers };
  return eventStreamSteps(frames, { ...options, headers }, request);
}

const OVERLOADED = { event: 'serviceUnavailableException', data: { message: 'Overloaded' } };

function withFault(events: readonly JsonObject[], { fault }: AnthropicReply): JsonObject[] {
  const half = Math.ceil(events.length / 2);
  switch (fault) {
    case 'overloaded':
      return [...events.slice(0, half), errorBody('overloaded_error', 'Overloaded')];
    case 'cut':
      return events.slice(0, half);
    case 'noMessageStop':
      return events.slice(0, -1);
    default:
      return [...events];
  }
}

function messageOf(reply: AnthropicReply, request: ReceivedRequest): JsonObject {
  const model = member(request.json, 'model');
  return {
    id: `msg_${request.index}`,
    type: 'message',
    role: 'assistant',
    model: typeof model === 'string' ? model : 'fake-claude',
    content: blocksOf(reply),
    stop_reason: stopReasonOf(reply),
    stop_sequence: null,
    usage: usageOf(reply),
  };
}

function blocksOf({ text, thinking, toolCalls = [] }: AnthropicReply): JsonObject[] {
  return [
    ...(thinking === undefined ? [] : [{ type: 'thinking', thinking: thinking.text, signature: thinking.signature }]),
    ...(text === undefined || text === '' ? [] : [{ type: 'text', text }]),
    ...toolCalls.map((call, index) => ({
      type: 'tool_use',
      id: call.id ?? `toolu_${index + 1}`,
      name: call.name,
      input: inputOf(call),
    })),
  ];
}

function blockEvents(block: JsonObject, index: number): JsonObject[] {
  const start = (content: JsonObject): JsonObject => ({ type: 'content_block_start', index, content_block: content });
  const delta = (piece: JsonObject): JsonObject => ({ type: 'content_block_delta', index, delta: piece });
  const stop = { type: 'content_block_stop', index };
  switch (block['type']) {
    case 'text':
      return [
        start({ ...block, text: '' }),
        ...piecesOf(String(block['text'])).map((text) => delta({ type: 'text_delta', text })),
        stop,
      ];
    case 'thinking':
      return [
        start({ ...block, thinking: '', signature: '' }),
        ...piecesOf(String(block['thinking'])).map((thinking) => delta({ type: 'thinking_delta', thinking })),
        delta({ type: 'signature_delta', signature: block['signature'] }),
        stop,
      ];
    default:
      return [
        start({ ...block, input: {} }),
        ...piecesOf(JSON.stringify(block['input'])).map((json) =>
          delta({ type: 'input_json_delta', partial_json: json }),
        ),
        stop,
      ];
  }
}

function usageOf({ usage }: AnthropicReply): JsonObject {
  return { input_tokens: 10, output_tokens: 5, ...usage };
}

function errorBody(type: string, message: string): JsonObject {
  return { type: 'error', error: { type, message }, request_id: 'req_fake' };
}
