import { describe, expect, it } from 'vitest';
import { hasDeltaContent } from '../../src/chat/delta-content.js';
import { StreamProgress } from '../../src/chat/stream-progress.js';

type ChunkFields = readonly [content: string, reason: string | null, index?: number];

function after(...chunks: ChunkFields[]): { complete: boolean; certain: boolean } {
  const progress = new StreamProgress();
  for (const [content, finish_reason, index = 0] of chunks) {
    progress.observe({ choices: [{ index, delta: { content }, finish_reason }] });
  }
  return { complete: progress.complete, certain: progress.certain };
}

describe('a stream is complete', () => {
  it.each<[string, ChunkFields[], boolean, boolean]>([
    ['not without a finish reason', [['a', null]], false, false],
    [
      'with one of its own',
      [
        ['a', null],
        ['', 'stop'],
      ],
      true,
      true,
    ],
    [
      'with one beside the last text',
      [
        ['a', null],
        ['b', 'stop'],
      ],
      true,
      true,
    ],
    ['in doubt with one beside the first text', [['a', 'stop']], true, false],
    [
      'in doubt with one in every chunk',
      [
        ['a', 'stop'],
        ['b', 'stop'],
      ],
      true,
      false,
    ],
    [
      'not if text follows',
      [
        ['a', null],
        ['', 'stop'],
        ['b', null],
      ],
      false,
      false,
    ],
    [
      'in doubt where it ended twice',
      [
        ['a', null],
        ['', 'stop'],
        ['b', null],
        ['', 'stop'],
      ],
      true,
      false,
    ],
    [
      'still where only empty deltas follow',
      [
        ['a', null],
        ['', 'stop'],
        ['', null],
      ],
      true,
      true,
    ],
    [
      'not before every choice is',
      [
        ['a', null],
        ['b', null, 1],
        ['', 'stop'],
      ],
      false,
      false,
    ],
    [
      'where every choice is',
      [
        ['a', null],
        ['b', null, 1],
        ['', 'stop'],
        ['', 'stop', 1],
      ],
      true,
      true,
    ],
    [
      'in doubt where one choice is',
      [
        ['a', null],
        ['b', 'stop', 1],
        ['', 'stop'],
      ],
      true,
      false,
    ],
    ['not before it begins', [], false, false],
  ])('%s', (_when, chunks, complete, certain) => {
    expect(after(...chunks)).toEqual({ complete, certain });
  });

  it('still with usage behind it', () => {
    const progress = new StreamProgress();
    progress.observe({ choices: [{ index: 0, delta: { content: 'a' }, finish_reason: null }] });
    progress.observe({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] });
    progress.observe({ choices: [], usage: { total_tokens: 1 } });
    expect(progress).toMatchObject({ complete: true, certain: true, advanced: true });
  });
});

describe('a delta has content', () => {
  it.each([
    [{ content: 'a' }, true],
    [{ reasoning: 'a' }, true],
    [{ tool_calls: [{ index: 0, id: 'x' }] }, true],
    [{ audio: { data: 'AAAA' } }, true],
    [{}, false],
    [null, false],
    [{ role: 'assistant', content: '', refusal: null }, false],
    [{ content: '', tool_calls: [], reasoning_content: null, audio: {} }, false],
    [{ tool_calls: [{ index: 0, type: 'function', function: { name: '', arguments: '' } }] }, false],
    [{ reasoning_details: [{ type: 'reasoning.text', text: '', index: 0 }] }, false],
  ])('%o: %s', (delta, expected) => {
    expect(hasDeltaContent(delta)).toBe(expected);
  });
});
