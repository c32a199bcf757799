import { describe, expect, it } from 'vitest';
import { costOf } from '../../src/chat/usage.js';
import { resolvePricing } from '../../src/route/pricing-options.js';

/** USD per million tokens, as the providers' price pages state them. */
const PRICES = {
  // openai.com/api/pricing
  'gpt-5': { prompt: 1.25, cacheRead: 0.125, completion: 10 },
  'gpt-5-mini': { prompt: 0.25, cacheRead: 0.025, completion: 2 },
  'gpt-4o': { prompt: 2.5, cacheRead: 1.25, completion: 10 },
  'gpt-4o-audio-preview': { prompt: 2.5, completion: 10, audio: 40, audioOutput: 80 },
  o3: { prompt: 2, cacheRead: 0.5, completion: 8 },
  // platform.claude.com/docs/en/about-claude/pricing
  'claude-sonnet-4-5': {
    prompt: 3,
    completion: 15,
    cacheRead: 0.3,
    cacheWrite: 3.75,
    cacheWrite1h: 6,
    webSearch: 0.01,
    tiers: [{ above: 200_000, prompt: 6, completion: 22.5 }],
  },
  'claude-opus-4-5': { prompt: 5, completion: 25, cacheRead: 0.5, cacheWrite: 6.25, cacheWrite1h: 10 },
  'claude-haiku-4-5': { prompt: 1, completion: 5, cacheRead: 0.1, cacheWrite: 1.25, cacheWrite1h: 2 },
  // ai.google.dev/gemini-api/docs/pricing
  'gemini-2.5-pro': {
    prompt: 1.25,
    completion: 10,
    cacheRead: 0.125,
    tiers: [{ above: 200_000, prompt: 2.5, completion: 15, cacheRead: 0.25 }],
  },
  'gemini-2.5-flash': { prompt: 0.3, completion: 2.5, cacheRead: 0.03, audio: 1, audioCacheRead: 0.1 },
  'gemini-2.5-flash-image': { prompt: 0.3, completion: 2.5, imageOutput: 30 },
  // aws.amazon.com/bedrock/pricing
  'nova-pro': { prompt: 0.8, completion: 3.2, cacheRead: 0.2 },
  'nova-lite': { prompt: 0.06, completion: 0.24, cacheRead: 0.015 },
  // api-docs.deepseek.com/quick_start/pricing
  'deepseek-chat': { prompt: 0.28, cacheRead: 0.028, completion: 0.42 },
  // docs.x.ai/docs/models
  'grok-4': {
    prompt: 3,
    cacheRead: 0.75,
    completion: 15,
    tiers: [{ above: 128_000, prompt: 6, completion: 30 }],
  },
  'sonar-deep-research': { prompt: 2, completion: 8, reasoning: 3, request: 0.005 },
} as const;

/** `[tokens, USD per million of them]`, as read from the usage and the price page. */
type BillLine = readonly [tokens: number, price: number];

interface Case {
  readonly it: string;
  readonly model: keyof typeof PRICES;
  readonly usage: object;
  readonly bill: readonly BillLine[];
  /** USD that are charged by the piece. */
  readonly pieces?: number;
}

const openai = (prompt: number, completion: number, cached = 0, reasoning = 0): object => ({
  prompt_tokens: prompt,
  completion_tokens: completion,
  total_tokens: prompt + completion,
  prompt_tokens_details: { cached_tokens: cached, audio_tokens: 0 },
  completion_tokens_details: { reasoning_tokens: reasoning, audio_tokens: 0 },
});

