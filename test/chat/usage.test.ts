import { describe, expect, it } from 'vitest';
import { costOf, normaliseUsage } from '../../src/chat/usage.js';

describe('normaliseUsage', () => {
  const cases = [
    { it: 'keeps what is whole', usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 }, sums: [3, 2, 5] },
    { it: 'adds a missing total', usage: { prompt_tokens: 3, completion_tokens: 2 }, sums: [3, 2, 5] },
    { it: 'finds a missing part by the total', usage: { prompt_tokens: 3, total_tokens: 5 }, sums: [3, 2, 5] },
    { it: 'reads other names', usage: { input_tokens: 3, output_tokens: 2 }, sums: [3, 2, 5] },
    {
      it: 'reads nonsense as 0',
      usage: { prompt_tokens: 3, completion_tokens: '2', total_tokens: -1 },
      sums: [3, 0, 3],
    },
  ];
  it.each(cases)('$it', ({ usage, sums }) => {
    const counted = normaliseUsage(usage);
    expect([counted?.prompt_tokens, counted?.completion_tokens, counted?.total_tokens]).toEqual(sums);
  });

  it('keeps the details', () => {
    const details = { cached_tokens: 1 };
    expect(normaliseUsage({ prompt_tokens: 3, prompt_tokens_details: details })?.['prompt_tokens_details']).toBe(
      details,
    );
  });

  it.each([undefined, null, 7, 'x', [], {}, { cost: 1 }])('finds nothing counted in %j', (usage) => {
    expect(normaliseUsage(usage)).toBeUndefined();
  });
});

describe('costOf', () => {
  const prices = { prompt: 0.25, completion: 2, request: 0.001, image: 0.01 };

  it('prices tokens by the million, requests and images by the piece', () => {
    expect(costOf({ prompt_tokens: 1_000_000, completion_tokens: 500_000 }, prices, 2)).toBeCloseTo(
      0.25 + 1 + 0.001 + 0.02,
      12,
    );
  });

  it('does not guess without usage or prices', () => {
    expect(costOf(undefined, prices)).toBeUndefined();
    expect(costOf({ prompt_tokens: 1 }, undefined)).toBeUndefined();
  });
});
