import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/util/json-object.js';
import type { ChatCompletion } from '../../src/chat/types.js';
import { FailedResponse } from '../../src/formats/gemini/failed-response.js';
import { gemini, type GeminiOptions } from '../../src/formats/gemini/gemini.js';
import { asJson, exchangeOf, HEAD, readStream, type ReadStream } from './gemini-cases.js';

const REQUEST = { model: 'gemini-2.5-flash', messages: [{ role: 'user', content: 'Hi' }] };

interface Given {
  readonly request?: JsonObject;
  readonly options?: GeminiOptions;
  readonly stream?: boolean;
}

function completion(body: unknown, { request = {}, options = {}, stream = false }: Given = {}): ChatCompletion {
  return exchangeOf(gemini(options), { request: { ...REQUEST, ...request } }, stream).completion(body, HEAD);
}

/** One candidate as a whole response. */
function candidate(members: JsonObject, given?: Given): JsonObject {
  return asJson(completion({ candidates: [{ finishReason: 'STOP', ...members }], responseId: 'r' }, given).choices[0]);
}

function message(parts: readonly JsonObject[], given?: Given): JsonObject {
  return candidate({ content: { parts } }, given)['message'] as JsonObject;
}

function failure(body: unknown, given?: Given): FailedResponse {
  try {
    completion(body, given);
  } catch (error) {
    expect(error).toBeInstanceOf(FailedResponse);
    return error as FailedResponse;
  }
  throw new Error('it did not fail');
}

/** Reads responses as a stream that ends after them. */
function stream(responses: readonly unknown[], { request = {}, options = {} }: Given = {}): ReadStream {
  const exchange = exchangeOf(gemini(options), { request: { ...REQUEST, ...request } }, true);
  return readStream(exchange.decoder(HEAD), [...responses.map((data) => ({ data })), { eof: true }]);
}

function piece(parts: readonly JsonObject[], more: JsonObject = {}): JsonObject {
  return { candidates: [{ content: { parts }, ...more }] };
}

