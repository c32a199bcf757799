import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/util/json-object.js';
import { asJson } from './gemini-cases.js';
import { USER, exchange, body, parts, refused } from './gemini-given.js';

describe('messages', () => {
  it('keep late system messages, in order', () => {
    const sent = body({
      messages: [USER, { role: 'system', content: [{ type: 'text', text: 'A' }] }, { role: 'developer', content: 'B' }],
    });
    expect(sent['systemInstruction']).toEqual({ parts: [{ text: 'A' }, { text: 'B' }] });
  });

  it('are merged across an assistant message without content', () => {
    const sent = body({ messages: [USER, { role: 'assistant', content: '' }, { role: 'user', content: 'there' }] });
    expect(sent['contents']).toEqual([{ role: 'user', parts: [{ text: 'Hi' }, { text: 'there' }] }]);
  });

  it('omit empty texts and keep white space', () => {
    expect(
      parts([
        { type: 'text', text: '' },
        { type: 'text', text: ' a ' },
        { type: 'text', text: '\n' },
      ]),
    ).toEqual([{ text: ' a ' }, { text: '\n' }]);
  });

  it('have a refusal in place of missing content', () => {
    const refusal = { role: 'assistant', content: null, refusal: 'No.' };
    const both = { role: 'assistant', content: [{ type: 'refusal', refusal: 'Never.' }], refusal: 'No.' };
    const made = exchange({ messages: [USER, refusal, USER, both] });
    const contents = asJson(made.body)['contents'] as JsonObject[];
    expect(contents.filter(({ role }) => role === 'model').map(({ parts }) => parts)).toEqual([
      [{ text: 'No.' }],
      [{ text: 'Never.' }],
    ]);
    expect(made.dropped).toEqual(['messages[3].refusal']);
  });

  it('lose their names, which is reported', () => {
    const made = exchange({
      messages: [
        { role: 'system', content: 'x', name: 's' },
        { ...USER, name: 'u' },
      ],
    });
    expect(made.dropped).toEqual(['messages[0].name', 'messages[1].name']);
    expect(JSON.stringify(made.body)).not.toContain('name');
  });

  const wrong: [what: string, messages: JsonObject[], param: string][] = [
    ['only system messages', [{ role: 'system', content: 'x' }], 'messages'],
    ['an empty user message', [{ role: 'user', content: '' }], 'messages[0].content'],
    ['a user message without parts', [USER, { role: 'user', content: [] }], 'messages[1].content'],
    ['earlier audio', [USER, { role: 'assistant', audio: { id: 'a' } }], 'messages[1].audio'],
    ['a part that is not known', [{ role: 'user', content: [{ type: 'poll' }] }], 'messages[0].content[0]'],
    ['an image of the system', [{ role: 'system', content: [{ type: 'image_url' }] }], 'messages[0].content[0]'],
    [
      'a file id',
      [{ role: 'user', content: [{ type: 'file', file: { file_id: 'file-1' } }] }],
      'messages[0].content[0].file.file_id',
    ],
    ['a file of nothing', [{ role: 'user', content: [{ type: 'file', file: {} }] }], 'messages[0].content[0].file'],
    ['a response to no call', [USER, { role: 'tool', tool_call_id: 'x', content: '' }], 'messages[1].tool_call_id'],
    ['a response to no function', [USER, { role: 'function', name: 'f', content: '' }], 'messages[1].name'],
  ];
  it.each(wrong)('are refused with %s', (_what, messages, param) => {
    expect(refused({ messages })).toBe(param);
  });
});
