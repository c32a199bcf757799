import { describe, expect, it } from 'vitest';
import { costOf } from '../../src/chat/usage.js';
import type { WireFormat } from '../../src/contracts/wire-format.js';
import { anthropic } from '../../src/formats/anthropic/anthropic.js';
import { bedrock } from '../../src/formats/bedrock/bedrock.js';
import { gemini } from '../../src/formats/gemini/gemini.js';
import { resolvePricing } from '../../src/route/pricing-options.js';

/** `[tokens, USD per million of them]`, as read from the native usage and the price page. */
type Bill = readonly (readonly [tokens: number, price: number])[];

const message = (usage: object): object => ({
  id: 'm',
  type: 'message',
  role: 'assistant',
  model: 'claude',
  content: [{ type: 'text', text: 'x' }],
  stop_reason: 'end_turn',
  usage,
});
const candidate = (usageMetadata: object): object => ({
  candidates: [{ content: { parts: [{ text: 'x' }] }, finishReason: 'STOP' }],
  usageMetadata,
});
const converse = (usage: object): object => ({
  output: { message: { role: 'assistant', content: [{ text: 'x' }] } },
  stopReason: 'end_turn',
  usage,
});

const SONNET = { prompt: 3, completion: 15, cacheRead: 0.3, cacheWrite: 3.75, cacheWrite1h: 6 };
const FLASH = { prompt: 0.3, completion: 2.5, cacheRead: 0.03, audio: 1, audioCacheRead: 0.1, imageOutput: 30 };
const NOVA = { prompt: 0.8, completion: 3.2, cacheRead: 0.2 };

const CASES: readonly [string, WireFormat, object, object, Bill][] = [
  [
    'Anthropic: reads, and writes for both times',
    anthropic(),
    message({
      input_tokens: 100,
      output_tokens: 10,
      cache_read_input_tokens: 200,
      cache_creation_input_tokens: 500,
      cache_creation: { ephemeral_5m_input_tokens: 300, ephemeral_1h_input_tokens: 200 },
    }),
    SONNET,
    [
      [100, 3],
      [200, 0.3],
      [300, 3.75],
      [200, 6],
      [10, 15],
    ],
  ],
  [
    'Bedrock: writes for both times',
    bedrock(),
    converse({
      inputTokens: 100,
      outputTokens: 10,
      totalTokens: 810,
      cacheReadInputTokens: 200,
      cacheWriteInputTokens: 500,
      cacheDetails: [
        { ttl: '5m', inputTokens: 300 },
        { ttl: '1h', inputTokens: 200 },
      ],
    }),
    SONNET,
    [
      [100, 3],
      [200, 0.3],
      [300, 3.75],
      [200, 6],
      [10, 15],
    ],
  ],
  [
    'Bedrock: a model that counts reads in its input',
    bedrock(),
    converse({ inputTokens: 1_000, outputTokens: 10, totalTokens: 1_010, cacheReadInputTokens: 900 }),
    NOVA,
    [
      [100, 0.8],
      [900, 0.2],
      [10, 3.2],
    ],
  ],
  [
    'Gemini: thoughts beside the candidates, prompts of tools, a cached prompt',
    gemini(),
    candidate({
      promptTokenCount: 1_000,
      toolUsePromptTokenCount: 50,
      cachedContentTokenCount: 400,
      candidatesTokenCount: 20,
      thoughtsTokenCount: 300,
      totalTokenCount: 1_370,
    }),
    FLASH,
    [
      [650, 0.3],
      [400, 0.03],
      [320, 2.5],
    ],
  ],
  [
    'Gemini: audio, half of it cached',
    gemini(),
    candidate({
      promptTokenCount: 1_000,
      cachedContentTokenCount: 500,
      candidatesTokenCount: 20,
      promptTokensDetails: [
        { modality: 'TEXT', tokenCount: 200 },
        { modality: 'AUDIO', tokenCount: 800 },
      ],
      cacheTokensDetails: [
        { modality: 'TEXT', tokenCount: 100 },
        { modality: 'AUDIO', tokenCount: 400 },
      ],
    }),
    FLASH,
    [
      [100, 0.3],
      [400, 1],
      [100, 0.03],
      [400, 0.1],
      [20, 2.5],
    ],
  ],
  [
    'Gemini: an image',
    gemini(),
    candidate({
      promptTokenCount: 100,
      candidatesTokenCount: 1_310,
      candidatesTokensDetails: [
        { modality: 'TEXT', tokenCount: 20 },
        { modality: 'IMAGE', tokenCount: 1_290 },
      ],
    }),
    FLASH,
    [
      [100, 0.3],
      [20, 2.5],
      [1_290, 30],
    ],
  ],
];

describe('what a native response costs', () => {
  it.each(CASES)('%s', (_what, format, body, pricing, bill) => {
    const request = { model: 'm', messages: [{ role: 'user' as const, content: 'a' }] };
    const model = { upstreamModel: 'claude-sonnet-4-5', maxCompletionTokens: undefined, traits: {} };
    const exchange = format.exchange!(request, { model, stream: false, requestId: 'r', now: 0 });
    const { usage } = exchange.completion(body, { status: 200, headers: {} });
    const expected = bill.reduce((sum, [tokens, price]) => sum + (tokens * price) / 1_000_000, 0);
    expect(costOf(usage, resolvePricing('pricing', pricing))).toBeCloseTo(expected, 12);
  });
});