describe('a whole response', () => {
  it('says who gave it and when', () => {
    const body = { ...piece([{ text: 'a' }], { finishReason: 'STOP' }) };
    expect(completion(body)).toMatchObject({
      id: 'chatcmpl-req-1',
      object: 'chat.completion',
      created: 1_750_000_000,
      model: 'gemini-2.5-flash',
      system_fingerprint: null,
    });
    const told = { ...body, responseId: 'r', modelVersion: 'gemini-x', createTime: '2026-01-02T03:04:05.678Z' };
    expect(completion(told)).toMatchObject({ id: 'r', created: 1_767_323_045, model: 'gemini-x' });
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

  it('tells why it was filtered', () => {
    const { message: said } = candidate({ finishReason: 'SAFETY', finishMessage: 'Not this.' });
    expect(said).toMatchObject({ refusal: 'Not this.' });
  });

  it('joins texts without a separator and has null where only calls are', () => {
    expect(message([{ text: 'a' }, { text: 'b' }])['content']).toBe('ab');
    expect(message([{ functionCall: { name: 'f' } }])['content']).toBeNull();
    expect(message([])['content']).toBe('');
  });

  it('leaves out what cannot be asked for', () => {
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

  it('gives ids that are unique', () => {
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

  it('says function_call to a request with functions', () => {
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

  it('without a finish reason is cut where a stream was asked for', () => {
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

  it('takes nonsense for nothing and keeps its sums', () => {
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

describe('grounding', () => {
  const request = { web_search_options: {} };
  const web = (uri: string, title?: string) => ({ web: { uri, ...(title !== undefined && { title }) } });
  const support = (segment: JsonObject, ...indices: number[]) => ({ segment, groundingChunkIndices: indices });
  const annotation = (url: string, title: string, start_index: number, end_index: number) => ({
    type: 'url_citation',
    url_citation: { url, title, start_index, end_index },
  });

  it('becomes annotations in UTF-16 units of the whole content', () => {
    const groundingMetadata = {
      groundingChunks: [web('https://a.example', 'A'), web('https://b.example'), { retrievedContext: {} }],
      groundingSupports: [
        support({ endIndex: 6, text: 'Zoë' + ' 😀'.slice(0, 1) }, 0),
        support({ partIndex: 2, startIndex: 5, endIndex: 9 }, 1, 2),
        support({ partIndex: 2, startIndex: 0, endIndex: 99 }, 0),
        support({ startIndex: 3 }, 9),
      ],
    };
    const parts = [{ text: 'Zoë 😀.' }, { text: 'thinking', thought: true }, { text: 'Now. Rome' }];
    const { message: said } = candidate({ content: { parts }, groundingMetadata }, { request });
    expect((said as JsonObject)['annotations']).toEqual([
      annotation('https://a.example', 'A', 0, 4),
      annotation('https://b.example', 'https://b.example', 12, 16),
      annotation('https://a.example', 'A', 7, 16),
    ]);
  });

  it('comes with the finish of a stream, over the text as it was sent', () => {
    const metadata = {
      groundingChunks: [web('https://a.example', 'A')],
      groundingSupports: [support({ startIndex: 2, endIndex: 5, text: 'bcd' }, 0)],
    };
    const read = stream(
      [piece([{ text: 'ä' }]), piece([{ text: 'bcd' }], { finishReason: 'STOP', groundingMetadata: metadata })],
      { request },
    );
    expect(read.completion.choices[0]?.message?.annotations).toEqual([annotation('https://a.example', 'A', 1, 4)]);
    expect(read.chunks.at(-1)?.choices?.[0]).toMatchObject({ finish_reason: 'stop', delta: { annotations: [{}] } });
  });

  it('is found by its text where the offsets do not fit', () => {
    const metadata = {
      groundingChunks: [web('https://a.example', 'A')],
      groundingSupports: [support({ startIndex: 40, endIndex: 44, text: 'Rome' }, 0)],
    };
    const choice = candidate({ content: { parts: [{ text: 'In Rome.' }] }, groundingMetadata: metadata }, { request });
    expect(choice).toMatchObject({ message: { annotations: [annotation('https://a.example', 'A', 3, 7)] } });
  });
});

describe('a stream', () => {
  it('gives one role, each part as it comes, and the end at last', () => {
    const read = stream([
      { ...piece([{ text: 'a' }, { text: 'b' }]), responseId: 'r' },
      { ...piece([{ text: 'c' }], { finishReason: 'STOP' }), usageMetadata: { promptTokenCount: 1 } },
    ]);
    const deltas = read.chunks.map((chunk) => chunk.choices?.[0]?.delta);
    expect(deltas).toEqual([
      { role: 'assistant', content: '' },
      { content: 'a' },
      { content: 'b' },
      { content: 'c' },
      {},
      undefined,
    ]);
    expect(new Set(read.chunks.map(({ id }) => id))).toEqual(new Set(['r']));
    expect(read.chunks.at(-1)).toMatchObject({ choices: [], usage: { prompt_tokens: 1 } });
  });

  it('holds the finish back while the body is open', () => {
    const decoder = exchangeOf(gemini(), { request: REQUEST }, true).decoder(HEAD);
    const open = readStream(decoder, [{ data: piece([{ text: 'a' }], { finishReason: 'STOP' }) }]);
    expect(open.complete).toBe(false);
    expect(readStream(decoder, [{ eof: true }]).complete).toBe(true);
    // Only once.
    expect(decoder.end!()).toEqual([]);
  });

  it.each([[' [DONE] '], ['[DONE]']])('is complete at %j, which a router may add', (data) => {
    const decoder = exchangeOf(gemini(), { request: REQUEST }, true).decoder(HEAD);
    decoder.event({ event: undefined, data: JSON.stringify(piece([{ text: 'a' }], { finishReason: 'STOP' })) });
    expect(decoder.event({ event: undefined, data })).toMatchObject([{ choices: [{ finish_reason: 'stop' }] }]);
    expect(decoder.end!()).toEqual([]);
  });

  it('of any prefix is never complete', () => {
    const responses = [
      piece([{ text: 'a', thought: true }]),
      piece([{ text: 'b' }]),
      piece([{ functionCall: { name: 'f' } }]),
      piece([], { finishReason: 'STOP' }),
    ];
    for (const length of responses.keys()) expect(stream(responses.slice(0, length)).complete).toBe(false);
    expect(stream(responses)).toMatchObject({
      complete: true,
      completion: { choices: [{ finish_reason: 'tool_calls' }] },
    });
  });

  it('takes a call that comes behind its finish reason', () => {
    const read = stream([piece([], { finishReason: 'STOP' }), piece([{ functionCall: { name: 'f' } }])]);
    expect(read.completion.choices[0]?.finish_reason).toBe('tool_calls');
  });

  it('that ends with OTHER and nothing said is not complete', () => {
    expect(stream([piece([], { finishReason: 'OTHER' })])).toMatchObject({ complete: false, error: undefined });
    expect(stream([piece([{ text: 'a' }], { finishReason: 'OTHER' })]).complete).toBe(true);
  });

  it('ends with the first error', () => {
    const malformed = piece([{ text: 'a' }], { finishReason: 'MALFORMED_FUNCTION_CALL' });
    const read = stream([malformed, piece([{ text: 'b' }], { finishReason: 'STOP' })]);
    expect(read.error).toMatchObject({ code: 'malformed_function_call', kind: 'malformed' });
    expect(read.completion.choices).toMatchObject([{ message: { content: 'a' }, finish_reason: null }]);
    expect(read.complete).toBe(false);
  });

  it('keeps counts that later responses lack', () => {
    const read = stream([
      { ...piece([{ text: 'a' }]), usageMetadata: { promptTokenCount: 9, cachedContentTokenCount: 4 } },
      { ...piece([], { finishReason: 'STOP' }), usageMetadata: { candidatesTokenCount: 2 } },
    ]);
    expect(read.completion.usage).toMatchObject({
      prompt_tokens: 9,
      completion_tokens: 2,
      prompt_tokens_details: { cached_tokens: 4 },
    });
  });

  it('gives the log probabilities with their text', () => {
    const logprobsResult = { chosenCandidates: [{ token: 'a', logProbability: -1 }] };
    const read = stream([
      piece([{ text: 'a' }], { logprobsResult }),
      piece([], { finishReason: 'STOP', logprobsResult }),
    ]);
    const tokens = read.completion.choices[0]?.logprobs?.content?.map(({ token }) => token);
    expect(tokens).toEqual(['a', 'a']);
    expect(read.chunks[1]?.choices?.[0]).toMatchObject({
      delta: { content: 'a' },
      logprobs: { content: [{ token: 'a' }] },
    });
  });

  it('hands out a call whose arguments came in pieces, whole', () => {
    const call = (members: JsonObject) => piece([{ functionCall: members }]);
    const read = stream([
      call({ name: 'f', id: 'x', willContinue: true }),
      call({ partialArgs: [{ jsonPath: '$.city', stringValue: 'Os', willContinue: true }], willContinue: true }),
      call({
        partialArgs: [
          { jsonPath: '$.city', stringValue: 'lo' },
          { jsonPath: '$.list[0].n', numberValue: 1 },
          { jsonPath: '$["__proto__"]', nullValue: 'NULL_VALUE' },
        ],
        willContinue: true,
      }),
      call({}),
      piece([], { finishReason: 'STOP' }),
    ]);
    expect(read.completion.choices[0]?.message?.tool_calls).toEqual([
      {
        id: 'x',
        type: 'function',
        function: { name: 'f', arguments: '{"city":"Oslo","list":[{"n":1}],"__proto__":null}' },
      },
    ]);
    expect(stream([call({ name: 'f', willContinue: true }), piece([], { finishReason: 'STOP' })]).complete).toBe(false);
    const lost = stream([
      call({ name: 'f', willContinue: true, partialArgs: [{ jsonPath: '$..x', stringValue: 'a' }] }),
    ]);
    expect(lost.error).toMatchObject({ code: 'malformed_candidate' });
  });

  it.each(['', '  ', 'no JSON', '7', 'null', '"x"', '{"candidates":7}', '{"candidates":[7]}', '[[]]'])(
    'survives %j',
    (data) => {
      const decoder = exchangeOf(gemini(), { request: REQUEST }, true).decoder(HEAD);
      const chunks = decoder.event({ event: undefined, data });
      for (const chunk of chunks as JsonObject[]) expect(chunk['error']).toMatchObject({ code: 'malformed_event' });
      expect(decoder.end!()).toEqual([]);
    },
  );

  it('of two decoders of one exchange are strangers', () => {
    const exchange = exchangeOf(gemini(), { request: REQUEST }, true);
    const [one, other] = [exchange.decoder(HEAD), exchange.decoder(HEAD)];
    one.event({
      event: undefined,
      data: JSON.stringify(piece([{ functionCall: { name: 'f' } }], { finishReason: 'STOP' })),
    });
    expect(other.end!()).toEqual([]);
    expect(one.end!()).toHaveLength(1);
  });
});
