import * as genaiPrices from '@pydantic/genai-prices';
import { describe, expect, it } from 'vitest';
import { costOf } from '../../src/chat/usage.js';
import { createRegistry } from '../../src/route/registry.js';
import { resolvePricing } from '../../src/route/pricing-options.js';

const tiered = (tier: object) =>
  resolvePricing('pricing', { prompt: 3, completion: 15, cacheRead: 0.3, audio: 9, tiers: [tier] })?.tiers?.[0];

describe('pricing', () => {
  it('lets a tier inherit cache prices by their share of the prompt price', () => {
    expect(tiered({ above: 10, prompt: 6 })).toEqual({
      above: 10,
      prompt: 6,
      completion: 15,
      cacheRead: 0.6,
      audio: 9,
    });
    expect(tiered({ above: 10, prompt: 6, cacheRead: 0.3 })).toMatchObject({ cacheRead: 0.3 });
    expect(tiered({ above: 10, completion: 20 })).toMatchObject({ prompt: 3, completion: 20, cacheRead: 0.3 });
  });

  it('uses the highest tier that the prompt reaches, in whatever order they are written', () => {
    const pricing = resolvePricing('pricing', {
      prompt: 1,
      completion: 0,
      tiers: [
        { above: 100, prompt: 2 },
        { above: 1_000, prompt: 3 },
      ],
    });
    const cost = (prompt_tokens: number) => costOf({ prompt_tokens }, pricing)! * 1e6;
    expect([100, 101, 1_000, 1_001].map((tokens) => Math.round(cost(tokens) / tokens))).toEqual([1, 2, 2, 3]);
  });

  it.each([
    [{ prompt: 1 }, /pricing\.completion must be a number of USD/],
    [{ prompt: 1, completion: 1, cacheRaed: 1 }, /Did you mean "cacheRead"/],
    [{ prompt: 1, completion: 1, cacheRead: -1 }, /pricing\.cacheRead must be a number of USD, 0 or more, got -1/],
    [{ prompt: 1, completion: 1, cacheRead: 0.0000003 }, /pricing\.cacheRead must be USD per million tokens/],
    [{ prompt: 1, completion: 1, tiers: {} }, /pricing\.tiers must be a list/],
    [{ prompt: 1, completion: 1, tiers: [{ prompt: 1 }] }, /pricing\.tiers\[0\]\.above must be a whole number/],
    [{ prompt: 1, completion: 1, tiers: [{ above: 5 }, { above: 5 }] }, /must not use a threshold twice, got 5/],
    [{ prompt: 1, completion: 1, tiers: [{ above: 5, request: 1 }] }, /unknown option "request"/],
  ])('refuses %j', (pricing, message) => expect(() => resolvePricing('pricing', pricing)).toThrow(message));
});

describe('a price catalogue', () => {
  const pricingOf = (model: string, baseUrl: string, priceCatalog: object = genaiPrices) =>
    createRegistry({ priceCatalog: priceCatalog as never, providers: { p: { baseUrl, models: [model] } } }).table
      .endpoints[0]!.pricing;
  const anthropic = 'https://api.anthropic.com/v1';

  it('calculates itself: cached tokens and tiers', () => {
    const pricing = pricingOf('claude-sonnet-4-5', anthropic);
    const agent = { prompt_tokens: 1_000, completion_tokens: 100, prompt_tokens_details: { cached_tokens: 800 } };
    expect(costOf(agent, pricing)).toBeCloseTo(0.00234, 12);
    expect(costOf({ prompt_tokens: 300_000, completion_tokens: 0 }, pricing)).toBeCloseTo(1.8, 12);
    expect(pricing).toMatchObject({ prompt: 3, completion: 15, cacheRead: 0.3, cacheWrite: 3.75, cacheWrite1h: 6 });
  });

  it('gpt-5-mini with 80 % cached costs 60 % of what it cost without', () => {
    const agent = { prompt_tokens: 1_000, completion_tokens: 100, prompt_tokens_details: { cached_tokens: 800 } };
    expect(costOf(agent, pricingOf('gpt-5-mini', 'https://api.openai.com/v1'))).toBeCloseTo(0.00027, 12);
  });

  it('is called without the details that it refuses, and our table is used if it throws', () => {
    const book = {
      calcPrice(usage: Record<string, number>) {
        if (usage['output_reasoning_tokens'] !== undefined) throw new Error('unknown unit');
        if (usage['input_tokens']! > 5_000) throw new Error('no idea');
        const input_price = (usage['input_tokens']! * 1) / 1e6;
        const output_price = (usage['output_tokens']! * 2) / 1e6;
        return { input_price, output_price, total_price: input_price + output_price + 1, model: {} };
      },
    };
    const pricing = pricingOf('m', anthropic, book);
    const usage = { prompt_tokens: 10, completion_tokens: 5, completion_tokens_details: { reasoning_tokens: 2 } };
    expect(costOf(usage, pricing)).toBeCloseTo(1.00002, 12);
    expect(costOf({ prompt_tokens: 6_000, completion_tokens: 0 }, pricing)).toBeCloseTo(0.006, 12);
  });
});
