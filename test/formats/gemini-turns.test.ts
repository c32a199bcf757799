import { describe, expect, it } from 'vitest';
import { isRecord, type JsonObject } from '../../src/util/json-object.js';
import type { GeminiOptions } from '../../src/formats/gemini/gemini.js';
import { gemini } from '../../src/formats/gemini/gemini.js';
import { asJson, exchangeOf, HEAD, readStream } from './gemini-cases.js';

const USER = { role: 'user', content: 'Weather in Oslo and Rome?' };
const TOOLS = [{ type: 'function', function: { name: 'get weather', parameters: { properties: { city: {} } } } }];
const LOST = 'skip_thought_signature_validator';

/** What a client keeps of a response's message. */
type Keeps = (message: JsonObject) => JsonObject;

const everything: Keeps = (message) => message;
const onlyDetails: Keeps = ({ role, content, tool_calls, reasoning_details }) => ({
  role,
  content,
  reasoning_details,
  tool_calls: (tool_calls as JsonObject[]).map(({ extra_content: _extra, ...call }) => call),
});
const onlyCalls: Keeps = ({ role, content, tool_calls }) => ({ role, content, tool_calls });
const plain: Keeps = ({ role, content, tool_calls }) => ({
  role,
  content,
  tool_calls: (tool_calls as JsonObject[]).map(({ extra_content: _extra, ...call }) => call),
});

const FIRST_TURN = {
  responseId: 'r1',
  candidates: [
    {
      content: {
        role: 'model',
        parts: [
          { text: 'Two cities.', thought: true },
          { text: 'I will look.' },
          { functionCall: { name: 'get_weather', args: { city: 'Oslo' } }, thoughtSignature: 'SIG-1' },
          { functionCall: { name: 'get_weather', args: { city: 'Rome' } } },
        ],
      },
      finishReason: 'STOP',
    },
  ],
};

/** One turn of a conversation: the request as it is sent, and the message that the client keeps of the response. */
function turn(messages: JsonObject[], response: JsonObject, keeps: Keeps, options: GeminiOptions, streamed: boolean) {
  const request = { model: 'gemini-3-pro', messages, tools: TOOLS };
  const exchange = exchangeOf(gemini(options), { request }, streamed);
  const message = streamed
    ? readStream(exchange.decoder(HEAD), [{ data: response }, { eof: true }]).completion.choices[0]?.message
    : exchange.completion(response, HEAD).choices[0]?.message;
  return { body: asJson(exchange.body), message: keeps(asJson(message)) };
}

function results(message: JsonObject): JsonObject[] {
  const calls = message['tool_calls'] as JsonObject[];
  // In another order than the calls.
  return calls.map(({ id }, at) => ({ role: 'tool', tool_call_id: id, content: `result ${at}` })).toReversed();
}

function modelParts(body: JsonObject): JsonObject[][] {
  const contents = body['contents'] as JsonObject[];
  return contents.filter(({ role }) => role === 'model').map(({ parts }) => parts as JsonObject[]);
}

describe.each([false, true])('a conversation with tools, streamed: %s', (streamed) => {
  const carriers: [what: string, keeps: Keeps, options: GeminiOptions, signature: string][] = [
    ['everything', everything, {}, 'SIG-1'],
    ['reasoning_details', onlyDetails, {}, 'SIG-1'],
    ['extra_content', onlyCalls, {}, 'SIG-1'],
    ['nothing but ids', plain, { signaturesInIds: true }, 'SIG-1'],
    ['nothing', plain, {}, LOST],
  ];
  it.each(carriers)('keeps its signatures where the client keeps %s', (_what, keeps, options, signature) => {
    const first = turn([USER], FIRST_TURN, keeps, options, streamed);
    const history = [USER, first.message, ...results(first.message)];
    const second = turn(history, FIRST_TURN, keeps, options, streamed);
    expect(second.body['contents']).toEqual([
      { role: 'user', parts: [{ text: USER.content }] },
      {
        role: 'model',
        parts: [
          { text: 'I will look.' },
          { functionCall: { name: 'get_weather', args: { city: 'Oslo' } }, thoughtSignature: signature },
          { functionCall: { name: 'get_weather', args: { city: 'Rome' } } },
        ],
      },
      {
        role: 'user',
        parts: [
          { functionResponse: { name: 'get_weather', response: { output: 'result 0' } } },
          { functionResponse: { name: 'get_weather', response: { output: 'result 1' } } },
        ],
      },
    ]);
    const third = turn([...history, second.message, ...results(second.message)], FIRST_TURN, keeps, options, streamed);
    expect(modelParts(third.body).map(([, call]) => call?.['thoughtSignature'])).toEqual([signature, signature]);
  });

  it('keeps the signature of a text, on its last part', () => {
    const parts = [{ text: 'Hello' }, { text: '', thoughtSignature: 'SIG-T' }];
    const response = { candidates: [{ content: { parts }, finishReason: 'STOP' }] };
    const first = turn([USER], response, everything, {}, streamed);
    expect(first.message).toMatchObject({ content: 'Hello', reasoning_details: [{ data: 'SIG-T', index: 0 }] });
    const second = turn([USER, first.message, USER], response, everything, {}, streamed);
    expect(modelParts(second.body)).toEqual([[{ text: 'Hello', thoughtSignature: 'SIG-T' }]]);
  });

  it('sends images back, with their signature', () => {
    const parts = [{ inlineData: { mimeType: 'image/png', data: 'AAAA' }, thoughtSignature: 'SIG-I' }];
    const response = { candidates: [{ content: { parts }, finishReason: 'STOP' }] };
    const first = turn([USER], response, everything, {}, streamed);
    const second = turn([USER, first.message, USER], response, everything, {}, streamed);
    expect(modelParts(second.body)).toEqual([parts]);
  });
});

