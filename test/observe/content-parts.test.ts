import { describe, expect, it } from 'vitest';
import { boundedMessages, boundedParts, type ContentMessage } from '../../src/observe/bounded-messages.js';
import { promptContent } from '../../src/observe/message-parts.js';
import { OutputCollector } from '../../src/observe/output-collector.js';

const user = (content: string): ContentMessage => ({ role: 'user', parts: [{ type: 'text', content }] });
const plain = (maxBytes: number) => ({ maxBytes, redact: undefined });

describe('boundedMessages', () => {
  it('is within its bytes and valid JSON for every bound, whatever the characters', () => {
    const messages = ['first', 'a "quoted" \\ line\n', 'слово', '😀😀😀😀', '\u0000\u0001\ud800'].map(user);
    const whole = JSON.stringify(messages);
    for (let maxBytes = 2; maxBytes <= Buffer.byteLength(whole) + 2; maxBytes++) {
      const { json, truncated } = boundedMessages(messages, plain(maxBytes));
      expect(Buffer.byteLength(json)).toBeLessThanOrEqual(maxBytes);
      const parsed = JSON.parse(json) as ContentMessage[];
      // What is kept are the newest ones, the oldest of them perhaps cut.
      expect(messages.slice(messages.length - parsed.length).slice(1)).toEqual(parsed.slice(1));
      expect(truncated).toBe(json !== whole);
    }
  });

  it('keeps messages without parts', () => {
    const messages = [user('a'), { role: 'assistant', parts: [] }];
    expect(JSON.parse(boundedMessages(messages, plain(500)).json)).toEqual(messages);
  });

  it('redacts names, arguments, results and addresses, and keeps ids and types', () => {
    const { json } = boundedParts(
      [
        { type: 'tool_call', id: 'a', name: 'a', arguments: 'a' },
        { type: 'tool_call_response', id: 'a', response: 'a' },
        { type: 'uri', modality: 'a', uri: 'a' },
      ],
      { maxBytes: 1_000, redact: () => '-' },
    );
    expect(JSON.parse(json)).toEqual([
      { type: 'tool_call', id: 'a', name: '-', arguments: '-' },
      { type: 'tool_call_response', id: 'a', response: '-' },
      { type: 'uri', modality: 'a', uri: '-' },
    ]);
  });
});

describe('promptContent', () => {
  it('has each kind of message and part by the conventions’ names, and no bytes of media', () => {
    const { instructions, messages } = promptContent({
      messages: [
        { role: 'developer', content: [{ type: 'text', text: 'rules' }] },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'look' },
            { type: 'image_url', image_url: { url: 'data:image/png;base64,SECRETBYTES' } },
            { type: 'image_url', image_url: { url: 'https://a.example/cat.png' } },
            { type: 'input_audio', input_audio: { data: 'SECRETBYTES', format: 'wav' } },
            { type: 'file', file: { file_id: 'f', file_data: 'SECRETBYTES' } },
          ],
        },
        {
          role: 'assistant',
          reasoning_content: 'hm',
          content: null,
          refusal: 'no',
          tool_calls: [
            { id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } },
            { id: 'd', type: 'custom', custom: { name: 'g', input: 'x' } },
          ],
        },
        { role: 'tool', tool_call_id: 'c', content: [{ type: 'text', text: 'done' }] },
        { role: 'function', name: 'f', content: 'old' },
        { role: 'system', content: 'later' },
      ],
    });
    expect(instructions).toEqual([{ type: 'text', content: 'rules' }]);
    expect(messages).toEqual([
      {
        role: 'user',
        parts: [
          { type: 'text', content: 'look' },
          { type: 'blob', modality: 'image', mime_type: 'image/png' },
          { type: 'uri', modality: 'image', uri: 'https://a.example/cat.png' },
          { type: 'blob', modality: 'audio' },
          { type: 'file', file_id: 'f' },
        ],
      },
      {
        role: 'assistant',
        parts: [
          { type: 'reasoning', content: 'hm' },
          { type: 'refusal', content: 'no' },
          { type: 'tool_call', id: 'c', name: 'f', arguments: '{}' },
          { type: 'tool_call', id: 'd', name: 'g', arguments: 'x' },
        ],
      },
      { role: 'tool', parts: [{ type: 'tool_call_response', id: 'c', response: 'done' }] },
      { role: 'tool', parts: [{ type: 'tool_call_response', response: 'old' }] },
      { role: 'system', parts: [{ type: 'text', content: 'later' }] },
    ]);
    expect(JSON.stringify(messages)).not.toContain('SECRETBYTES');
  });
});

describe('OutputCollector', () => {
  const chunk = (index: number, delta: object, finish_reason: string | null = null) => ({
    choices: [{ index, delta, finish_reason }],
  });

  it('assembles each choice and channel from its pieces', () => {
    const output = new OutputCollector(1_000);
    output.add(chunk(0, { role: 'assistant', content: 'He' }));
    output.add(chunk(1, { reasoning_content: 'th' }));
    output.add(chunk(0, { content: 'llo', audio: { data: 'AAAA' } }, 'stop'));
    output.add(
      chunk(1, {
        reasoning_content: 'ink',
        tool_calls: [{ index: 0, id: 'c', function: { name: 'f', arguments: '{"a' } }],
      }),
    );
    output.add(chunk(1, { tool_calls: [{ index: 0, function: { arguments: '":1}' } }] }, 'tool_calls'));
    output.end();
    expect(output.partial).toBe(false);
    expect(output.messages()).toEqual([
      { role: 'assistant', finish_reason: 'stop', parts: [{ type: 'text', content: 'Hello' }] },
      {
        role: 'assistant',
        finish_reason: 'tool_calls',
        parts: [
          { type: 'reasoning', content: 'think' },
          { type: 'tool_call', id: 'c', name: 'f', arguments: '{"a":1}' },
        ],
      },
    ]);
  });

  it('stops at its bound, and is partial then, at whatever end', () => {
    const output = new OutputCollector(10);
    for (let piece = 0; piece < 50; piece++) output.add(chunk(0, { content: 'abcd' }));
    output.end();
    expect(output.messages()[0]!.parts).toEqual([{ type: 'text', content: 'abcdabcd' }]);
    expect([output.truncated, output.partial]).toEqual([true, true]);
  });

  it('ignores what is no chunk', () => {
    const output = new OutputCollector(10);
    for (const value of [null, 'a', {}, { choices: 'a' }, { choices: [null, 1, { index: -1 }] }]) output.add(value);
    expect(output.messages()).toEqual([]);
  });
});
