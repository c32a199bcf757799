import { describe, expect, it } from 'vitest';
import { completion, piece } from './gemini-read.js';

describe('usage', () => {
  const usage = (usageMetadata: unknown) =>
    completion({ ...piece([{ text: 'a' }], { finishReason: 'STOP' }), usageMetadata }).usage;

  it('counts what tools put into the prompt, and audio by itself', () => {
    expect(
      usage({
        promptTokenCount: 10,
        toolUsePromptTokenCount: 5,
        candidatesTokenCount: 2,
        thoughtsTokenCount: 3,
        promptTokensDetails: [
          { modality: 'AUDIO', tokenCount: 4 },
          { modality: 'TEXT', tokenCount: 6 },
          { modality: 'AUDIO', tokenCount: 1 },
        ],
        candidatesTokensDetails: [{ modality: 'AUDIO', tokenCount: 2 }],
      }),
    ).toEqual({
      prompt_tokens: 15,
      completion_tokens: 5,
      total_tokens: 20,
      prompt_tokens_details: { cached_tokens: 0, audio_tokens: 5 },
      completion_tokens_details: { reasoning_tokens: 3, audio_tokens: 2 },
    });
  });

  it.each([undefined, null, {}, { trafficType: 'ON_DEMAND' }, 'x'])('%j counts nothing', (metadata) => {
    expect(usage(metadata)).toBeUndefined();
  });

  it('ignores invalid counts and keeps its sums', () => {
    const read = usage({
      promptTokenCount: -1,
      cachedContentTokenCount: 7,
      candidatesTokenCount: 1.5,
      thoughtsTokenCount: '9',
    });
    expect(read).toMatchObject({
      prompt_tokens: 0,
      completion_tokens: 0,
      total_tokens: 0,
      prompt_tokens_details: { cached_tokens: 0 },
    });
  });
});
