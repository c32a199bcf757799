import { sizedSteps, type ResponseOptions } from './responses.js';
import {
  chunkBodies,
  completionBody,
  member,
  type ChatBodyOptions,
  type ChunkOptions,
  type StreamPart,
} from './chat-bodies.js';
import { eventStreamSteps, type EventStreamOptions } from './event-streams.js';
import { onRequest, type Script } from './script.js';

/** Content of a whole response, and how it is sent. */
export type CompletionOptions = ChatBodyOptions & ResponseOptions & { readonly refusal?: string | undefined };

/**
 * A whole `chat.completion`, as OpenAI sends it.
 * @param text - `null` for none, as with tool calls
 *
 * @example
 * upstream.enqueue(completion('Hello.', { finishReason: 'length' }));
 */
export function completion(text: string | null, options: CompletionOptions = {}): Script {
  return onRequest('completion', (request) =>
    sizedSteps(JSON.stringify(completionBody(text, options, request)), options, request),
  );
}

/** Content of a streamed response, and how it is sent. */
export type StreamOptions = ChunkOptions &
  EventStreamOptions & {
    /** Whether `[DONE]` is the last event. @defaultValue `true` */
    readonly done?: boolean | undefined;
  };

/**
 * A streamed response, as OpenAI sends it: a role chunk, one chunk per part (a text is split into words), the finish
 * reason, usage where it was requested, `[DONE]`.
 *
 * @example
 * stream('Half of a response', { afterEvents: 2, end: 'reset' })
 */
export function stream(parts: string | readonly StreamPart[], options: StreamOptions = {}): Script {
  return onRequest('stream', (request) => {
    const chunks = chunkBodies(parts, options, request);
    return eventStreamSteps(options.done === false ? chunks : [...chunks, '[DONE]'], options, request);
  });
}

/**
 * Responds like a chat endpoint: `stream(text)` to a request with `stream: true`, else `completion(text)`.
 *
 * @example
 * await using upstream = await fakeUpstream({ script: chat('Hello.') });
 */
export function chat(text: string, options: CompletionOptions & StreamOptions = {}): Script {
  const [whole, streamed] = [completion(text, options), stream(text, options)];
  return onRequest('chat', (request) => (asksForStream(request) ? streamed : whole).steps(request));
}

/** Whether a request asks for an event stream. */
export function asksForStream(request: { readonly json: unknown }): boolean {
  return member(request.json, 'stream') === true;
}