describe('the history of a request', () => {
  const call = (id: string, more: JsonObject = {}) => ({
    id,
    type: 'function',
    function: { name: 'f', arguments: '{}' },
    ...more,
  });
  const sent = (messages: JsonObject[], traits: JsonObject = {}) => {
    const given = { request: { model: 'gemini-3-pro', messages }, model: { upstreamModel: 'gemini-3-pro', traits } };
    const exchange = exchangeOf(gemini(), given);
    return { contents: asJson(exchange.body)['contents'] as JsonObject[], dropped: exchange.dropped };
  };
  const signatures = (messages: JsonObject[]) =>
    sent(messages).contents.flatMap(({ parts }) => (parts as JsonObject[]).map((part) => part['thoughtSignature']));

  it('replaces lost signatures only behind the last text of the user', () => {
    const round = (id: string) => [
      { role: 'assistant', tool_calls: [call(id)] },
      { role: 'tool', tool_call_id: id, content: 'r' },
    ];
    expect(signatures([USER, ...round('a'), USER, ...round('b'), ...round('c')])).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
      LOST,
      undefined,
      LOST,
      undefined,
    ]);
  });

  it('uses the latest of several pieces of one signature, and its own format before others', () => {
    const google = { type: 'reasoning.encrypted', format: 'google-gemini-v1', id: 'a' };
    const message = {
      role: 'assistant',
      tool_calls: [call('a', { extra_content: { google: { thought_signature: 'LATE' } } })],
      reasoning_details: [
        { ...google, index: 0, data: 'OLD' },
        { ...google, index: 0, data: 'NEW' },
        { ...google, index: 1, data: 'FOREIGN', format: 'anthropic-claude-v1' },
        { type: 'reasoning.text', text: 'x', format: 'google-gemini-v1', index: 2 },
      ],
    };
    expect(signatures([USER, message])).toEqual([undefined, 'NEW']);
  });

  it.each([
    { provider_specific_fields: { thought_signature: 'LITE' } },
    { extra_content: { google: { thought_signature: 'LITE' } } },
  ])('reads %j of a call', (carrier) => {
    expect(signatures([USER, { role: 'assistant', tool_calls: [call('a', carrier)] }])).toEqual([undefined, 'LITE']);
  });

  it('puts a signature without a call on the last part, and keeps one that stands alone', () => {
    const loose = [{ type: 'reasoning.encrypted', data: 'S', format: 'google-gemini-v1' }];
    const message = (more: JsonObject) => ({ role: 'assistant', reasoning_details: loose, ...more });
    expect(signatures([USER, message({ content: 'a', tool_calls: [call('a')] })])).toEqual([undefined, undefined, 'S']);
    const signed = call('a', { extra_content: { google: { thought_signature: 'C' } } });
    expect(signatures([USER, message({ content: 'a', tool_calls: [signed] })])).toEqual([undefined, 'S', 'C']);
    expect(sent([USER, message({ content: null }), USER]).contents[1]).toEqual({
      role: 'model',
      parts: [{ text: '', thoughtSignature: 'S' }],
    });
  });

  it('sends ids of Gemini only if the endpoint is configured so', () => {
    const signed = call('fc-1', { extra_content: { google: { thought_signature: 'S' } } });
    const messages = [
      USER,
      { role: 'assistant', tool_calls: [signed, call('call_r_0_1')] },
      { role: 'tool', tool_call_id: 'fc-1', content: '' },
    ];
    const ids = (traits: JsonObject) => {
      const parts = sent(messages, traits).contents.flatMap((content) => content['parts'] as JsonObject[]);
      return parts
        .map((part) => (part['functionCall'] ?? part['functionResponse']) as JsonObject)
        .map((one) => one?.['id']);
    };
    expect(ids({})).toEqual([undefined, undefined, undefined, undefined]);
    expect(ids({ functionCallIds: true })).toEqual([undefined, 'fc-1', undefined, 'fc-1']);
  });

  it('keeps the last of two results and reports the other', () => {
    const result = (content: string) => ({ role: 'tool', tool_call_id: 'a', content });
    const { contents, dropped } = sent([
      USER,
      { role: 'assistant', tool_calls: [call('a')] },
      result('1'),
      result('2'),
    ]);
    expect(contents[2]).toEqual({
      role: 'user',
      parts: [{ functionResponse: { name: 'f', response: { output: '2' } } }],
    });
    expect(dropped).toEqual(['messages[2].content']);
  });

  it('pairs calls that share an id in their order', () => {
    const result = (content: string) => ({ role: 'tool', tool_call_id: '', content });
    const { contents, dropped } = sent([
      USER,
      { role: 'assistant', tool_calls: [call(''), call('')] },
      result('1'),
      result('2'),
    ]);
    expect(JSON.stringify(contents[2])).toMatch(/"output":"1".*"output":"2"/);
    expect(dropped).toEqual([]);
  });

  it('puts late results right behind their calls', () => {
    const messages = [
      USER,
      { role: 'assistant', tool_calls: [call('a')] },
      { role: 'user', content: 'wait' },
      { role: 'tool', tool_call_id: 'a', content: 'r' },
    ];
    expect(sent(messages).contents[2]).toEqual({
      role: 'user',
      parts: [{ functionResponse: { name: 'f', response: { output: 'r' } } }, { text: 'wait' }],
    });
  });

  it('never puts media beside results', () => {
    const image = { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } };
    const messages = [
      USER,
      { role: 'assistant', tool_calls: [call('a')] },
      { role: 'tool', tool_call_id: 'a', content: 'r' },
      { role: 'user', content: [image] },
    ];
    const { contents } = sent(messages);
    expect(contents.map(({ role }) => role)).toEqual(['user', 'model', 'user', 'user']);
    const media = sent([
      USER,
      { role: 'assistant', tool_calls: [call('a')] },
      { role: 'tool', tool_call_id: 'a', content: [{ type: 'text', text: 'r' }, image] },
    ]);
    expect(media.contents[2]).toEqual({
      role: 'user',
      parts: [
        {
          functionResponse: {
            name: 'f',
            response: { output: 'r' },
            parts: [{ inlineData: { mimeType: 'image/png', data: 'AAAA' } }],
          },
        },
      ],
    });
  });

  it.each([
    ['', {}],
    [' \n', {}],
    ['[1]', { __invalid_arguments: '[1]' }],
    ['null', { __invalid_arguments: 'null' }],
    ['{"a":1', { __invalid_arguments: '{"a":1' }],
    [`{"a":${'['.repeat(500)}${']'.repeat(500)}}`, { __invalid_arguments: expect.any(String) }],
  ])('sends arguments %j as an object', (text, args) => {
    const message = {
      role: 'assistant',
      tool_calls: [{ id: 'a', type: 'function', function: { name: 'f', arguments: text } }],
    };
    const parts = sent([USER, message]).contents[1]?.['parts'] as JsonObject[];
    expect(isRecord(parts[0]?.['functionCall']) && parts[0]['functionCall']['args']).toEqual(args);
  });

  it('keeps the digits of long numbers', () => {
    const text = '{"id":12345678901234567890,"x":0.1,"y":1e400,"z":1.00}';
    const message = {
      role: 'assistant',
      tool_calls: [{ id: 'a', type: 'function', function: { name: 'f', arguments: text } }],
    };
    const given = {
      request: { model: 'm', messages: [USER, message, { role: 'tool', tool_call_id: 'a', content: text }] },
    };
    const json = JSON.stringify(exchangeOf(gemini(), given).body);
    expect(json.split('"id":12345678901234567890,"x":0.1,"y":1e400,"z":1.00')).toHaveLength(3);
  });
});