const OPENAI: readonly Case[] = [
  {
    it: 'nothing cached',
    model: 'gpt-5',
    usage: openai(1_000, 200),
    bill: [
      [1_000, 1.25],
      [200, 10],
    ],
  },
  {
    it: 'most cached',
    model: 'gpt-5',
    usage: openai(2_006, 300, 1_920),
    bill: [
      [86, 1.25],
      [1_920, 0.125],
      [300, 10],
    ],
  },
  {
    it: 'all cached',
    model: 'gpt-5',
    usage: openai(1_024, 1, 1_024),
    bill: [
      [1_024, 0.125],
      [1, 10],
    ],
  },
  {
    it: '80 % cached',
    model: 'gpt-5-mini',
    usage: openai(1_000, 100, 800),
    bill: [
      [200, 0.25],
      [800, 0.025],
      [100, 2],
    ],
  },
  {
    it: 'reasoning is part of the completion',
    model: 'o3',
    usage: openai(75, 1_186, 0, 1_024),
    bill: [
      [75, 2],
      [1_186, 8],
    ],
  },
  {
    it: 'nothing but reasoning',
    model: 'o3',
    usage: openai(75, 512, 0, 512),
    bill: [
      [75, 2],
      [512, 8],
    ],
  },
  {
    it: 'details are null',
    model: 'gpt-4o',
    usage: {
      prompt_tokens: 9,
      completion_tokens: 9,
      total_tokens: 18,
      prompt_tokens_details: null,
      completion_tokens_details: null,
    },
    bill: [
      [9, 2.5],
      [9, 10],
    ],
  },
  {
    it: 'details without counts',
    model: 'gpt-4o',
    usage: { prompt_tokens: 9, completion_tokens: 9, prompt_tokens_details: {}, completion_tokens_details: {} },
    bill: [
      [9, 2.5],
      [9, 10],
    ],
  },
  { it: 'no completion', model: 'gpt-4o', usage: openai(17, 0), bill: [[17, 2.5]] },
  {
    it: 'cached and audio',
    model: 'gpt-4o-audio-preview',
    usage: {
      prompt_tokens: 420,
      completion_tokens: 150,
      total_tokens: 570,
      prompt_tokens_details: { audio_tokens: 400, cached_tokens: 0, text_tokens: 20 },
      completion_tokens_details: { audio_tokens: 110, text_tokens: 40 },
    },
    bill: [
      [20, 2.5],
      [400, 40],
      [40, 10],
      [110, 80],
    ],
  },
  {
    it: 'rejected predictions are completion tokens',
    model: 'gpt-4o',
    usage: {
      ...openai(500, 260),
      completion_tokens_details: { accepted_prediction_tokens: 100, rejected_prediction_tokens: 120 },
    },
    bill: [
      [500, 2.5],
      [260, 10],
    ],
  },
  {
    it: 'writes to the cache by OpenAI’s name',
    model: 'claude-haiku-4-5',
    usage: { ...openai(1_000, 10, 300), prompt_tokens_details: { cached_tokens: 300, cache_write_tokens: 500 } },
    bill: [
      [200, 1],
      [300, 0.1],
      [500, 1.25],
      [10, 5],
    ],
  },
];

