import type { ChatChunk, ChatCompletion, ChunkChoice, Usage } from '../chat/types.js';
import type { ReceivedRequest } from './request-log.js';

/** A tool call of a response. */
export interface FakeToolCall {
  /** Name of the function. */
  readonly name: string;
  /** An object is sent as its JSON. */
  readonly arguments: string | Readonly<Record<string, unknown>>;
  /** Id of the call. @defaultValue `call_1`, `call_2` … */
  readonly id?: string | undefined;
}

/** Members of a response, whole or streamed. */
export interface ChatBodyOptions {
  /** Member `model` of the body. @defaultValue the model of the request */
  readonly model?: string | undefined;
  /** Member `id` of the body. @defaultValue `chatcmpl-` and the index of the request in the ledger */
  readonly id?: string | undefined;
  /** Unix time in seconds. @defaultValue `1_750_000_000`, so that equal responses are equal bytes */
  readonly created?: number | undefined;
  /** `null`: none is sent. @defaultValue `'stop'`, with tool calls `'tool_calls'` */
  readonly finishReason?: string | null | undefined;
  /** Tool calls of the message. */
  readonly toolCalls?: readonly FakeToolCall[] | undefined;
  /**
   * Whether usage is sent. Whole responses have it except with `'never'`; streams have it in a last chunk where
   * `stream_options.include_usage` is set, or with `'always'`. An object replaces members of the counted usage (one token
   * per word).
   * @defaultValue `'requested'`
   */
  readonly usage?: 'requested' | 'always' | 'never' | Usage | undefined;
}

/** A `chat.completion`. */
export function completionBody(
  text: string | null,
  options: ChatBodyOptions & { readonly refusal?: string | undefined },
  request: ReceivedRequest,
): ChatCompletion {
  const calls = toolCallsOf(options);
  const message = {
    role: 'assistant',
    content: text,
    refusal: options.refusal ?? null,
    ...(calls.length > 0 ? { tool_calls: calls } : {}),
  };
  return {
    ...identity('chat.completion', options, request),
    choices: [{ index: 0, message, logprobs: null, finish_reason: finishReasonOf(options) }],
    ...(options.usage === 'never' ? {} : { usage: usageOf(text ?? '', options, request) }),
  };
}

/** Text of a content delta, or a delta in full: `{ tool_calls: […] }`, `{ refusal: '…' }`. */
export type StreamPart = string | NonNullable<ChunkChoice['delta']>;

/** Content of the chunks of a stream. */
export interface ChunkOptions extends ChatBodyOptions {
  /** A first chunk with the role only. @defaultValue `true` */
  readonly role?: boolean | undefined;
}

/** The `chat.completion.chunk`s of a stream, in OpenAI's order. */
export function chunkBodies(
  parts: string | readonly StreamPart[],
  options: ChunkOptions,
  request: ReceivedRequest,
): ChatChunk[] {
  const deltas = [...(typeof parts === 'string' ? words(parts) : parts), ...toolCallDeltas(options)];
  const withUsage = options.usage === 'always' || (options.usage !== 'never' && requestsUsage(request));
  const common = { ...identity('chat.completion.chunk', options, request), ...(withUsage ? { usage: null } : {}) };
  const chunk = (delta: NonNullable<ChunkChoice['delta']>, finish: string | null): ChatChunk => ({
    ...common,
    choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
  });

  const chunks: ChatChunk[] = [];
  if (options.role !== false) chunks.push(chunk({ role: 'assistant', content: '', refusal: null }, null));
  for (const delta of deltas) chunks.push(chunk(typeof delta === 'string' ? { content: delta } : delta, null));
  const finishReason = finishReasonOf(options);
  if (finishReason !== null) chunks.push(chunk({}, finishReason));
  if (withUsage) {
    const text = deltas.map((delta) => (typeof delta === 'string' ? delta : '')).join('');
    chunks.push({ ...common, choices: [], usage: usageOf(text, options, request) });
  }
  return chunks;
}

/** The words of a text, each with the space after it. */
function words(text: string): string[] {
  return text === '' ? [] : text.split(/(?<=\s)(?=\S)/);
}

function identity(object: string, options: ChatBodyOptions, request: ReceivedRequest) {
  return {
    id: options.id ?? `chatcmpl-${request.index}`,
    object,
    created: options.created ?? 1_750_000_000,
    model: options.model ?? requestedModel(request),
    service_tier: 'default',
    system_fingerprint: null,
  };
}

function finishReasonOf(options: ChatBodyOptions): string | null {
  if (options.finishReason !== undefined) return options.finishReason;
  return (options.toolCalls ?? []).length > 0 ? 'tool_calls' : 'stop';
}

function toolCallsOf(options: ChatBodyOptions) {
  return (options.toolCalls ?? []).map((call, index) => ({
    id: call.id ?? `call_${index + 1}`,
    type: 'function',
    function: {
      name: call.name,
      arguments: typeof call.arguments === 'string' ? call.arguments : JSON.stringify(call.arguments),
    },
  }));
}

/** Id, type and name are sent once, the arguments in fragments of a few characters. */
function toolCallDeltas(options: ChatBodyOptions): StreamPart[] {
  const deltas: StreamPart[] = [];
  for (const [index, { id, type, function: called }] of toolCallsOf(options).entries()) {
    deltas.push({ tool_calls: [{ index, id, type, function: { name: called.name, arguments: '' } }] });
    const fragments = called.arguments.match(/[^]{1,8}/gu) ?? [];
    for (const fragment of fragments) deltas.push({ tool_calls: [{ index, function: { arguments: fragment } }] });
  }
  return deltas;
}

function usageOf(text: string, options: ChatBodyOptions, request: ReceivedRequest): Usage {
  const prompt = words(JSON.stringify(member(request.json, 'messages')) ?? '').length;
  const completion = words(text).length + toolCallsOf(options).length;
  const counts = typeof options.usage === 'object' ? options.usage : {};
  return { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion, ...counts };
}

function requestedModel(request: ReceivedRequest): string {
  const model = member(request.json, 'model');
  return typeof model === 'string' ? model : 'fake-model';
}

function requestsUsage(request: ReceivedRequest): boolean {
  return member(member(request.json, 'stream_options'), 'include_usage') === true;
}

/** @internal `value[name]`; `undefined` where `value` is not an object. */
export function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}
