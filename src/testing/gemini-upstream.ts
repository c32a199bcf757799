import { error, sizedSteps, type AnswerOptions } from './answers.js';
import type { FakeToolCall } from './chat-bodies.js';
import { eventStreamSteps, type EventStreamOptions } from './event-streams.js';
import type { ReceivedRequest } from './request-log.js';
import { onRequest, type Script } from './script.js';

/** What a fake Gemini says, and how it is sent. */
export interface GeminiChatOptions extends AnswerOptions, EventStreamOptions {
  /** Text of a thought, before everything else. */
  readonly thinking?: string | undefined;
  /** Function calls behind the text; the first one is signed. `arguments` must be an object. */
  readonly toolCalls?: readonly FakeToolCall[] | undefined;
  /** `thoughtSignature` of the first call, or else of the text. @defaultValue none */
  readonly signature?: string | undefined;
  /** `null`: none is said, so that a stream is truncated. @defaultValue `'STOP'` */
  readonly finishReason?: string | null | undefined;
  /** The prompt is blocked: no candidates come. */
  readonly blockReason?: string | undefined;
  /** Replaces members of the counted usage (one token a word). `'never'`: none is said. */
  readonly usage?: 'never' | Readonly<Record<string, unknown>> | undefined;
  /** @defaultValue the model of the path */
  readonly model?: string | undefined;
  /** @defaultValue `gemini-` and the request's place in the ledger */
  readonly id?: string | undefined;
}

type Part = Readonly<Record<string, unknown>>;

/**
 * What `generateContent` of Gemini sends: a whole response, or by the path of the request a stream of events, a text
 * being cut into words. Without `alt=sse` a stream is one JSON list, as at Google.
 *
 * @example
 * upstream.enqueue(geminiChat('Hello.', { thinking: 'A greeting.' }), geminiChat('Half of it', { finishReason: null }));
 */
export function geminiChat(text: string, options: GeminiChatOptions = {}): Script {
  return onRequest('gemini', (request) => {
    if (!request.path.includes(':streamGenerateContent'))
      return sizedSteps(JSON.stringify(wholeResponse(text, options, request)), options, request);
    const responses = streamedResponses(text, options, request);
    if (request.path.includes('alt=sse')) return eventStreamSteps(responses, options, request);
    return sizedSteps(JSON.stringify(responses), options, request);
  });
}

/** An error in Google's envelope. @param details - what stands beside `code`, `message` and `status`. */
export function geminiError(status: number, message?: string, details: readonly Part[] = []): Script {
  const word = GRPC_WORDS[status] ?? (status < 500 ? 'INVALID_ARGUMENT' : 'INTERNAL');
  const said = message ?? `The fake Gemini responds with ${status}.`;
  return error(status, {
    error: { code: status, message: said, status: word, ...(details.length > 0 && { details }) },
  });
}

const GRPC_WORDS: Readonly<Record<number, string>> = {
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  429: 'RESOURCE_EXHAUSTED',
  503: 'UNAVAILABLE',
  504: 'DEADLINE_EXCEEDED',
};

function wholeResponse(text: string, options: GeminiChatOptions, request: ReceivedRequest): Part {
  const parts = [...thoughts(options), ...texts([text], options), ...calls(options)];
  return response(parts, true, options, { text, request });
}

function streamedResponses(text: string, options: GeminiChatOptions, request: ReceivedRequest): Part[] {
  const words = text === '' ? [] : text.split(/(?<=\s)(?=\S)/);
  const parts = [...thoughts(options), ...texts(words, options), ...calls(options)];
  if (parts.length === 0 || options.blockReason !== undefined) return [response([], true, options, { text, request })];
  return parts.map((part, at) => response([part], at === parts.length - 1, options, { text, request }));
}

function thoughts({ thinking }: GeminiChatOptions): Part[] {
  return thinking === undefined ? [] : [{ text: thinking, thought: true }];
}

function texts(words: readonly string[], { signature, toolCalls = [] }: GeminiChatOptions): Part[] {
  const signed = signature !== undefined && toolCalls.length === 0;
  const filled = words.filter((word) => word !== '');
  return filled.map((text, at) => ({
    text,
    ...(signed && at === filled.length - 1 && { thoughtSignature: signature }),
  }));
}

function calls({ signature, toolCalls = [] }: GeminiChatOptions): Part[] {
  return toolCalls.map(({ id, name, arguments: given }, at) => {
    const args: unknown = typeof given === 'string' ? JSON.parse(given) : given;
    const functionCall = { ...(id !== undefined && { id }), name, args };
    return { functionCall, ...(at === 0 && signature !== undefined && { thoughtSignature: signature }) };
  });
}

interface Asked {
  readonly text: string;
  readonly request: ReceivedRequest;
}

function response(parts: readonly Part[], last: boolean, options: GeminiChatOptions, { text, request }: Asked): Part {
  const { finishReason = 'STOP', blockReason } = options;
  const candidate = {
    ...(parts.length > 0 && { content: { role: 'model', parts } }),
    ...(last && finishReason !== null && { finishReason }),
    index: 0,
  };
  return {
    ...(blockReason === undefined ? { candidates: [candidate] } : { promptFeedback: { blockReason } }),
    ...(options.usage !== 'never' && { usageMetadata: usage(text, options, request) }),
    modelVersion: options.model ?? modelOf(request),
    responseId: options.id ?? `gemini-${request.index}`,
  };
}

function usage(
  text: string,
  { usage: given, thinking, toolCalls = [] }: GeminiChatOptions,
  request: ReceivedRequest,
): Part {
  const promptTokenCount = countWords(request.text);
  const candidatesTokenCount = countWords(text) + toolCalls.length;
  const thoughtsTokenCount = countWords(thinking ?? '');
  const totalTokenCount = promptTokenCount + candidatesTokenCount + thoughtsTokenCount;
  const counts = { promptTokenCount, candidatesTokenCount, totalTokenCount };
  const thought = thinking === undefined ? {} : { thoughtsTokenCount };
  return { ...counts, ...thought, ...(typeof given === 'object' && given) };
}

function countWords(text: string): number {
  return text.split(/\s+/).filter((word) => word !== '').length;
}

function modelOf({ path }: ReceivedRequest): string {
  return decodeURIComponent(/\/([^/:]+):(?:streamG|g)enerateContent/.exec(path)?.[1] ?? 'fake-gemini');
}
