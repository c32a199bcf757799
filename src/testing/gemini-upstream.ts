import { error, sizedSteps, type ResponseOptions } from './responses.js';
import type { FakeToolCall } from './chat-bodies.js';
import { eventStreamSteps, type EventStreamOptions } from './event-streams.js';
import { inputOf, wholeSteps } from './native-replies.js';
import type { ReceivedRequest } from './request-log.js';
import { onRequest, type Script } from './script.js';

/** Content of a scripted reply of Gemini, whole or streamed. */
export interface GeminiReply {
  /** Text of the response. */
  readonly text?: string | undefined;
  /** Comes first. Its signature is on the first call, or else on the last of the text. */
  readonly thinking?: { readonly text: string; readonly signature?: string | undefined } | undefined;
  /** `arguments` must be an object, or the JSON text of one. */
  readonly toolCalls?: readonly FakeToolCall[] | undefined;
  /** Member `finishReason`. @defaultValue `'STOP'` */
  readonly finishReason?: string | undefined;
  /** The prompt is blocked: no candidates come. */
  readonly blockReason?: string | undefined;
  /** Replaces members of the counted `usageMetadata` (one token a word). `'never'`: none is said. */
  readonly usage?: 'never' | Readonly<Record<string, unknown>> | undefined;
  /**
   * `overloaded`: an error event half way, or status 503. `cut`: the stream ends half way, a whole response in the
   * middle of its JSON. `noFinishReason`: only the reason is missing.
   */
  readonly fault?: 'overloaded' | 'cut' | 'noFinishReason' | undefined;
}

/** How a reply of Gemini is sent. */
export type GeminiReplyOptions = ResponseOptions & EventStreamOptions;

type JsonObject = Readonly<Record<string, unknown>>;

/**
 * What `generateContent` of Gemini sends: by the path of the request a whole response, or a stream of events in which a
 * text is cut into words. Without `alt=sse` a stream is one JSON list, as at Google.
 *
 * @example
 * upstream.enqueue(geminiReply({ text: 'Half of it', fault: 'noFinishReason' }), geminiReply({ text: 'Hello.' }));
 */
export function geminiReply(reply: GeminiReply, options: GeminiReplyOptions = {}): Script {
  return onRequest('gemini', (request) => {
    if (!request.path.includes(':streamGenerateContent')) return whole(reply, options, request);
    const responses = geminiResponses(reply, request);
    if (request.path.includes('alt=sse')) return eventStreamSteps(responses, options, request);
    return sizedSteps(JSON.stringify(responses), options, request);
  });
}

/** An error in Google's envelope. @param details - members beside `code`, `message` and `status`. */
export function geminiError(
  status: number,
  message?: string,
  details: readonly Readonly<Record<string, unknown>>[] = [],
): Script {
  return error(status, errorBody(status, message ?? `The fake upstream responds with ${status}.`, details));
}

/** The responses of a streamed reply, one an event. */
export function geminiResponses(reply: GeminiReply, request: ReceivedRequest): Readonly<Record<string, unknown>>[] {
  const words = (reply.text ?? '').split(/(?<=\s)(?=\S)/);
  const parts = reply.blockReason === undefined ? partsOf(words, reply) : [];
  const pieces = parts.length === 0 ? [[]] : parts.map((part) => [part]);
  const responses = pieces.map((piece, at) => response(piece, at === pieces.length - 1, reply, request));
  const half = responses.slice(0, Math.ceil(responses.length / 2));
  if (reply.fault === 'cut') return half.slice(0, responses.length - 1);
  return reply.fault === 'overloaded' ? [...half, errorBody(503, 'The model is overloaded.')] : responses;
}

function whole(reply: GeminiReply, options: GeminiReplyOptions, request: ReceivedRequest) {
  if (reply.fault === 'overloaded') {
    const body = JSON.stringify(errorBody(503, 'The model is overloaded.'));
    return sizedSteps(body, { ...options, status: 503 }, request);
  }
  const body = response(partsOf([reply.text ?? ''], reply), true, reply, request);
  return wholeSteps(body, reply.fault === 'cut', options, request);
}

function errorBody(status: number, message: string, details: readonly JsonObject[] = []): JsonObject {
  const word = GRPC_WORDS[status] ?? (status < 500 ? 'INVALID_ARGUMENT' : 'INTERNAL');
  return { error: { code: status, message, status: word, ...(details.length > 0 && { details }) } };
}

const GRPC_WORDS: Readonly<Record<number, string>> = {
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  429: 'RESOURCE_EXHAUSTED',
  503: 'UNAVAILABLE',
  504: 'DEADLINE_EXCEEDED',
};

function partsOf(words: readonly string[], { thinking, toolCalls = [] }: GeminiReply): JsonObject[] {
  const thoughts = thinking === undefined ? [] : [{ text: thinking.text, thought: true }];
  const texts = words.filter((word) => word !== '').map((text) => ({ text }));
  const calls = toolCalls.map((call) => {
    const { id, name } = call;
    return { functionCall: { ...(id !== undefined && { id }), name, args: inputOf(call) } };
  });
  const parts: JsonObject[] = [...thoughts, ...texts, ...calls];
  const signed = calls.length > 0 ? thoughts.length + texts.length : parts.length - 1;
  const thoughtSignature = thinking?.signature;
  return parts.map((part, at) =>
    at === signed && thoughtSignature !== undefined ? { ...part, thoughtSignature } : part,
  );
}

function response(
  parts: readonly JsonObject[],
  last: boolean,
  reply: GeminiReply,
  request: ReceivedRequest,
): JsonObject {
  const { finishReason = 'STOP', blockReason, fault } = reply;
  const candidate = {
    ...(parts.length > 0 && { content: { role: 'model', parts } }),
    ...(last && fault !== 'noFinishReason' && { finishReason }),
    index: 0,
  };
  return {
    ...(blockReason === undefined ? { candidates: [candidate] } : { promptFeedback: { blockReason } }),
    ...(reply.usage !== 'never' && { usageMetadata: usageOf(reply, request) }),
    modelVersion: modelOf(request),
    responseId: `gemini-${request.index}`,
  };
}

function usageOf({ text = '', thinking, toolCalls = [], usage }: GeminiReply, request: ReceivedRequest): JsonObject {
  const promptTokenCount = countWords(request.text);
  const candidatesTokenCount = countWords(text) + toolCalls.length;
  const thoughtsTokenCount = countWords(thinking?.text ?? '');
  const totalTokenCount = promptTokenCount + candidatesTokenCount + thoughtsTokenCount;
  const counts = { promptTokenCount, candidatesTokenCount, totalTokenCount };
  const thought = thinking === undefined ? {} : { thoughtsTokenCount };
  return { ...counts, ...thought, ...(typeof usage === 'object' && usage) };
}

function countWords(text: string): number {
  return text.split(/\s+/).filter((word) => word !== '').length;
}

function modelOf({ path }: ReceivedRequest): string {
  return decodeURIComponent(/\/([^/:]+):(?:streamG|g)enerateContent/.exec(path)?.[1] ?? 'fake-gemini');
}
