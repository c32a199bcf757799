import { describe, expect, it } from 'vitest';
import { readStream, OK } from './bedrock-cases.js';
import {
  format,
  usage,
  exchange,
  textBlock,
  toolBlock,
  reasoningBlock,
  streamOf,
  bodyOf,
  both,
  type Block,
} from './bedrock-read.js';

describe('a response and a stream have the same content', () => {
  it('of text', () => {
    expect(both([textBlock('Hel', 'lo')], 'end_turn')).toEqual({
      message: { role: 'assistant', content: 'Hello', refusal: null },
      finish_reason: 'stop',
    });
  });

  it('of reasoning, text and parallel calls', () => {
    const tools = [{ type: 'function', function: { name: 'mcp.get' } }];
    const blocks = [
      reasoningBlock('Hm', 'SIG'),
      textBlock('See.'),
      toolBlock('c1', 'mcp_get', '{"a"', ':1}'),
      toolBlock('c2', 'mcp_get'),
    ];
    expect(both(blocks, 'tool_use', { tools })).toEqual({
      message: {
        role: 'assistant',
        content: 'See.',
        refusal: null,
        reasoning: 'Hm',
        reasoning_content: 'Hm',
        reasoning_details: [
          { type: 'reasoning.text', text: 'Hm', signature: 'SIG', format: 'anthropic-claude-v1', index: 0 },
        ],
        tool_calls: [
          { id: 'c1', type: 'function', function: { name: 'mcp.get', arguments: '{"a":1}' } },
          { id: 'c2', type: 'function', function: { name: 'mcp.get', arguments: '{}' } },
        ],
      },
      finish_reason: 'tool_calls',
    });
  });

  it('of redacted reasoning, and of reasoning that is excluded but for its signature', () => {
    const redacted: Block = {
      whole: { reasoningContent: { redactedContent: 'ENC' } },
      deltas: [{ reasoningContent: { redactedContent: 'ENC' } }],
    };
    expect(both([redacted, textBlock('x')], 'end_turn').message['reasoning_details']).toEqual([
      { type: 'reasoning.encrypted', data: 'ENC', format: 'anthropic-claude-v1', index: 0 },
    ]);
    const excluded = exchange({ reasoning: { exclude: true } });
    const read = readStream(excluded, streamOf([reasoningBlock('Hm', 'SIG'), textBlock('x')], 'end_turn'), format);
    expect(JSON.stringify(read.message)).not.toContain('Hm');
    expect(read.message).toMatchObject({ reasoning_details: [{ signature: 'SIG' }] });
  });

  it('of the JSON that a forced tool stands for, without the text before it', () => {
    const schema = { type: 'object', properties: {}, additionalProperties: true };
    const request = { response_format: { type: 'json_schema', json_schema: { name: 'p', schema } } };
    const blocks = [textBlock('<thinking>'), toolBlock('c', 'p', '{"a"', ':1}')];
    expect(both(blocks, 'tool_use', request)).toEqual({
      message: { role: 'assistant', content: '{"a":1}', refusal: null },
      finish_reason: 'stop',
    });
    expect(both([textBlock('I ', 'cannot.')], 'end_turn', request).message['content']).toBe('I cannot.');
    expect(both(blocks, 'max_tokens', request).finish_reason).toBe('length');
  });

  it('of a free-text tool', () => {
    const tools = [{ type: 'custom', custom: { name: 'sh' } }];
    expect(both([toolBlock('c', 'sh', '{"input":"l', 's\\n"}')], 'tool_use', { tools }).message['tool_calls']).toEqual([
      { id: 'c', type: 'custom', custom: { name: 'sh', input: 'ls\n' } },
    ]);
  });

  it('of the deprecated functions', () => {
    const functions = [{ name: 'f' }];
    expect(both([toolBlock('c', 'f', '{"a":1}'), toolBlock('d', 'f')], 'tool_use', { functions })).toMatchObject({
      message: { function_call: { name: 'f', arguments: '{"a":1}' } },
      finish_reason: 'function_call',
    });
  });

  it('of an image, and of tools that the provider ran itself', () => {
    const image = { image: { format: 'png', source: { bytes: 'QUJD' } } };
    const server: Block = {
      whole: { toolUse: { toolUseId: 's', name: 'web', input: {}, type: 'server_tool_use' } },
      start: { toolUse: { toolUseId: 's', name: 'web', type: 'server_tool_use' } },
      deltas: [{ toolUse: { input: '{}' } }],
    };
    expect(both([server, { whole: image, deltas: [image] }, textBlock('x')], 'end_turn')).toEqual({
      message: {
        role: 'assistant',
        content: 'x',
        refusal: null,
        images: [{ type: 'image_url', index: 0, image_url: { url: 'data:image/png;base64,QUJD' } }],
      },
      finish_reason: 'stop',
    });
  });

  it('of citations, over the span of their own block', () => {
    const citations = [
      { title: 'X', location: { web: { url: 'https://x.example' } } },
      { location: { documentPage: {} } },
    ];
    const cited: Block = {
      whole: { citationsContent: { content: [{ text: 'Cold.' }], citations } },
      deltas: [{ text: 'Cold.' }, ...citations.map((citation) => ({ citation }))],
    };
    expect(both([textBlock('Grüße 👋 '), cited], 'end_turn').message['annotations']).toEqual([
      { type: 'url_citation', url_citation: { url: 'https://x.example', title: 'X', start_index: 9, end_index: 14 } },
    ]);
  });

  it.each([
    ['stop_sequence', [textBlock('x')], 'stop'],
    ['tool_use', [textBlock('x')], 'stop'],
    ['end_turn', [toolBlock('c', 'f')], 'tool_calls'],
    ['max_tokens', [toolBlock('c', 'f')], 'length'],
    ['model_context_window_exceeded', [textBlock('x')], 'length'],
    ['content_filtered', [textBlock('x')], 'content_filter'],
    ['guardrail_intervened', [textBlock('Sorry.')], 'content_filter'],
  ])('of the end %s', (stopReason, blocks, finishReason) =>
    expect(both(blocks, stopReason).finish_reason).toBe(finishReason),
  );

  it.each([['malformed_model_output'], ['malformed_tool_use'], ['word_of_next_year'], [null], [7], ['toString']])(
    'of the end %s, which is a failure',
    (stopReason) => {
      expect(() => exchange().completion(bodyOf([textBlock('x')], stopReason), OK)).toThrow('The response ended with');
      const read = readStream(exchange(), streamOf([textBlock('x')], stopReason), format);
      expect(read).toMatchObject({ complete: false, finish_reason: null, error: { kind: 'server_error' } });
    },
  );
});

