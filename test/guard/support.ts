import { onTestFinished } from 'vitest';
import { assembleCompletion } from '../../src/chat/assemble.js';
import type { ChatChunk, ChatCompletion, ChunkDelta } from '../../src/chat/types.js';
import type { Clock } from '../../src/contracts/clock.js';
import { createGateway, type Gateway, type GatewayOptions } from '../../src/index.js';
import { fakeUpstream, type FakeUpstream } from '../../src/testing/index.js';
import { listen } from '../support/listen.js';
import { rawPost, rawRequest } from '../support/raw-request.js';

/**
 * The members of a message that hold generated text, and a delta that adds to each. Thinking parts of `content` are not
 * among them: the gateway turns them into `reasoning_content` before the guards see them.
 */
export const CHANNELS: Readonly<Record<string, (piece: string) => ChunkDelta>> = {
  content: (piece) => ({ content: piece }),
  reasoning: (piece) => ({ reasoning: piece }),
  reasoning_content: (piece) => ({ reasoning_content: piece }),
  reasoning_details: (piece) => ({ reasoning_details: [{ type: 'reasoning.text', index: 0, text: piece }] }),
  thinking_blocks: (piece) => ({ thinking_blocks: [{ type: 'thinking', thinking: piece }] }),
  refusal: (piece) => ({ refusal: piece }),
  'tool call 0': (piece) => ({ tool_calls: [{ index: 0, function: { arguments: piece } }] }),
  'tool call 1': (piece) => ({ tool_calls: [{ index: 1, function: { arguments: piece } }] }),
  'custom tool': (piece) => ({ tool_calls: [{ index: 2, type: 'custom', custom: { input: piece } }] }),
  function_call: (piece) => ({ function_call: { arguments: piece } }),
  transcript: (piece) => ({ audio: { transcript: piece } }),
  unknown: (piece) => ({ something_new: piece }),
};

/** The text that the chunks of one choice add to one channel. */
export function textIn(chunks: readonly ChatChunk[], choice: number, channel: string): string {
  const empty = JSON.stringify(CHANNELS[channel]!('§'));
  const path = pathTo(JSON.parse(empty));
  return chunks
    .flatMap(({ choices }) => choices ?? [])
    .filter(({ index }) => index === choice)
    .map(({ delta }) => textAt(delta, path))
    .join('');
}

type Path = readonly (string | { readonly index: number | undefined })[];

function pathTo(value: unknown): Path {
  if (Array.isArray(value)) return [{ index: (value[0] as { index?: number }).index }, ...pathTo(value[0])];
  for (const [key, inner] of Object.entries(value as object)) {
    if (inner === '§') return [key];
    if (typeof inner === 'object' && inner !== null) return [key, ...pathTo(inner)];
  }
  return [];
}

function textAt(value: unknown, [step, ...rest]: Path): string {
  if (step === undefined) return typeof value === 'string' ? value : '';
  if (typeof step === 'string') return textAt((value as Record<string, unknown> | null | undefined)?.[step], rest);
  const items = Array.isArray(value) ? (value as { index?: number }[]) : [];
  return items
    .filter(({ index }) => index === step.index)
    .map((item) => textAt(item, rest))
    .join('');
}

export function chunk(delta: ChunkDelta, choice = 0, finish: string | null = null): ChatChunk {
  return {
    id: 'c',
    object: 'chat.completion.chunk',
    created: 1,
    model: 'm',
    choices: [{ index: choice, delta, finish_reason: finish }],
  };
}

/** A promise that the test settles. */
export function deferred<T>() {
  let resolve!: (value: T) => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<T>((take, refuse) => {
    resolve = take;
    reject = refuse;
  });
  return { promise, resolve, reject };
}

export interface World {
  readonly upstream: FakeUpstream;
  readonly gateway: Gateway;
  readonly port: number;
  /** Posts, and reads every byte that comes back. */
  post(body?: Record<string, unknown>, headers?: readonly string[]): Promise<Received>;
}

export interface Received {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** Every byte that came, as UTF-8. */
  readonly raw: string;
  readonly body: string;
  /** Chunks of a stream. */
  readonly chunks: readonly ChatChunk[];
  /** Of a stream or a whole response. */
  readonly completion: ChatCompletion;
  readonly error: { code: string | null; param: string | null; message: string } | undefined;
  readonly isDone: boolean;
}

/** @param clock - of the upstream: its silences last until the test lets time pass */
export async function world(options: Partial<GatewayOptions> = {}, clock?: Clock): Promise<World> {
  const upstream = await fakeUpstream({ clock });
  const gateway = createGateway({
    keys: ['test-key'],
    providers: { p: { baseUrl: upstream.baseUrl, apiKey: 'sk-operator', models: ['m'] } },
    ...options,
  } as GatewayOptions);
  const server = await listen(gateway);
  onTestFinished(async () => {
    await server.close();
    await gateway.close();
    await upstream.close();
  });
  return {
    upstream,
    gateway,
    port: server.port,
    post: (body, headers) => post(server.port, body, headers),
  };
}

export async function post(
  port: number,
  body: Record<string, unknown> = {},
  headers: readonly string[] = [],
): Promise<Received> {
  const request = { model: 'm', messages: [{ role: 'user', content: 'Hi' }], ...body };
  const { responses, received } = await rawRequest(
    port,
    rawPost(request, ['authorization: Bearer test-key', ...headers]),
    {
      timeoutMs: 10_000,
    },
  );
  const [response] = responses;
  if (response === undefined) throw new Error(`No whole response: ${received.slice(0, 500)}`);
  const text = response.body.toString();
  const events = [...text.matchAll(/^data: (.*)$/gm)].map(([, data]) => data!);
  const parsed = events.filter((data) => data !== '[DONE]').map((data) => JSON.parse(data) as ChatChunk);
  const whole = events.length === 0 ? (JSON.parse(text) as ChatCompletion) : undefined;
  const failed = [...parsed, whole].find((value) => value?.['error'] !== undefined)?.['error'];
  const chunks = parsed.filter((value) => value['error'] === undefined);
  return {
    status: response.status,
    headers: response.headers,
    raw: Buffer.from(received, 'latin1').toString(),
    body: text,
    chunks,
    completion: whole ?? assembleCompletion(chunks),
    error: failed as Received['error'],
    isDone: events.at(-1) === '[DONE]',
  };
}
