import type { ChatChunk, ChatCompletion, ChunkChoice, Usage } from '../chat/types.js';
import type { ReceivedRequest } from './request-log.js';

/** A tool call of an answer. */
export interface FakeToolCall {
  /** Name of the function. */
  readonly name: string;
  /** An object is sent as its JSON. */
  readonly arguments: string | Readonly<Record<string, unknown>>;
  /** Id of the call. @defaultValue `call_1`, `call_2` … */
  readonly id?: string | undefined;
}

/** What an answer says of itself, whole or streamed. */
export interface ChatBodyOptions {
  /** Member `model` of the body. @defaultValue the model that was asked for */
  readonly model?: string | undefined;
  /** Member `id` of the body. @defaultValue `chatcmpl-` and the request's place in the ledger */
  readonly id?: string | undefined;
  /** Unix time in seconds. @defaultValue `1_750_000_000`, so that equal answers are equal bytes */
  readonly created?: number | undefined;
  /** `null`: none is said. @defaultValue `'stop'`, with tool calls `'tool_calls'` */
  readonly finishReason?: string | null | undefined;
  /** Tool calls of the message. */
  readonly toolCalls?: readonly FakeToolCall[] | undefined;
  /**
   * Whether usage is told. A whole answer tells it but for `'never'`; a stream in a last chunk, when
   * `stream_options.include_usage` asks for it, or `'always'`. An object replaces members of the counted usage
   * (one token a word).
   * @defaultValue `'asked'`
   */
  readonly usage?: 'asked' | 'always' | 'never' | Usage | undefined;
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

/** What the chunks of a stream say. */
export interface ChunkOptions extends ChatBodyOptions {
  /** A first chunk that only says the role. @defaultValue `true` */
  readonly role?: boolean | undefined;
}

/** The `chat.completion.chunk`s of a stream, in OpenAI's order. */
export function chunkBodies(
  parts: string | readonly StreamPart[],
  options: ChunkOptions,
  request: ReceivedRequest,
): ChatChunk[] {
  const deltas = [...(typeof parts === 'string' ? words(parts) : parts), ...toolCallDeltas(options)];
  const withUsage = options.usage === 'always' || (options.usage !== 'never' && asksForUsage(request));
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

/** A text in words that keep the space after them: joined they are the text again. */
function words(text: string): string[] {
  return text === '' ? [] : text.split(/(?<=\s)(?=\S)/);
}

function identity(object: string, options: ChatBodyOptions, request: ReceivedRequest) {
  return {
    id: options.id ?? `chatcmpl-${request.index}`,
    object,
    created: options.created ?? 1_750_000_000,
    model: options.model ?? askedModel(request),
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

/** Id, type and name come once, the arguments in fragments of a few characters. */
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

function askedModel(request: ReceivedRequest): string {
  const model = member(request.json, 'model');
  return typeof model === 'string' ? model : 'fake-model';
}

function asksForUsage(request: ReceivedRequest): boolean {
  return member(member(request.json, 'stream_options'), 'include_usage') === true;
}

/** @internal `value[name]`, of whatever came. */
export function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}
