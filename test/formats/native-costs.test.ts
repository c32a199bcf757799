import { describe, expect, it } from 'vitest';
import { costOf } from '../../src/chat/usage.js';
import type { WireFormat } from '../../src/contracts/wire-format.js';
import { anthropic } from '../../src/formats/anthropic/anthropic.js';
import { bedrock } from '../../src/formats/bedrock/bedrock.js';
import { gemini } from '../../src/formats/gemini/gemini.js';
import { resolvePricing } from '../../src/route/pricing-options.js';

/** `[tokens, USD per million of them]`, as read from the native usage and the price page. */
type Bill = readonly (readonly [tokens: number, price: number])[];
/** Reads as a line of the bill: so many searches at USD 0.01. */
const searches = (count: number): Bill[number] => [count * 1_000_000, 0.01];

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
const SEARCHING = { ...SONNET, webSearch: 0.01, tiers: [{ above: 200_000, prompt: 6, completion: 22.5 }] };
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
    'Anthropic: writes by lifetime only, nulls, and searches',
    anthropic(),
    message({
      input_tokens: 100,
      output_tokens: 10,
      cache_read_input_tokens: null,
      cache_creation_input_tokens: null,
      cache_creation: { ephemeral_5m_input_tokens: 30, ephemeral_1h_input_tokens: 20 },
      server_tool_use: { web_search_requests: 2, web_fetch_requests: 1 },
      service_tier: 'standard',
    }),
    SEARCHING,
    [[100, 3], [30, 3.75], [20, 6], [10, 15], searches(2)],
  ],
  [
    'Anthropic: a prompt that is long because of the cache alone',
    anthropic(),
    message({
      input_tokens: 1,
      output_tokens: 10,
      cache_read_input_tokens: 199_000,
      cache_creation_input_tokens: 1_000,
      cache_creation: { ephemeral_5m_input_tokens: 400, ephemeral_1h_input_tokens: 600 },
      output_tokens_details: { thinking_tokens: 8 },
    }),
    SEARCHING,
    [
      [1, 6],
      [199_000, 0.6],
      [400, 7.5],
      [600, 12],
      [10, 22.5],
    ],
  ],
  [
    'Bedrock: writes in the details only',
    bedrock(),
    converse({
      inputTokens: 1_000,
      outputTokens: 10,
      totalTokens: 1_210,
      cacheDetails: [
        { ttl: '1h', inputTokens: 150 },
        { ttl: '5m', inputTokens: 50 },
      ],
    }),
    SONNET,
    [
      [1_000, 3],
      [50, 3.75],
      [150, 6],
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
    'Gemini: pictures and films cost what text costs, and a cache of one modality',
    gemini(),
    candidate({
      promptTokenCount: 2_000,
      cachedContentTokenCount: 900,
      candidatesTokenCount: 5,
      thoughtsTokenCount: 0,
      totalTokenCount: 2_005,
      promptTokensDetails: [
        { modality: 'VIDEO', tokenCount: 1_200 },
        { modality: 'IMAGE', tokenCount: 258 },
        { modality: 'TEXT', tokenCount: 542 },
      ],
      cacheTokensDetails: [{ modality: 'VIDEO', tokenCount: 900 }],
      trafficType: 'ON_DEMAND',
    }),
    FLASH,
    [
      [1_100, 0.3],
      [900, 0.03],
      [5, 2.5],
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
