import { describe, expect, it } from 'vitest';
import { tokenCountsOf } from '../../src/chat/token-counts.js';
import { costOf, normaliseUsage } from '../../src/chat/usage.js';
import { resolvePricing } from '../../src/route/pricing-options.js';

/** USD per million tokens, as the providers' price pages state them. */
const PRICES = {
  'claude-haiku-4-5': { prompt: 1, completion: 5, cacheRead: 0.1, cacheWrite: 1.25, cacheWrite1h: 2 },
  'gpt-5-mini': { prompt: 0.25, cacheRead: 0.025, completion: 2 },
  'gpt-5 (priority)': { prompt: 2.5, cacheRead: 0.25, completion: 20 },
  'gpt-audio': { prompt: 2.5, completion: 10, audio: 32, audioOutput: 64 },
  'gemini-2.5-flash': { prompt: 0.3, completion: 2.5, cacheRead: 0.03, audio: 1, audioCacheRead: 0.1 },
  'grok-4': { prompt: 3, cacheRead: 0.75, completion: 15 },
  'mistral-large': { prompt: 2, cacheRead: 0.2, completion: 6 },
  'qwen-plus': {
    prompt: 0.4,
    completion: 1.2,
    cacheRead: 0.04,
    cacheWrite: 0.5,
    tiers: [{ above: 256_000, prompt: 1.2, completion: 3.6 }],
  },
  'kimi-k2': { prompt: 0.6, cacheRead: 0.15, completion: 2.5 },
  'deepseek-reasoner': { prompt: 0.28, cacheRead: 0.028, completion: 0.42 },
  'gpt-oss-120b': { prompt: 0.15, cacheRead: 0.075, completion: 0.6 },
  'sonar-deep-research': { prompt: 2, completion: 8, reasoning: 3, webSearch: 0.005 },
} as const;

/** `[tokens, USD per million of them]`, as somebody reads them off the usage and the price page. */
type BillLine = readonly [tokens: number, price: number];

interface Case {
  readonly it: string;
  readonly model: keyof typeof PRICES;
  readonly usage: object;
  readonly bill: readonly BillLine[];
  /** USD that are charged by the piece. */
  readonly pieces?: number;
}

