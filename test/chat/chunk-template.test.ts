import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ChunkTemplate } from '../../src/chat/chunk-template.js';

function event(content: string, more: object = {}, delta: object = {}): string {
  return JSON.stringify({
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    created: 1_700_000_000,
    model: 'some/model',
    choices: [{ index: 0, delta: { content, ...delta }, finish_reason: null }],
    ...more,
  });
}

function frameOf(data: string): ChunkTemplate {
  const template = new ChunkTemplate();
  template.set(data);
  return template;
}

/** The value with every text that may differ blanked out. */
function blank(data: string): unknown {
  return JSON.parse(data, (key, value: unknown) =>
    typeof value === 'string' && ['content', 'reasoning', 'reasoning_content', 'obfuscation'].includes(key)
      ? ''
      : value,
  );
}

describe('the frame of an event', () => {
  it('fits the next text, padding and reasoning', () => {
    expect(frameOf(event('Hello')).matches(event(' wörld 🌍 '))).toBe(true);
    expect(frameOf(event('Hello')).matches(event(''))).toBe(true);
    const padded = frameOf(event('Hello', { obfuscation: 'a1' }));
    expect(padded.matches(event('you', { obfuscation: 'b2c3d4' }))).toBe(true);
    const thinking = frameOf(event('', {}, { reasoning_content: 'Hm' }));
    expect(thinking.matches(event('', {}, { reasoning_content: ' so' }))).toBe(true);
  });

  it('fits events with a space behind the colon', () => {
    const spaced = (text: string): string => `{"choices": [{"index": 0, "delta": {"content": "${text}"}}]}`;
    expect(frameOf(spaced('a')).matches(spaced('bcd'))).toBe(true);
  });

  it.each([
    ['a finish reason', event('x').replace('"finish_reason":null', '"finish_reason":"stop"')],
    ['another choice', event('x').replace('"index":0', '"index":1')],
    ['another member', event('x', { error: { message: 'no' } })],
    ['usage', event('x', { usage: { total_tokens: 3 } })],
    ['an escape', event('say "x"')],
    ['a character that JSON forbids in strings', event('x').replace('"x"', '"\t"')],
    ['half an event', event('x').slice(0, -1)],
    ['an event and a half', `${event('x')}}`],
    ['text that does not end', event('x').slice(0, event('x').indexOf('x') + 1)],
    ['nothing', ''],
  ])('does not fit %s', (_what, data) => {
    expect(frameOf(event('Hello')).matches(data)).toBe(false);
  });

  it('is undefined if no chunk was seen, after a reset, and around an empty text', () => {
    expect(new ChunkTemplate().matches(event('x'))).toBe(false);
    expect(new ChunkTemplate().matches('')).toBe(false);
    const template = frameOf(event('x'));
    template.clear();
    expect(template.matches(event('x'))).toBe(false);
    const toolCall = JSON.stringify({ choices: [{ index: 0, delta: { tool_calls: [{ index: 0 }] } }] });
    expect(frameOf(toolCall).matches(toolCall)).toBe(false);
  });

  it('never fits what is not JSON, nor a chunk that differs in more than its text', () => {
    const piece = fc.oneof(
      fc.string({ maxLength: 6 }),
      fc.constantFrom(
        '"',
        '\\',
        '\\"',
        '{',
        '}',
        ':',
        ',',
        'null',
        '"content":"',
        '","content":"',
        '\u0000',
        '\n',
        '"}',
      ),
    );
    const words = fc.oneof(fc.string({ maxLength: 8 }), fc.string({ unit: 'binary', maxLength: 8 }), piece);
    const shape = fc.constantFrom({}, { obfuscation: 'x' }, { content: 'top' }, { logprobs: { content: 'a' } });
    let fitted = 0;
    fc.assert(
      fc.property(words, words, shape, shape, fc.nat(200), fc.nat(12), piece, (a, b, one, other, at, cut, noise) => {
        const learnt = event(a, one);
        const sound = event(b, other);
        const spoilt = sound.slice(0, at) + noise + sound.slice(at + cut);
        const template = frameOf(learnt);
        for (const data of [sound, spoilt]) {
          if (!template.matches(data)) continue;
          fitted++;
          expect(blank(data)).toEqual(blank(learnt));
        }
      }),
      { numRuns: 5_000 },
    );
    expect(fitted).toBeGreaterThan(100);
  });
});