const ANTHROPIC: readonly Case[] = [
  {
    it: 'its own form: the input excludes the cache',
    model: 'claude-sonnet-4-5',
    usage: { input_tokens: 200, cache_read_input_tokens: 800, cache_creation_input_tokens: 0, output_tokens: 100 },
    bill: [
      [200, 3],
      [800, 0.3],
      [100, 15],
    ],
  },
  {
    it: 'in OpenAI’s form',
    model: 'claude-sonnet-4-5',
    usage: openai(1_000, 100, 800),
    bill: [
      [200, 3],
      [800, 0.3],
      [100, 15],
    ],
  },
  {
    it: 'five-minute writes',
    model: 'claude-sonnet-4-5',
    usage: { input_tokens: 12, cache_read_input_tokens: 0, cache_creation_input_tokens: 4_000, output_tokens: 7 },
    bill: [
      [12, 3],
      [4_000, 3.75],
      [7, 15],
    ],
  },
  {
    it: 'one-hour writes',
    model: 'claude-sonnet-4-5',
    usage: {
      input_tokens: 12,
      cache_creation_input_tokens: 4_000,
      cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 4_000 },
      output_tokens: 7,
    },
    bill: [
      [12, 3],
      [4_000, 6],
      [7, 15],
    ],
  },
  {
    it: 'both writes and reads',
    model: 'claude-opus-4-5',
    usage: {
      input_tokens: 2_048,
      cache_read_input_tokens: 1_800,
      cache_creation_input_tokens: 248,
      output_tokens: 503,
      cache_creation: { ephemeral_5m_input_tokens: 148, ephemeral_1h_input_tokens: 100 },
    },
    bill: [
      [2_048, 5],
      [1_800, 0.5],
      [148, 6.25],
      [100, 10],
      [503, 25],
    ],
  },
  {
    it: 'both writes in OpenAI’s form',
    model: 'claude-opus-4-5',
    usage: {
      prompt_tokens: 4_096,
      completion_tokens: 503,
      total_tokens: 4_599,
      prompt_tokens_details: { cached_tokens: 1_800, cache_write_tokens: 248 },
      cache_creation: { ephemeral_5m_input_tokens: 148, ephemeral_1h_input_tokens: 100 },
    },
    bill: [
      [2_048, 5],
      [1_800, 0.5],
      [148, 6.25],
      [100, 10],
      [503, 25],
    ],
  },
  {
    it: 'a proxy that adds Anthropic’s names to OpenAI’s',
    model: 'claude-haiku-4-5',
    usage: {
      prompt_tokens: 5_000,
      completion_tokens: 40,
      total_tokens: 5_040,
      cache_read_input_tokens: 4_500,
      cache_creation_input_tokens: 0,
      prompt_tokens_details: { cached_tokens: 4_500 },
    },
    bill: [
      [500, 1],
      [4_500, 0.1],
      [40, 5],
    ],
  },
  {
    it: 'a proxy whose prompt excludes the cache',
    model: 'claude-haiku-4-5',
    usage: {
      prompt_tokens: 500,
      completion_tokens: 40,
      total_tokens: 540,
      cache_read_input_tokens: 4_500,
      cache_creation_input_tokens: 0,
    },
    bill: [
      [500, 1],
      [4_500, 0.1],
      [40, 5],
    ],
  },
  {
    it: 'a total that counts the cache beside the prompt',
    model: 'claude-haiku-4-5',
    usage: {
      prompt_tokens: 5_000,
      completion_tokens: 40,
      total_tokens: 9_540,
      prompt_tokens_details: { cached_tokens: 4_500 },
    },
    bill: [
      [5_000, 1],
      [4_500, 0.1],
      [40, 5],
    ],
  },
  {
    it: 'a long prompt is dearer as a whole',
    model: 'claude-sonnet-4-5',
    usage: {
      input_tokens: 1_000,
      cache_read_input_tokens: 250_000,
      cache_creation_input_tokens: 10_000,
      output_tokens: 1_000,
    },
    bill: [
      [1_000, 6],
      [250_000, 0.6],
      [10_000, 7.5],
      [1_000, 22.5],
    ],
  },
  {
    it: 'exactly at the threshold it is not',
    model: 'claude-sonnet-4-5',
    usage: openai(200_000, 10),
    bill: [
      [200_000, 3],
      [10, 15],
    ],
  },
  {
    it: 'searches',
    model: 'claude-sonnet-4-5',
    usage: { input_tokens: 105, output_tokens: 605, server_tool_use: { web_search_requests: 3 } },
    bill: [
      [105, 3],
      [605, 15],
    ],
    pieces: 0.03,
  },
];

const GOOGLE: readonly Case[] = [
  {
    it: 'thoughts are output',
    model: 'gemini-2.5-pro',
    usage: openai(100, 900, 0, 700),
    bill: [
      [100, 1.25],
      [900, 10],
    ],
  },
  {
    it: 'its compatible endpoint hides thoughts in the total',
    model: 'gemini-2.5-pro',
    usage: { prompt_tokens: 100, completion_tokens: 200, total_tokens: 1_000 },
    bill: [
      [100, 1.25],
      [900, 10],
    ],
  },
  {
    it: 'cached',
    model: 'gemini-2.5-pro',
    usage: openai(10_000, 50, 9_000),
    bill: [
      [1_000, 1.25],
      [9_000, 0.125],
      [50, 10],
    ],
  },
  {
    it: 'a long prompt',
    model: 'gemini-2.5-pro',
    usage: openai(200_001, 50, 100_000),
    bill: [
      [100_001, 2.5],
      [100_000, 0.25],
      [50, 15],
    ],
  },
  {
    it: 'audio in',
    model: 'gemini-2.5-flash',
    usage: {
      prompt_tokens: 1_000,
      completion_tokens: 10,
      total_tokens: 1_010,
      prompt_tokens_details: { audio_tokens: 960 },
    },
    bill: [
      [40, 0.3],
      [960, 1],
      [10, 2.5],
    ],
  },
  {
    it: 'audio from the cache',
    model: 'gemini-2.5-flash',
    usage: {
      prompt_tokens: 1_000,
      completion_tokens: 10,
      prompt_tokens_details: { audio_tokens: 900, cached_tokens: 800, cached_tokens_details: { audio_tokens: 800 } },
    },
    bill: [
      [100, 0.3],
      [100, 1],
      [800, 0.1],
      [10, 2.5],
    ],
  },
  {
    it: 'images out',
    model: 'gemini-2.5-flash-image',
    usage: { prompt_tokens: 20, completion_tokens: 1_300, completion_tokens_details: { image_tokens: 1_290 } },
    bill: [
      [20, 0.3],
      [10, 2.5],
      [1_290, 30],
    ],
  },
];