/** The same count under several names, or in a place of the provider's own. */
const CACHED: readonly Case[] = [
  {
    it: 'Mistral: its own name for cached tokens',
    model: 'mistral-large',
    usage: { prompt_tokens: 1_013, total_tokens: 1_043, completion_tokens: 30, num_cached_tokens: 1_008 },
    bill: [
      [5, 2],
      [1_008, 0.2],
      [30, 6],
    ],
  },
  {
    it: 'Mistral: details in the singular',
    model: 'mistral-large',
    usage: {
      prompt_tokens: 801,
      completion_tokens: 2,
      total_tokens: 803,
      prompt_audio_seconds: null,
      prompt_token_details: { cached_tokens: 768 },
    },
    bill: [
      [33, 2],
      [768, 0.2],
      [2, 6],
    ],
  },
  {
    it: 'Mistral: one name is filled, the other is 0',
    model: 'mistral-large',
    usage: {
      prompt_tokens: 801,
      completion_tokens: 2,
      total_tokens: 803,
      num_cached_tokens: 768,
      prompt_tokens_details: { cached_tokens: 0 },
    },
    bill: [
      [33, 2],
      [768, 0.2],
      [2, 6],
    ],
  },
  {
    it: 'a proxy that fills OpenAI’s details with 0 beside Anthropic’s counts',
    model: 'claude-haiku-4-5',
    usage: {
      prompt_tokens: 5_000,
      completion_tokens: 40,
      total_tokens: 5_040,
      prompt_tokens_details: { cached_tokens: 0, cache_write_tokens: 0 },
      cache_read_input_tokens: 4_000,
      cache_creation_input_tokens: 900,
    },
    bill: [
      [100, 1],
      [4_000, 0.1],
      [900, 1.25],
      [40, 5],
    ],
  },
  {
    it: 'Qwen: a write, counted in the details of the prompt',
    model: 'qwen-plus',
    usage: {
      prompt_tokens: 2_059,
      completion_tokens: 201,
      total_tokens: 2_260,
      prompt_tokens_details: {
        cached_tokens: 0,
        text_tokens: 2_059,
        cache_type: 'ephemeral',
        cache_creation_input_tokens: 2_048,
        cache_creation: { ephemeral_5m_input_tokens: 2_048 },
      },
      completion_tokens_details: { reasoning_tokens: 170, text_tokens: 31 },
    },
    bill: [
      [11, 0.4],
      [2_048, 0.5],
      [201, 1.2],
    ],
  },
  {
    it: 'Qwen: a read and a write of a long prompt',
    model: 'qwen-plus',
    usage: {
      prompt_tokens: 300_000,
      completion_tokens: 100,
      total_tokens: 300_100,
      prompt_tokens_details: { cached_tokens: 250_000, cache_creation: { ephemeral_5m_input_tokens: 49_000 } },
    },
    bill: [
      [1_000, 1.2],
      [250_000, 0.12],
      [49_000, 1.5],
      [100, 3.6],
    ],
  },
  {
    it: 'writes for an hour in the details of the prompt',
    model: 'claude-haiku-4-5',
    usage: {
      prompt_tokens: 2_000,
      completion_tokens: 1,
      total_tokens: 2_001,
      prompt_tokens_details: {
        cached_tokens: 0,
        cache_creation_input_tokens: 1_500,
        cache_creation: { ephemeral_5m_input_tokens: 500, ephemeral_1h_input_tokens: 1_000 },
      },
    },
    bill: [
      [500, 1],
      [500, 1.25],
      [1_000, 2],
      [1, 5],
    ],
  },
  {
    it: 'a proxy whose cached tokens are the sum of reads and writes: a write',
    model: 'claude-haiku-4-5',
    usage: {
      prompt_tokens: 7_039,
      completion_tokens: 650,
      total_tokens: 7_689,
      prompt_tokens_details: {
        cached_tokens: 7_019,
        cache_creation_input_tokens: 7_019,
        cache_read_input_tokens: 0,
      },
    },
    bill: [
      [20, 1],
      [7_019, 1.25],
      [650, 5],
    ],
  },
  {
    it: 'a proxy whose cached tokens are the sum of reads and writes: a read',
    model: 'claude-haiku-4-5',
    usage: {
      prompt_tokens: 7_042,
      completion_tokens: 572,
      total_tokens: 7_614,
      prompt_tokens_details: {
        audio_tokens: 0,
        cached_tokens: 7_019,
        cache_creation_input_tokens: 0,
        cache_read_input_tokens: 7_019,
      },
    },
    bill: [
      [23, 1],
      [7_019, 0.1],
      [572, 5],
    ],
  },
  {
    it: 'Moonshot: beside the sums',
    model: 'kimi-k2',
    usage: { prompt_tokens: 3_000, completion_tokens: 12, total_tokens: 3_012, cached_tokens: 2_816 },
    bill: [
      [184, 0.6],
      [2_816, 0.15],
      [12, 2.5],
    ],
  },
  {
    it: 'DeepSeek: in its own names and OpenAI’s',
    model: 'deepseek-reasoner',
    usage: {
      prompt_tokens: 1_000,
      completion_tokens: 900,
      total_tokens: 1_900,
      prompt_tokens_details: { cached_tokens: 640 },
      completion_tokens_details: { reasoning_tokens: 850 },
      prompt_cache_hit_tokens: 640,
      prompt_cache_miss_tokens: 360,
    },
    bill: [
      [360, 0.28],
      [640, 0.028],
      [900, 0.42],
    ],
  },
  {
    it: 'Groq: with its times',
    model: 'gpt-oss-120b',
    usage: {
      queue_time: 0.03,
      prompt_tokens: 4_641,
      prompt_time: 0.009,
      completion_tokens: 1_817,
      completion_time: 2.66,
      total_tokens: 6_458,
      total_time: 2.67,
      prompt_tokens_details: { cached_tokens: 4_608 },
      completion_tokens_details: { reasoning_tokens: 1_200 },
    },
    bill: [
      [33, 0.15],
      [4_608, 0.075],
      [1_817, 0.6],
    ],
  },
  {
    it: 'OpenRouter: its own sum of money is not what the operator’s price list says',
    model: 'claude-haiku-4-5',
    usage: {
      prompt_tokens: 4_000,
      completion_tokens: 100,
      total_tokens: 4_100,
      cost: 0.00095,
      is_byok: false,
      cost_details: { upstream_inference_cost: null },
      prompt_tokens_details: { cached_tokens: 3_000, cache_write_tokens: 500, audio_tokens: 0, video_tokens: 0 },
      completion_tokens_details: { reasoning_tokens: 60, image_tokens: 0 },
    },
    bill: [
      [500, 1],
      [3_000, 0.1],
      [500, 1.25],
      [100, 5],
    ],
  },
  {
    it: 'the Responses API’s names',
    model: 'gpt-5-mini',
    usage: {
      input_tokens: 2_000,
      input_tokens_details: { cached_tokens: 1_536 },
      output_tokens: 300,
      output_tokens_details: { reasoning_tokens: 192 },
      total_tokens: 2_300,
    },
    bill: [
      [464, 0.25],
      [1_536, 0.025],
      [300, 2],
    ],
  },
  {
    it: 'priority processing is an endpoint of its own',
    model: 'gpt-5 (priority)',
    usage: {
      prompt_tokens: 1_200,
      completion_tokens: 50,
      total_tokens: 1_250,
      prompt_tokens_details: { cached_tokens: 1_024, audio_tokens: 0 },
      completion_tokens_details: {
        reasoning_tokens: 0,
        audio_tokens: 0,
        accepted_prediction_tokens: 0,
        rejected_prediction_tokens: 0,
      },
    },
    bill: [
      [176, 2.5],
      [1_024, 0.25],
      [50, 20],
    ],
  },
  {
    it: 'audio both ways, and a transcript',
    model: 'gpt-audio',
    usage: {
      prompt_tokens: 1_100,
      completion_tokens: 260,
      total_tokens: 1_360,
      prompt_tokens_details: { cached_tokens: 0, audio_tokens: 1_000, text_tokens: 100, image_tokens: 0 },
      completion_tokens_details: { audio_tokens: 200, text_tokens: 60, reasoning_tokens: 0 },
    },
    bill: [
      [100, 2.5],
      [1_000, 32],
      [60, 10],
      [200, 64],
    ],
  },
];

