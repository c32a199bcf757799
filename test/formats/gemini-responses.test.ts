import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/util/json-object.js';
import { completion, candidate, message, failure, stream, piece } from './gemini-read.js';

describe('a whole response', () => {
  it('has its id, model and time', () => {
    const body = { ...piece([{ text: 'a' }], { finishReason: 'STOP' }) };
    expect(completion(body)).toMatchObject({
      id: 'chatcmpl-req-1',
      object: 'chat.completion',
      created: 1_750_000_000,
      model: 'gemini-2.5-flash',
      system_fingerprint: null,
    });
    const named = { ...body, responseId: 'r', modelVersion: 'gemini-x', createTime: '2026-01-02T03:04:05.678Z' };
    expect(completion(named)).toMatchObject({ id: 'r', created: 1_767_323_045, model: 'gemini-x' });
    expect(completion({ ...body, createTime: 'soon' }).created).toBe(1_750_000_000);
  });

  it('keeps the native finish reason beside the standard one', () => {
    expect(candidate({ finishReason: 'LANGUAGE' })).toMatchObject({
      finish_reason: 'content_filter',
      native_finish_reason: 'LANGUAGE',
    });
  });

  const finishes: [word: string | undefined, parts: JsonObject[], finish: string][] = [
    ['STOP', [], 'stop'],
    ['MAX_TOKENS', [{ functionCall: { name: 'f' } }], 'length'],
    ['OTHER', [{ text: 'a' }], 'stop'],
    ['OTHER', [{ functionCall: { name: 'f' } }], 'tool_calls'],
    ['A_WORD_OF_NEXT_YEAR', [{ text: 'a' }], 'stop'],
    ['FINISH_REASON_UNSPECIFIED', [{ text: 'a' }], 'stop'],
    [undefined, [{ text: 'a' }], 'stop'],
    ['IMAGE_SAFETY', [], 'content_filter'],
    ['IMAGE_OTHER', [{ inlineData: { mimeType: 'image/png', data: 'AA' } }], 'stop'],
  ];
  it.each(finishes)('that ended with %s', (finishReason, parts, finish) => {
    expect(candidate({ finishReason, content: { parts } })['finish_reason']).toBe(finish);
  });

  it('has the reason of the filter', () => {
    const { message: said } = candidate({ finishReason: 'SAFETY', finishMessage: 'Not this.' });
    expect(said).toMatchObject({ refusal: 'Not this.' });
  });

  it('joins texts without a separator and has null where only calls are', () => {
    expect(message([{ text: 'a' }, { text: 'b' }])['content']).toBe('ab');
    expect(message([{ functionCall: { name: 'f' } }])['content']).toBeNull();
    expect(message([])['content']).toBe('');
  });

  it('omits what cannot be requested', () => {
    const parts = [
      { executableCode: { code: 'x' } },
      { codeExecutionResult: { output: 'y' } },
      { inlineData: { mimeType: 'audio/L16', data: 'AA' } },
      { thought: true, inlineData: { mimeType: 'image/png', data: 'AA' } },
      { unheardOf: 1 },
    ];
    expect(message([...parts, { text: 'a' }])).toEqual({ role: 'assistant', content: 'a', refusal: null });
  });

  it('hands out images', () => {
    const image = (data: string) => ({ inlineData: { mimeType: 'image/png', data } });
    expect(message([{ text: 'two' }, image('AA'), image('BB')])['images']).toEqual([
      { type: 'image_url', index: 0, image_url: { url: 'data:image/png;base64,AA' } },
      { type: 'image_url', index: 1, image_url: { url: 'data:image/png;base64,BB' } },
    ]);
  });

  it('hands out thoughts in the chosen members, and signatures always', () => {
    const parts = [{ text: 'Hm', thought: true, thoughtSignature: 'S' }, { text: 'a' }];
    const details = [{ type: 'reasoning.encrypted', data: 'S', format: 'google-gemini-v1', index: 0 }];
    expect(message(parts)).toMatchObject({ reasoning: 'Hm', reasoning_content: 'Hm', reasoning_details: details });
    const one = message(parts, { options: { reasoningFields: ['reasoning'] } });
    expect(one['reasoning_content']).toBeUndefined();
    const excluded = message(parts, { request: { reasoning: { exclude: true } } });
    expect(excluded).toEqual({ role: 'assistant', content: 'a', refusal: null, reasoning_details: details });
  });

  it('has unique ids', () => {
    const call = (id?: string) => ({ functionCall: { name: 'f', ...(id !== undefined && { id }) } });
    const calls = message([call('x'), call('x'), call()])['tool_calls'] as JsonObject[];
    expect(calls.map(({ id }) => id)).toEqual(['x', 'call_r_0_1', 'call_r_0_2']);
  });

  it('restores the names of tools, and the input of custom ones', () => {
    const tools = [
      { type: 'function', function: { name: 'get weather' } },
      { type: 'custom', custom: { name: 'sql' } },
    ];
    const parts = [
      { functionCall: { name: 'get_weather' } },
      { functionCall: { name: 'sql', args: { input: 'select' } } },
    ];
    expect(message(parts, { request: { tools } })['tool_calls']).toMatchObject([
      { type: 'function', function: { name: 'get weather', arguments: '{}' } },
      { type: 'custom', custom: { name: 'sql', input: 'select' } },
    ]);
  });

  it('has finish reason function_call for a request with functions', () => {
    const request = { functions: [{ name: 'f' }] };
    const choice = candidate({ content: { parts: [{ functionCall: { name: 'f', args: { a: 1 } } }] } }, { request });
    expect(choice).toMatchObject({
      finish_reason: 'function_call',
      message: { function_call: { name: 'f', arguments: '{"a":1}' } },
    });
    expect(choice['message']).not.toHaveProperty('tool_calls');
  });

  const failures: [body: unknown, fault: string, error?: JsonObject][] = [
    [{}, 'empty'],
    [[], 'empty'],
    [{ candidates: [] }, 'empty'],
    [{ candidates: [{ content: { parts: [] }, finishReason: 'NO_IMAGE' }] }, 'empty'],
    [null, 'malformed'],
    ['text', 'malformed'],
    [{ candidates: [{ index: 4_000, finishReason: 'STOP' }] }, 'malformed'],
    [{ candidates: [{ content: { parts: [{ functionCall: {} }] }, finishReason: 'STOP' }] }, 'malformed'],
    [{ candidates: [{ content: { parts: [{ text: 'a' }] }, finishReason: 'UNEXPECTED_TOOL_CALL' }] }, 'malformed'],
    [
      { promptFeedback: { blockReason: 'SAFETY' } },
      'error',
      { kind: 'rejected', code: 'content_filter', status: 400, type: 'invalid_request_error' },
    ],
    [{ promptFeedback: { blockReason: 'OTHER' } }, 'error', { kind: 'server_error', status: 502 }],
    [{ promptFeedback: { blockReason: 'BLOCK_REASON_UNSPECIFIED' } }, 'empty'],
    [
      { error: { code: 503, message: 'busy', status: 'UNAVAILABLE' } },
      'error',
      { kind: 'overloaded', code: 'UNAVAILABLE' },
    ],
    [
      [{ error: { code: 400, message: 'bad', status: 'INVALID_ARGUMENT' } }],
      'error',
      { kind: 'rejected', message: 'bad' },
    ],
    [[piece([{ text: 'a' }])], 'truncated'],
  ];
  it.each(failures)('%j is none', (body, fault, error) => {
    const failed = failure(body);
    expect(failed.fault).toBe(fault);
    if (error !== undefined) expect(failed.error).toMatchObject(error);
  });

  it('without a finish reason is cut if a stream was requested', () => {
    expect(failure(piece([{ text: 'a' }]), { stream: true }).fault).toBe('truncated');
  });

  it('that is the list of a stream without alt=sse is read as one', () => {
    const list = [piece([{ text: 'a' }]), piece([{ text: 'b' }], { finishReason: 'STOP' })];
    expect(completion(list, { stream: true }).choices).toMatchObject([
      { message: { content: 'ab' }, finish_reason: 'stop' },
    ]);
    // The same list as the only event.
    expect(stream([list]).completion.choices).toEqual(completion(list).choices);
  });
});
