/** Short ways to an exchange of the Anthropic format. */
import type { ChatChunk, ChatCompletion, ChatRequest } from '../../src/chat/types.js';
import { assembleCompletion } from '../../src/chat/assemble.js';
import type { Exchange, UpstreamEvent } from '../../src/contracts/wire-format.js';
import { anthropic, type AnthropicOptions } from '../../src/formats/anthropic/anthropic.js';
import { deepFreeze } from '../../src/testing/contract-test.js';
import { decode } from './cases.js';

export type JsonObject = Record<string, unknown>;

export interface Setup {
  readonly model?: string;
  readonly traits?: Readonly<JsonObject>;
  readonly maxCompletionTokens?: number;
  readonly options?: AnthropicOptions;
  readonly stream?: boolean;
}

/** A request with these members, by default of one user message. */
function request(members: object = {}): ChatRequest {
  return { model: 'claude', messages: [{ role: 'user', content: 'Hi' }], ...members } as ChatRequest;
}

export function exchange(members: object, setup: Setup = {}): Exchange {
  return anthropic(setup.options).exchange!(deepFreeze(request(members)), {
    model: {
      upstreamModel: setup.model ?? 'claude-sonnet-4-5',
      maxCompletionTokens: setup.maxCompletionTokens,
      traits: setup.traits ?? {},
    },
    stream: setup.stream ?? false,
    requestId: 'req-1',
    now: 1_750_000_000,
  });
}

/** The body as it goes over the wire. */
export function body(members: object, setup: Setup = {}): JsonObject {
  return JSON.parse(JSON.stringify(exchange(members, setup).body)) as JsonObject;
}

export function messages(...list: object[]): { messages: object[] } {
  return { messages: list };
}

export const user = (content: unknown, extra: object = {}) => ({ role: 'user', content, ...extra });
export const text = (value: string, extra: object = {}) => ({ type: 'text', text: value, ...extra });
export const call = (id: string, name = 'f', args = '{}') => ({
  id,
  type: 'function',
  function: { name, arguments: args },
});
export const calls = (...list: object[]) => ({ role: 'assistant', content: null, tool_calls: list });
export const result = (id: string, content: unknown = 'r', extra: object = {}) => ({
  role: 'tool',
  tool_call_id: id,
  content,
  ...extra,
});
export const tool = (name = 'f', parameters: unknown = undefined, extra: object = {}) => ({
  type: 'function',
  function: { name, ...(parameters === undefined ? {} : { parameters }), ...extra },
});

/** A whole message of the API. */
function message(content: readonly object[], extra: object = {}): JsonObject {
  return {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'claude-x',
    content,
    stop_reason: 'end_turn',
    usage: { input_tokens: 1, output_tokens: 2 },
    ...extra,
  };
}

export function complete(
  content: readonly object[],
  members: object = {},
  extra: object = {},
  setup: Setup = {},
): ChatCompletion {
  return exchange(members, setup).completion(message(content, extra), { status: 200, headers: {} });
}

export function event(data: object): UpstreamEvent {
  return { event: (data as JsonObject)['type'] as string, data: JSON.stringify(data) };
}

/** The events of a message with these blocks, each streamed in two pieces. */
export function events(content: readonly JsonObject[], extra: object = {}): UpstreamEvent[] {
  const whole = message(content, extra);
  const list: object[] = [{ type: 'message_start', message: { ...whole, content: [], stop_reason: null } }];
  for (const [index, block] of content.entries()) list.push(...blockEvents(block, index));
  const { stop_reason, stop_details } = whole;
  list.push({
    type: 'message_delta',
    delta: { stop_reason, ...(stop_details === undefined ? {} : { stop_details }) },
    usage: { output_tokens: 2 },
  });
  list.push({ type: 'message_stop' });
  return list.map(event);
}

function blockEvents(block: JsonObject, index: number): object[] {
  const delta = (piece: object) => ({ type: 'content_block_delta', index, delta: piece });
  const halves = (value: unknown) => [String(value).slice(0, 2), String(value).slice(2)];
  const middle = () => {
    switch (block['type']) {
      case 'text':
        return [
          ...halves(block['text']).map((piece) => delta({ type: 'text_delta', text: piece })),
          ...((block['citations'] ?? []) as object[]).map((citation) => delta({ type: 'citations_delta', citation })),
        ];
      case 'thinking':
        return [
          ...halves(block['thinking']).map((piece) => delta({ type: 'thinking_delta', thinking: piece })),
          delta({ type: 'signature_delta', signature: block['signature'] }),
        ];
      case 'tool_use':
      case 'server_tool_use':
        return halves(JSON.stringify(block['input'])).map((piece) =>
          delta({ type: 'input_json_delta', partial_json: piece }),
        );
      default:
        return [];
    }
  };
  const empty = { text: '', thinking: '', signature: '', input: {}, citations: [] };
  const start = Object.fromEntries(
    Object.entries(block).map(([key, value]) => [key, key in empty ? empty[key as keyof typeof empty] : value]),
  );
  return [
    { type: 'content_block_start', index, content_block: start },
    ...middle(),
    { type: 'content_block_stop', index },
  ];
}

/** The completion that a client assembles from the stream of these blocks. */
export function streamed(
  content: readonly JsonObject[],
  members: object = {},
  extra: object = {},
  setup: Setup = {},
): ChatCompletion {
  const { chunks, complete: isComplete } = decode(
    exchange(members, { stream: true, ...setup }),
    events(content, extra),
  );
  if (!isComplete) throw new Error('The stream is not complete.');
  return assembleCompletion(chunks);
}

export function deltasOf(chunks: readonly ChatChunk[]): JsonObject[] {
  return chunks.flatMap(({ choices }) => (choices ?? []).map(({ delta }) => delta as JsonObject));
}
