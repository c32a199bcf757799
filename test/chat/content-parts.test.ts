import { expect, it } from 'vitest';
import { assembleCompletion } from '../../src/chat/assemble.js';
import { flattenContent } from '../../src/chat/content-parts.js';
import { splitCompletion } from '../../src/chat/split.js';

const text = (words: string): object => ({ type: 'text', text: words });
const thinking = (words: string, more: object = {}): object => ({ type: 'thinking', thinking: [text(words)], ...more });
const reference = { type: 'reference', reference_ids: [1, 2] };

const cases: readonly [string, object, object][] = [
  ['text', { content: [text('a'), text('b')] }, { content: 'ab' }],
  ['bare strings', { content: ['a', 'b'] }, { content: 'ab' }],
  ['one part without a list', { content: text('a') }, { content: 'a' }],
  ['an empty list', { content: [] }, { content: null }],
  ['an empty text', { content: [text('')] }, { content: '' }],
  ['the text object of assistants', { content: [{ type: 'text', text: { value: 'a' } }] }, { content: 'a' }],
  ['thinking', { content: [thinking('hm')] }, { content: null, reasoning_content: 'hm' }],
  [
    'thinking as a text',
    { content: [{ type: 'thinking', thinking: 'hm' }] },
    { content: null, reasoning_content: 'hm' },
  ],
  [
    'thinking beside reasoning',
    { reasoning_content: 'so ', content: [thinking('hm'), text('a')] },
    { content: 'a', reasoning_content: 'so hm' },
  ],
  [
    'signed thinking',
    { content: [{ type: 'thinking', thinking: 'hm', signature: 'S' }, text('a')] },
    {
      content: 'a',
      reasoning_content: 'hm',
      thinking_blocks: [{ type: 'thinking', thinking: 'hm', signature: 'S' }],
    },
  ],
  [
    'reasoning as a summary, encrypted',
    {
      content: [
        { type: 'reasoning', summary: [{ type: 'summary_text', text: 'hm' }], encrypted_content: 'E' },
        text('a'),
      ],
    },
    {
      content: 'a',
      reasoning_content: 'hm',
      thinking_blocks: [{ type: 'reasoning', summary: [{ type: 'summary_text', text: 'hm' }], encrypted_content: 'E' }],
    },
  ],
  [
    'redacted thinking',
    { content: [{ type: 'redacted_thinking', data: 'x' }] },
    { content: null, thinking_blocks: [{ type: 'redacted_thinking', data: 'x' }] },
  ],
  [
    'references',
    { content: [text('See '), reference, text(' for more')] },
    { content: 'See  for more', content_parts: [reference] },
  ],
  [
    'references within thinking',
    { content: [{ type: 'thinking', thinking: [text('hm'), reference] }] },
    { content: null, reasoning_content: 'hm', content_parts: [reference] },
  ],
  [
    'annotated text',
    { content: [{ type: 'output_text', text: 'a', annotations: [{ type: 'url_citation' }] }] },
    { content: 'a', annotations: [{ type: 'url_citation' }] },
  ],
  [
    'text with members of its own',
    { content: [{ type: 'text', text: 'a', citations: ['x'] }] },
    { content: 'a', content_parts: [{ type: 'text', citations: ['x'] }] },
  ],
  ['a refusal', { content: [{ type: 'refusal', refusal: 'No.' }] }, { content: null, refusal: 'No.' }],
  [
    'an image',
    { content: [{ type: 'image_url', image_url: { url: 'data:' } }] },
    { content: null, content_parts: [{ type: 'image_url', image_url: { url: 'data:' } }] },
  ],
];

it.each(cases)('makes OpenAI’s form of %s', (_what, given, expected) => {
  const said = { ...given };
  expect(flattenContent(said)).toBe(true);
  expect(said).toEqual(expected);
});

it.each([{ content: 'a' }, { content: null }, { content: 7 }, {}])('does not change %o', (given) => {
  const said = { ...given };
  expect(flattenContent(said)).toBe(false);
  expect(said).toEqual(given);
});

it.each(cases)('a whole response with %s is split and put together again without loss', (_what, given, expected) => {
  const message = { role: 'assistant', ...given } as { role: string; content: null };
  const chunks = splitCompletion({ choices: [{ index: 0, message, finish_reason: 'stop' }] }, { includeUsage: false });
  expect(JSON.stringify(chunks)).not.toContain('"content":[');
  // A text that is empty and none at all are the same to the reader of a stream.
  const whole = Object.fromEntries(Object.entries(expected).filter(([key, value]) => key !== 'content' || value));
  expect(assembleCompletion(chunks).choices[0]!.message).toMatchObject(whole);
});

it('pieces of parts are put together', () => {
  const parts = [[thinking('Let me ')], [thinking('think.')], 'The ', [text('response')], [reference]];
  const chunks = parts.map((content) => ({ choices: [{ index: 0, delta: { content: content as string } }] }));
  const frozen = structuredClone(chunks);
  expect(assembleCompletion(chunks).choices[0]!.message).toMatchObject({
    content: 'The response',
    reasoning_content: 'Let me think.',
    content_parts: [reference],
  });
  expect(chunks).toEqual(frozen);
});
