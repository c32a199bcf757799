import { describe, expect, it } from 'vitest';
import { measurePrompt, tokensOf } from '../../src/chat/prompt-size.js';
import { estimatePromptTokens, PromptCalibration, PromptEstimate } from '../../src/route/prompt-size.js';

const prompt = (content: string, images = 0) => ({
  model: 'm',
  messages: [
    {
      role: 'user',
      content: [
        { type: 'text', text: content },
        ...Array.from({ length: images }, () => ({ type: 'image_url', image_url: { url: 'https://e.test/i.png' } })),
      ],
    },
  ],
});

describe('the prompt estimate', () => {
  it('counts UTF-8 bytes: 3,200 Chinese characters are about 2,400 tokens, not 800', () => {
    expect(estimatePromptTokens(prompt('的'.repeat(3_200)) as never)).toBe(Math.ceil(9_600 / 3.8) + 4);
  });

  it('counts images apart', () => {
    expect(measurePrompt(prompt('abcd', 2) as never)).toEqual({ bytes: 4, fixedTokens: 4 + 2 * 765, images: 2 });
  });

  it('adapts with each response by 5 %', () => {
    const calibration = new PromptCalibration();
    const size = { bytes: 10_000, fixedTokens: 4, images: 0 };
    calibration.learn('e', size, 5_004);
    expect(calibration.bytesPerToken('e')).toBeCloseTo(3.8 + 0.05 * (2 - 3.8), 12);
    for (let i = 0; i < 100; i++) calibration.learn('e', size, 5_004);
    expect(Math.abs(tokensOf(size, calibration.bytesPerToken('e')) / 5_004 - 1)).toBeLessThan(0.02);
    expect(calibration.bytesPerToken('other')).toBe(3.8);
  });

  it.each([
    ['no usage', { bytes: 1_000, fixedTokens: 4, images: 0 }, undefined],
    ['images', { bytes: 1_000, fixedTokens: 769, images: 1 }, 10],
    ['no text', { bytes: 0, fixedTokens: 4, images: 0 }, 10],
    ['a count below the frame', { bytes: 1_000, fixedTokens: 4, images: 0 }, 3],
  ])('ignores %s', (_, size, tokens) => {
    const calibration = new PromptCalibration();
    calibration.learn('e', size, tokens);
    expect(calibration.bytesPerToken('e')).toBe(3.8);
  });

  it('lets neither invalid counts nor a short prompt change the mean much', () => {
    const calibration = new PromptCalibration();
    calibration.learn('e', { bytes: 2, fixedTokens: 4, images: 0 }, 6);
    expect(calibration.bytesPerToken('e')).toBeGreaterThan(3.79);
    for (let i = 0; i < 500; i++) calibration.learn('e', { bytes: 1e6, fixedTokens: 0, images: 0 }, 1);
    expect(calibration.bytesPerToken('e')).toBeLessThanOrEqual(16);
  });

  it('measures once, and uses a given count unchanged', () => {
    const calibration = new PromptCalibration();
    const estimate = new PromptEstimate(prompt('x'.repeat(380)) as never, { calibration });
    estimate.learn('e', 50);
    expect(calibration.bytesPerToken('e')).toBe(3.8);
    expect(estimate.tokensAt('e')).toBe(104);
    estimate.learn('e', 194);
    expect(estimate.tokensAt('e')).toBeGreaterThan(104);
    expect(new PromptEstimate(prompt('x') as never, { calibration, promptTokens: 7 }).tokensAt('e')).toBe(7);
  });
});