const OTHERS: readonly Case[] = [
  {
    it: 'Bedrock, nothing cached',
    model: 'nova-pro',
    usage: openai(600, 60),
    bill: [
      [600, 0.8],
      [60, 3.2],
    ],
  },
  {
    it: 'Bedrock, cached',
    model: 'nova-pro',
    usage: openai(1_200, 60, 1_000),
    bill: [
      [200, 0.8],
      [1_000, 0.2],
      [60, 3.2],
    ],
  },
  {
    it: 'Bedrock’s own names beside the sums',
    model: 'nova-lite',
    usage: {
      prompt_tokens: 200,
      completion_tokens: 60,
      total_tokens: 1_260,
      cacheReadInputTokens: 1_000,
      cacheWriteInputTokens: 0,
    },
    bill: [
      [200, 0.06],
      [1_000, 0.015],
      [60, 0.24],
    ],
  },
  {
    it: 'Bedrock, an hour-long write',
    model: 'claude-haiku-4-5',
    usage: {
      prompt_tokens: 700,
      completion_tokens: 1,
      total_tokens: 701,
      cacheWriteInputTokens: 600,
      cacheDetails: [{ ttl: '1h', inputTokens: 600 }],
    },
    bill: [
      [100, 1],
      [600, 2],
      [1, 5],
    ],
  },
  {
    it: 'DeepSeek',
    model: 'deepseek-chat',
    usage: {
      prompt_tokens: 1_000,
      completion_tokens: 30,
      total_tokens: 1_030,
      prompt_cache_hit_tokens: 640,
      prompt_cache_miss_tokens: 360,
    },
    bill: [
      [360, 0.28],
      [640, 0.028],
      [30, 0.42],
    ],
  },
  {
    it: 'xAI counts reasoning beside the completion',
    model: 'grok-4',
    usage: {
      prompt_tokens: 37,
      completion_tokens: 530,
      total_tokens: 800,
      prompt_tokens_details: { cached_tokens: 8 },
      completion_tokens_details: { reasoning_tokens: 233 },
    },
    bill: [
      [29, 3],
      [8, 0.75],
      [763, 15],
    ],
  },
  {
    it: 'xAI, without a total',
    model: 'grok-4',
    usage: { prompt_tokens: 37, completion_tokens: 3, completion_tokens_details: { reasoning_tokens: 233 } },
    bill: [
      [37, 3],
      [236, 15],
    ],
  },
  {
    it: 'xAI, a long prompt',
    model: 'grok-4',
    usage: openai(130_000, 10),
    bill: [
      [130_000, 6],
      [10, 30],
    ],
  },
  {
    it: 'Perplexity: reasoning cheaper than text, and a fee',
    model: 'sonar-deep-research',
    usage: openai(33, 10_000, 0, 7_000),
    bill: [
      [33, 2],
      [3_000, 8],
      [7_000, 3],
    ],
    pieces: 0.005,
  },
];

const CASES = [...OPENAI, ...ANTHROPIC, ...GOOGLE, ...OTHERS];

describe('costs by published prices', () => {
  it('covers forty usages', () => expect(CASES.length).toBeGreaterThanOrEqual(40));

  it.each(CASES)('$model: $it', ({ model, usage, bill, pieces = 0 }) => {
    const expected = bill.reduce((sum, [tokens, price]) => sum + (tokens * price) / 1e6, pieces);
    const cost = costOf(usage, resolvePricing('pricing', PRICES[model]));
    // To the cent per million requests.
    expect(Math.round(cost! * 1e8)).toBe(Math.round(expected * 1e8));
  });
});
