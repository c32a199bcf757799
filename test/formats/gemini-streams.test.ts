import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/util/json-object.js';
import { gemini } from '../../src/formats/gemini/gemini.js';
import { exchangeOf, HEAD, readStream } from './gemini-cases.js';
import { REQUEST, stream, piece } from './gemini-read.js';

describe('a stream', () => {
  it('sends one role, each part as it arrives, and the end last', () => {
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

  it('accepts a call after its finish reason', () => {
    const read = stream([piece([], { finishReason: 'STOP' }), piece([{ functionCall: { name: 'f' } }])]);
    expect(read.completion.choices[0]?.finish_reason).toBe('tool_calls');
  });

  it('that ends with OTHER and no content is not complete', () => {
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

  it('sends the log probabilities with their text', () => {
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
