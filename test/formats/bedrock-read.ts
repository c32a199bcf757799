import { expect } from 'vitest';
import type { Exchange, UpstreamEvent } from '../../src/contracts/wire-format.js';
import { bedrock } from '../../src/formats/bedrock/bedrock.js';
import { exchangeFor, readStream, OK } from './bedrock-cases.js';

export const format = bedrock();
export const usage = { inputTokens: 10, outputTokens: 5, totalTokens: 15 };

export function exchange(request: object = {}, traits: object = { family: 'claude' }, stream = true): Exchange {
  const whole = { model: 'my-model', messages: [{ role: 'user', content: 'Hi' }], ...request };
  return exchangeFor(format, { request: whole, model: { upstreamModel: 'up', traits } }, stream);
}

/** The same content as a whole response and as a stream, so that both are read alike. */
export interface Block {
  whole: object;
  deltas: object[];
  start?: object;
}
export const textBlock = (...pieces: string[]): Block => ({
  whole: { text: pieces.join('') },
  deltas: pieces.map((text) => ({ text })),
});
export const toolBlock = (toolUseId: string, name: string, ...pieces: string[]): Block => ({
  whole: { toolUse: { toolUseId, name, input: JSON.parse(pieces.join('') || '{}') as unknown } },
  start: { toolUse: { toolUseId, name } },
  deltas: pieces.map((input) => ({ toolUse: { input } })),
});
export const reasoningBlock = (text: string, signature: string): Block => ({
  whole: { reasoningContent: { reasoningText: { text, signature } } },
  deltas: [{ reasoningContent: { text } }, { reasoningContent: { signature } }],
});

export const event = (name: string, data: object): UpstreamEvent => ({ event: name, data: JSON.stringify(data) });

export function streamOf(
  blocks: readonly Block[],
  stopReason: unknown,
  tail: UpstreamEvent[] = [event('metadata', { usage })],
) {
  return [
    event('messageStart', { role: 'assistant' }),
    ...blocks.flatMap(({ start, deltas }, contentBlockIndex) => [
      ...(start === undefined ? [] : [event('contentBlockStart', { contentBlockIndex, start })]),
      ...deltas.map((delta) => event('contentBlockDelta', { contentBlockIndex, delta, p: 'abcdef' })),
      event('contentBlockStop', { contentBlockIndex }),
    ]),
    event('messageStop', { stopReason }),
    ...tail,
  ];
}

export function bodyOf(blocks: readonly Block[], stopReason: unknown): object {
  return { output: { message: { role: 'assistant', content: blocks.map(({ whole }) => whole) } }, stopReason, usage };
}

export interface Read {
  message: Record<string, unknown>;
  finish_reason: string | null;
}

export function both(blocks: readonly Block[], stopReason: string, request: object = {}, traits?: object): Read {
  const one = exchange(request, traits, false).completion(bodyOf(blocks, stopReason), OK);
  const streamed = readStream(exchange(request, traits), streamOf(blocks, stopReason), format);
  expect(streamed.complete).toBe(true);
  expect(streamed.finishChunks).toBe(1);
  expect(streamed.usage).toEqual(one.usage);
  const { message, finish_reason: finishReason } = one.choices[0]!;
  expect(streamed.message).toEqual(message);
  expect(streamed.finish_reason).toBe(finishReason);
  return { message: message as Record<string, unknown>, finish_reason: finishReason ?? null };
}