describe('a completion', () => {
  it('has an envelope of its own', () => {
    const body = { ...bodyOf([textBlock('x')], 'end_turn'), serviceTier: { type: 'flex' } };
    expect(exchange().completion(body, OK)).toMatchObject({
      id: 'chatcmpl-req-1',
      object: 'chat.completion',
      created: 1_750_000_000,
      model: 'my-model',
      service_tier: 'flex',
      choices: [{ index: 0, native_finish_reason: 'end_turn' }],
    });
  });

  it.each([
    [{ ...usage, cacheReadInputTokens: 4, cacheWriteInputTokens: 3, totalTokens: 22 }, [17, 5, 22, 4, 3]],
    // Models that count the cache into their input: the total shows it.
    [{ ...usage, cacheReadInputTokens: 4, cacheWriteInputTokens: 3 }, [10, 5, 15, 4, 3]],
    [{ inputTokens: -1, outputTokens: 2.5, totalTokens: 9 }, [0, 0, 0, 0, 0]],
    [{ inputTokens: 3, outputTokens: null }, [3, 0, 3, 0, 0]],
  ])('counts %j', (counted, [prompt, completion, total, cached, written]) => {
    const body = { ...bodyOf([textBlock('x')], 'end_turn'), usage: counted };
    expect(exchange().completion(body, OK).usage).toEqual({
      prompt_tokens: prompt,
      completion_tokens: completion,
      total_tokens: total,
      prompt_tokens_details: { cached_tokens: cached, cache_write_tokens: written },
    });
  });

  it.each([[{}], [null], [{ inputTokens: 'many' }]])('has no usage for %j', (counted) => {
    expect(exchange().completion({ ...bodyOf([textBlock('x')], 'end_turn'), usage: counted }, OK)).not.toHaveProperty(
      'usage',
    );
  });
});