/** What stands beside the sums: only the total, or the provider's way of counting, tells. */
const BESIDE: readonly Case[] = [
  {
    it: 'Anthropic’s names: few reads, a long prompt',
    model: 'claude-haiku-4-5',
    usage: { input_tokens: 2_000, cache_read_input_tokens: 800, cache_creation_input_tokens: 100, output_tokens: 50 },
    bill: [
      [2_000, 1],
      [800, 0.1],
      [100, 1.25],
      [50, 5],
    ],
  },
  {
    it: 'Anthropic’s names: writes by lifetime only',
    model: 'claude-haiku-4-5',
    usage: {
      input_tokens: 2_000,
      cache_read_input_tokens: null,
      cache_creation_input_tokens: null,
      cache_creation: { ephemeral_5m_input_tokens: 300, ephemeral_1h_input_tokens: 200 },
      output_tokens: 50,
      service_tier: 'standard',
      server_tool_use: null,
    },
    bill: [
      [2_000, 1],
      [300, 1.25],
      [200, 2],
      [50, 5],
    ],
  },
  {
    it: 'reads and reasoning, both beside',
    model: 'grok-4',
    usage: {
      prompt_tokens: 100,
      completion_tokens: 50,
      total_tokens: 220,
      prompt_tokens_details: { cached_tokens: 40 },
      completion_tokens_details: { reasoning_tokens: 30 },
    },
    bill: [
      [100, 3],
      [40, 0.75],
      [80, 15],
    ],
  },
  {
    it: 'writes beside a prompt that includes the reads',
    model: 'claude-haiku-4-5',
    usage: {
      prompt_tokens: 5_000,
      completion_tokens: 40,
      total_tokens: 5_940,
      cache_read_input_tokens: 4_500,
      cache_creation_input_tokens: 900,
    },
    bill: [
      [500, 1],
      [4_500, 0.1],
      [900, 1.25],
      [40, 5],
    ],
  },
  {
    it: 'reads beside a prompt that includes the writes',
    model: 'claude-haiku-4-5',
    usage: {
      prompt_tokens: 5_000,
      completion_tokens: 40,
      total_tokens: 6_540,
      prompt_tokens_details: { cached_tokens: 1_500, cache_write_tokens: 900 },
    },
    bill: [
      [4_100, 1],
      [1_500, 0.1],
      [900, 1.25],
      [40, 5],
    ],
  },
  {
    it: 'xAI: reasoning beside, as many tokens as were cached',
    model: 'grok-4',
    usage: {
      prompt_tokens: 400,
      completion_tokens: 9,
      total_tokens: 637,
      prompt_tokens_details: { text_tokens: 400, audio_tokens: 0, image_tokens: 0, cached_tokens: 228 },
      completion_tokens_details: {
        reasoning_tokens: 228,
        audio_tokens: 0,
        accepted_prediction_tokens: 0,
        rejected_prediction_tokens: 0,
      },
      num_sources_used: 0,
    },
    bill: [
      [172, 3],
      [228, 0.75],
      [237, 15],
    ],
  },
  {
    it: 'xAI: reasoning inside, as the total says',
    model: 'grok-4',
    usage: {
      prompt_tokens: 125,
      completion_tokens: 48,
      total_tokens: 173,
      prompt_tokens_details: { text_tokens: 125, cached_tokens: 98 },
      completion_tokens_details: { reasoning_tokens: 40 },
    },
    bill: [
      [27, 3],
      [98, 0.75],
      [48, 15],
    ],
  },
  {
    it: 'Gemini’s compatible endpoint: a cached prompt and hidden thoughts',
    model: 'gemini-2.5-flash',
    usage: {
      prompt_tokens: 10_000,
      completion_tokens: 20,
      total_tokens: 10_500,
      prompt_tokens_details: { cached_tokens: 9_000 },
    },
    bill: [
      [1_000, 0.3],
      [9_000, 0.03],
      [500, 2.5],
    ],
  },
  {
    it: 'Vertex’s compatible endpoint: thoughts beside, and by name',
    model: 'gemini-2.5-flash',
    usage: {
      prompt_tokens: 11,
      completion_tokens: 4,
      total_tokens: 115,
      completion_tokens_details: { reasoning_tokens: 100 },
      extra_properties: { google: { traffic_type: 'ON_DEMAND' } },
    },
    bill: [
      [11, 0.3],
      [104, 2.5],
    ],
  },
  {
    it: 'Perplexity: reasoning, citations and searches are not in the total',
    model: 'sonar-deep-research',
    usage: {
      prompt_tokens: 108,
      completion_tokens: 3_256,
      total_tokens: 3_364,
      citation_tokens: 7_299,
      num_search_queries: 74,
      reasoning_tokens: 73_248,
    },
    bill: [
      [108 + 7_299, 2],
      [3_256, 8],
      [73_248, 3],
    ],
    pieces: 0.37,
  },
  {
    it: 'Perplexity: less reasoning than text',
    model: 'sonar-deep-research',
    usage: {
      prompt_tokens: 33,
      completion_tokens: 7_163,
      total_tokens: 7_196,
      citation_tokens: 20_016,
      num_search_queries: 18,
      reasoning_tokens: 5_000,
    },
    bill: [
      [33 + 20_016, 2],
      [7_163, 8],
      [5_000, 3],
    ],
    pieces: 0.09,
  },
  {
    it: 'reasoning at the top level, included in the sums',
    model: 'gpt-oss-120b',
    usage: { prompt_tokens: 100, completion_tokens: 80, total_tokens: 180, reasoning_tokens: 60 },
    bill: [
      [100, 0.15],
      [80, 0.6],
    ],
  },
  {
    it: 'reasoning at the top level, beside the completion',
    model: 'gpt-oss-120b',
    usage: { prompt_tokens: 100, completion_tokens: 80, total_tokens: 240, reasoning_tokens: 60 },
    bill: [
      [100, 0.15],
      [140, 0.6],
    ],
  },
];

const CASES = [...CACHED, ...BESIDE];

describe('costs of usages in the ways that providers count', () => {
  it.each(CASES)('$model, $it', ({ model, usage, bill, pieces = 0 }) => {
    const expected = bill.reduce((sum, [tokens, price]) => sum + (tokens * price) / 1e6, pieces);
    const prices = resolvePricing('pricing', PRICES[model]);
    // To the cent per million requests.
    expect(Math.round(costOf(usage, prices)! * 1e8)).toBe(Math.round(expected * 1e8));
    // Filling in the sums once or twice does not change what the parts are.
    const normalised = normaliseUsage(usage);
    expect(tokenCountsOf(normalised)).toEqual(tokenCountsOf(usage));
    expect(tokenCountsOf(normaliseUsage(normalised))).toEqual(tokenCountsOf(usage));
  });

  it('the sums of Anthropic’s names hold what the cache read and wrote', () => {
    const usage = {
      input_tokens: 2_000,
      cache_read_input_tokens: 800,
      cache_creation_input_tokens: 100,
      output_tokens: 50,
    };
    expect(normaliseUsage(usage)).toMatchObject({ prompt_tokens: 2_900, completion_tokens: 50, total_tokens: 2_950 });
  });
});
