import { describe, expect, it } from 'vitest';
import { normaliseCompletion } from '../../src/chat/normalise-completion.js';

const message = { role: 'assistant', content: 'x' };

function normalised(...choices: object[]): { changed: boolean; choices: Record<string, unknown>[] } {
  const value = { choices: structuredClone(choices) as Record<string, unknown>[] };
  return { changed: normaliseCompletion(value), choices: value.choices };
}

describe('normaliseCompletion', () => {
  it.each([
    [[null], [0]],
    [[undefined], [0]],
    [['0'], [0]],
    [
      [null, null],
      [0, 1],
    ],
    [
      [0, 0],
      [0, 1],
    ],
    [
      [1, 0],
      [1, 0],
    ],
  ])('numbers choices with the indices %o as %o', (given, expected) => {
    const { choices } = normalised(...given.map((index) => ({ index, message, finish_reason: 'stop' })));
    expect(choices.map(({ index }) => index)).toEqual(expected);
  });

  it('does not change OpenAI’s form', () => {
    const choice = { index: 0, message: { ...message, tool_calls: null }, finish_reason: 'stop' };
    expect(normalised(choice)).toEqual({ changed: false, choices: [choice] });
  });

  it('writes null for an empty finish reason', () => {
    expect(normalised({ index: 0, message, finish_reason: '' }).choices[0]).toMatchObject({ finish_reason: null });
  });

  it.each(['length', 'content_filter', 'max_tokens'])('treats no message as an empty one after %s', (reason) => {
    expect(normalised({ index: 0, finish_reason: reason }).choices[0]).toMatchObject({
      message: { role: 'assistant', content: '' },
    });
  });

  it('treats no message as missing after stop', () => {
    expect(normalised({ index: 0, finish_reason: 'stop' })).toEqual({
      changed: false,
      choices: [{ index: 0, finish_reason: 'stop' }],
    });
  });

  it('writes arguments as text and completes the type of calls', () => {
    const calls = [
      { id: 'a', type: '', function: { name: 'f', arguments: { city: 'Oslo' } } },
      { id: 'b', index: null, custom: { name: 'sh', input: 'ls' } },
    ];
    const { choices } = normalised({
      index: 0,
      message: { ...message, tool_calls: calls },
      finish_reason: 'tool_calls',
    });
    expect(choices[0]!['message']).toMatchObject({
      tool_calls: [
        { id: 'a', type: 'function', function: { name: 'f', arguments: '{"city":"Oslo"}' } },
        { id: 'b', index: 1, type: 'custom', custom: { name: 'sh', input: 'ls' } },
      ],
    });
  });

  it.each([{}, { choices: null }, { choices: [null, 7] }, { choices: [{ index: 1e9, message }] }])(
    'does not change %o, which is no completion',
    (value) => {
      const before = structuredClone(value);
      expect(normaliseCompletion(value)).toBe(false);
      expect(value).toEqual(before);
    },
  );
});
