import { describe, expect, it } from 'vitest';
import { anthropic } from '../../src/formats/anthropic/anthropic.js';
import {
  body,
  call,
  calls,
  complete,
  deltasOf,
  event,
  events,
  exchange,
  messages,
  result,
  streamed,
  text,
  tool,
  user,
  type JsonObject,
} from './anthropic-support.js';
import { decode } from './cases.js';

const citation = { type: 'web_search_result_location', url: 'https://x.example', title: 'X', cited_text: 't' };
const use = (id: string, name = 'f', input: object = {}) => ({ type: 'tool_use', id, name, input });
const schema = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };
const jsonRequest = { response_format: { type: 'json_schema', json_schema: { name: 'p', schema } } };

/** Every response that both comes whole and streams: what a client gets is the same. */
const RESPONSES: readonly (readonly [
  name: string,
  content: readonly JsonObject[],
  members: object,
  extra: object,
  traits: JsonObject,
])[] = [
  ['a text', [text('Hello')], {}, {}, {}],
  ['nothing', [], {}, {}, {}],
  [
    'thinking of several kinds',
    [
      { type: 'thinking', thinking: 'Let me see', signature: 'S' },
      { type: 'redacted_thinking', data: 'E' },
      text('Hi'),
    ],
    {},
    {},
    {},
  ],
  ['thinking without text', [{ type: 'thinking', thinking: '', signature: 'S' }, text('Hi')], {}, {}, {}],
  [
    'excluded thinking',
    [{ type: 'thinking', thinking: 'secret', signature: 'S' }, text('Hi')],
    { reasoning: { exclude: true } },
    {},
    {},
  ],
  [
    'parallel calls behind a text',
    [text('Look'), use('a', 'f', { x: 1 }), use('b', 'f', {})],
    { tools: [tool()] },
    { stop_reason: 'tool_use' },
    {},
  ],
  ['calls that end in end_turn', [use('a')], { tools: [tool()] }, {}, {}],
  ['calls cut off by the limit', [use('a')], { tools: [tool()] }, { stop_reason: 'max_tokens' }, {}],
  ['tool_use without a call', [text('Hi')], {}, { stop_reason: 'tool_use' }, {}],
  ['a pause', [text('Hi')], {}, { stop_reason: 'pause_turn' }, {}],
  [
    'a refusal',
    [text('I')],
    {},
    { stop_reason: 'refusal', stop_details: { type: 'refusal', explanation: 'Not this.' } },
    {},
  ],
  ['a renamed tool', [use('a', 'mcp_tool', { x: 1 })], { tools: [tool('mcp.tool')] }, { stop_reason: 'tool_use' }, {}],
  [
    'a custom tool',
    [use('a', 'sh', { input: 'ls "x"' })],
    { tools: [{ type: 'custom', custom: { name: 'sh' } }] },
    { stop_reason: 'tool_use' },
    {},
  ],
  ['deprecated functions', [use('a', 'f', { x: 1 })], { functions: [{ name: 'f' }] }, { stop_reason: 'tool_use' }, {}],
  [
    'emulated JSON',
    [use('a', 'p', { city: 'Oslo' })],
    jsonRequest,
    { stop_reason: 'tool_use' },
    { nativeJsonSchema: false },
  ],
  [
    'emulated JSON that is empty',
    [use('a', 'p', {})],
    jsonRequest,
    { stop_reason: 'tool_use' },
    { nativeJsonSchema: false },
  ],
  ['native JSON', [text('{"city":"Oslo"}')], jsonRequest, {}, {}],
  [
    'blocks of server tools',
    [
      { type: 'server_tool_use', id: 's', name: 'web_search', input: { query: 'x' } },
      { type: 'web_search_tool_result', tool_use_id: 's', content: [] },
      text('Hi', { citations: [citation] }),
    ],
    {},
    {},
    {},
  ],
  [
    'citations of several blocks',
    [
      text('😀 See '),
      text('this', { citations: [citation, { ...citation, type: 'page_location' }] }),
      text('.', { citations: [citation] }),
    ],
    {},
    {},
    {},
  ],
];

describe('a response, whole and streamed, is the same', () => {
  for (const [name, content, members, extra, traits] of RESPONSES) {
    it(name, () => {
      const setup = { traits };
      const whole = complete(content, members, extra, setup).choices[0]!;
      const assembled = streamed(content, members, extra, setup).choices[0]!;
      // A stream opens with an empty text, which stays if no other content follows.
      expect(assembled).toEqual(whole);
    });
  }
});

describe('a whole response', () => {
  const choice = (content: readonly object[], members: object = {}, extra: object = {}, traits: JsonObject = {}) =>
    complete(content, members, extra, { traits }).choices[0]!;

  it('has the head that clients expect', () => {
    expect(
      complete([text('Hi')], {}, { usage: { input_tokens: 1, output_tokens: 2, service_tier: 'standard' } }),
    ).toMatchObject({
      id: 'msg_1',
      object: 'chat.completion',
      created: 1_750_000_000,
      model: 'claude-x',
      service_tier: 'default',
      system_fingerprint: null,
    });
    expect(complete([text('Hi')], {}, { id: '', model: undefined })).toMatchObject({
      id: 'chatcmpl-req-1',
      model: 'claude-sonnet-4-5',
    });
  });

  it.each([
    ['end_turn', [text('x')], 'stop'],
    ['stop_sequence', [text('x')], 'stop'],
    ['pause_turn', [text('x')], 'stop'],
    ['max_tokens', [text('x')], 'length'],
    ['max_tokens', [use('a')], 'length'],
    ['refusal', [text('x')], 'content_filter'],
    ['tool_use', [text('x')], 'stop'],
    ['end_turn', [use('a')], 'tool_calls'],
    [null, [text('x')], 'stop'],
  ])('that stops by %s is finished', (reason, content, finish) => {
    expect(choice(content, {}, { stop_reason: reason })).toMatchObject({
      finish_reason: finish,
      native_finish_reason: reason,
    });
  });

  it('uses the caller’s own names', () => {
    expect(choice([use('a', 'mcp_tool')], { tools: [tool('mcp.tool')] }).message).toMatchObject({
      content: null,
      tool_calls: [{ function: { name: 'mcp.tool', arguments: '{}' } }],
    });
    expect(
      choice([use('a', 'sh', { input: 'ls' })], { tools: [{ type: 'custom', custom: { name: 'sh' } }] }).message,
    ).toMatchObject({ tool_calls: [{ id: 'a', type: 'custom', custom: { name: 'sh', input: 'ls' } }] });
    const legacy = choice([use('a', 'f', { x: 1 }), use('b')], { functions: [{ name: 'f' }] });
    expect(legacy).toMatchObject({
      finish_reason: 'function_call',
      message: { function_call: { name: 'f', arguments: '{"x":1}' } },
    });
    expect(legacy.message).not.toHaveProperty('tool_calls');
  });

  it('explains a refusal', () => {
    expect(
      choice([text('I')], {}, { stop_reason: 'refusal', stop_details: { explanation: 'Not this.' } }).message,
    ).toMatchObject({ content: 'I', refusal: 'Not this.' });
  });

  it('counts what the cache read and wrote, and keeps searches', () => {
    const usage = {
      input_tokens: 3,
      output_tokens: 9,
      cache_read_input_tokens: 100,
      cache_creation: { ephemeral_5m_input_tokens: 20, ephemeral_1h_input_tokens: 30 },
      output_tokens_details: { thinking_tokens: 4 },
      server_tool_use: { web_search_requests: 2 },
    };
    expect(complete([], {}, { usage }).usage).toEqual({
      prompt_tokens: 153,
      completion_tokens: 9,
      total_tokens: 162,
      prompt_tokens_details: { cached_tokens: 100, cache_write_tokens: 50 },
      completion_tokens_details: { reasoning_tokens: 4 },
      cache_creation: usage.cache_creation,
      server_tool_use: usage.server_tool_use,
    });
    expect(complete([], {}, { usage: undefined })).not.toHaveProperty('usage');
    expect(complete([], {}, { usage: { input_tokens: -1, output_tokens: 1.5 } })).not.toHaveProperty('usage');
  });

  it('accepts nothing else as a response', () => {
    for (const junk of [
      null,
      'x',
      [],
      {},
      { type: 'error', error: { type: 'x' } },
      { type: 'message' },
      { choices: [] },
    ]) {
      expect(() => exchange({}).completion(junk, { status: 200, headers: {} })).toThrow(TypeError);
    }
  });
});

describe('a stream', () => {
  const decoded = (list: readonly object[], members: object = {}, traits: JsonObject = {}) =>
    decode(exchange(members, { stream: true, traits }), list.map(event));
  const start = { type: 'message_start', message: { id: 'm', model: 'c', usage: { input_tokens: 1 } } };
  const block = (index: number, content: object) => ({ type: 'content_block_start', index, content_block: content });
  const delta = (index: number, piece: object) => ({ type: 'content_block_delta', index, delta: piece });
  const stop = (index: number) => ({ type: 'content_block_stop', index });
  const ended = { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 1 } };
  const hello = [start, block(0, text('')), delta(0, { type: 'text_delta', text: 'Hello' }), stop(0)];

  it('is complete with message_stop only', () => {
    expect(decoded([...hello, ended]).complete).toBe(false);
    expect(decoded([...hello, { type: 'message_stop' }]).complete).toBe(false);
    expect(decoded([...hello, ended, { type: 'message_stop' }]).complete).toBe(true);
  });

  it('is never complete at any earlier event, and sends no finish reason there', () => {
    const all = events([{ type: 'thinking', thinking: 'Hm', signature: 'S' }, text('Hello'), use('a', 'f', { x: 1 })], {
      stop_reason: 'tool_use',
    });
    for (let length = 0; length < all.length; length++) {
      const { complete: isComplete, chunks } = decode(exchange({}, { stream: true }), all.slice(0, length));
      expect(isComplete).toBe(false);
      expect(chunks.flatMap(({ choices }) => choices ?? []).every(({ finish_reason: reason }) => reason === null)).toBe(
        true,
      );
    }
    expect(decode(exchange({}, { stream: true }), all).complete).toBe(true);
  });

  it('opens with the role, once, and emits nothing empty behind it', () => {
    const { chunks } = decode(
      exchange({}, { stream: true }),
      events([text('Hello'), use('a', 'f', {})], { stop_reason: 'tool_use' }),
    );
    const deltas = deltasOf(chunks);
    expect(deltas[0]).toEqual({ role: 'assistant', content: '' });
    expect(deltas.filter((piece) => 'role' in piece || piece['content'] === '')).toHaveLength(1);
    expect(new Set(chunks.map(({ id, model, created }) => `${id} ${model} ${created}`)).size).toBe(1);
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { total_tokens: 3 } });
  });

  it('ends in an error with its kind', () => {
    for (const [type, status] of [
      ['overloaded_error', 529],
      ['rate_limit_error', 429],
      ['api_error', 500],
    ] as const) {
      const {
        complete: isComplete,
        failure,
        chunks,
      } = decoded([...hello, { type: 'error', error: { type, message: 'No.' } }, ended, { type: 'message_stop' }]);
      expect(isComplete).toBe(false);
      expect(anthropic().decodeError!(failure)).toMatchObject({ type, message: 'No.', status });
      expect(chunks.some(({ choices }) => choices?.[0]?.finish_reason)).toBe(false);
    }
  });

  it('sends a custom call whole, also one that the limit cut off', () => {
    const custom = { tools: [{ type: 'custom', custom: { name: 'sh' } }] };
    const pieces = ['{"input":', '"ls'].map((json) => delta(0, { type: 'input_json_delta', partial_json: json }));
    const cut = [
      start,
      block(0, use('a', 'sh')),
      ...pieces,
      stop(0),
      { ...ended, delta: { stop_reason: 'max_tokens' } },
      { type: 'message_stop' },
    ];
    expect(deltasOf(decoded(cut, custom).chunks).flatMap((piece) => piece['tool_calls'] ?? [])).toEqual([
      { index: 0, id: 'a', type: 'custom', custom: { name: 'sh', input: '{"input":"ls' } },
    ]);
  });

  it('closes what the upstream left open', () => {
    const { chunks, complete: isComplete } = decoded([start, block(0, use('a')), ended, { type: 'message_stop' }]);
    expect(isComplete).toBe(true);
    expect(deltasOf(chunks)).toContainEqual({ tool_calls: [{ index: 0, function: { arguments: '{}' } }] });
  });

  it('ignores deltas of blocks that it does not know, and a second message_start', () => {
    const odd = [
      delta(7, { type: 'text_delta', text: 'x' }),
      block(1, { type: 'server_tool_use' }),
      delta(1, { type: 'text_delta', text: 'y' }),
      { ...start, message: { id: 'other' } },
    ];
    const { chunks } = decoded([...hello, ...odd, ended, { type: 'message_stop' }]);
    expect(
      deltasOf(chunks)
        .map((piece) => piece['content'] ?? '')
        .join(''),
    ).toBe('Hello');
    expect(chunks.every(({ id }) => id === 'm')).toBe(true);
  });

  it('keeps two streams of one exchange apart', () => {
    const one = exchange({}, { stream: true });
    const [first, second] = [one.decoder({ status: 200, headers: {} }), one.decoder({ status: 200, headers: {} })];
    first.event(event(start));
    expect(second.event(event(block(0, text('x'))))).toHaveLength(2);
  });

  it('is bounded', () => {
    const decoder = exchange({}, { stream: true }).decoder({ status: 200, headers: {} });
    expect(() => {
      for (let index = 0; index < 100_000; index++) decoder.event(event(block(index, text(''))));
    }).toThrow(RangeError);
  });
});

describe('several turns', () => {
  it('hand thinking, signatures and ids back as they came', () => {
    const content = [
      { type: 'thinking', thinking: 'Let me look', signature: 'S' },
      { type: 'redacted_thinking', data: 'E' },
      text('Look:'),
      use('toolu_1', 'mcp_tool', { x: 1 }),
      use('toolu_2', 'mcp_tool', { x: 2 }),
    ];
    const members = { tools: [tool('mcp.tool')], reasoning_effort: 'low', max_tokens: 4_000 };
    for (const response of [
      complete(content, members, { stop_reason: 'tool_use' }),
      streamed(content, members, { stop_reason: 'tool_use' }),
    ]) {
      const said = response.choices[0]!.message!;
      const next = body({ ...members, ...messages(user('q'), said, result('toolu_2', '2'), result('toolu_1', '1')) });
      expect((next['messages'] as JsonObject[])[1]).toEqual({ role: 'assistant', content });
      expect(next).toHaveProperty('thinking');
    }
  });

  it('hand custom and deprecated calls back', () => {
    const custom = { tools: [{ type: 'custom', custom: { name: 'sh' } }] };
    const said = complete([use('a', 'sh', { input: 'ls' })], custom, { stop_reason: 'tool_use' }).choices[0]!.message!;
    expect(body({ ...custom, ...messages(user('q'), said, result('a')) })).toMatchObject({
      messages: [{}, { content: [use('a', 'sh', { input: 'ls' })] }, {}],
    });
  });

  it('drop the signatures of another vendor', () => {
    const said = {
      ...calls(call('a')),
      reasoning_details: [
        { type: 'reasoning.text', text: 'x', signature: 'G', format: 'google-gemini-v1' },
        { type: 'reasoning.text', text: 'y', signature: 'N' },
      ],
    };
    expect((body(messages(user('q'), said, result('a')))['messages'] as { content: unknown[] }[])[1]!.content).toEqual([
      use('a'),
    ]);
  });
});

describe('errors', () => {
  const read = (status: number, error: object) =>
    anthropic().decodeError!({ type: 'error', error }, { status, headers: {} });

  it.each([
    [
      400,
      { type: 'invalid_request_error', message: 'Your credit balance is too low to access the API.' },
      { kind: 'quota' },
    ],
    [
      400,
      { type: 'invalid_request_error', message: 'prompt is too long: 210000 tokens > 200000 maximum' },
      { code: 'context_length_exceeded', param: null },
    ],
    [
      400,
      { type: 'invalid_request_error', message: 'x', details: { error_code: 'cmek_key_unavailable' } },
      { kind: 'auth', code: 'cmek_key_unavailable' },
    ],
    [
      429,
      { type: 'rate_limit_error', message: 'x', details: { error_code: 'enforced_spend_limit_reached' } },
      { kind: 'quota' },
    ],
    [
      429,
      { type: 'rate_limit_error', message: 'x', details: { error_code: 'ramp_limit_exceeded' } },
      { code: 'ramp_limit_exceeded' },
    ],
    [529, { type: 'overloaded_error', message: 'Overloaded' }, { type: 'overloaded_error' }],
  ])('%d %j', (status, error, expected) => {
    expect(read(status, error)).toMatchObject(expected);
  });

  it('have no kind if the status implies it', () => {
    for (const [status, type] of [
      [401, 'authentication_error'],
      [404, 'not_found_error'],
      [429, 'rate_limit_error'],
      [413, 'request_too_large'],
    ] as const) {
      expect(read(status, { type, message: 'x' })).toEqual({ message: 'x', type, param: null, code: null });
    }
  });

  it('of the clouds are read as well, and junk is not', () => {
    expect(
      anthropic({ door: 'vertex' }).decodeError!({ error: { code: 403, message: 'No.', status: 'PERMISSION_DENIED' } }),
    ).toMatchObject({ message: 'No.', status: 403 });
    expect(anthropic({ door: 'bedrock' }).decodeError!({ message: 'Too many requests' })).toMatchObject({
      message: 'Too many requests',
    });
    for (const junk of [undefined, null, 42, [], {}, { error: null }, { error: 7 }])
      expect(anthropic().decodeError!(junk)).toBeUndefined();
  });
});

describe('frames of Bedrock', () => {
  const setup = { stream: true, options: { door: 'bedrock' as const } };
  const frame = ({ data }: { data: string }) => ({
    event: 'chunk',
    data: JSON.stringify({ bytes: Buffer.from(data).toString('base64'), p: 'abc' }),
  });

  it('hold the events of the API', () => {
    const { complete: isComplete, chunks } = decode(exchange({}, setup), events([text('Grüße')]).map(frame));
    expect(isComplete).toBe(true);
    expect(
      deltasOf(chunks)
        .map((piece) => piece['content'] ?? '')
        .join(''),
    ).toBe('Grüße');
  });

  it.each([
    ['throttlingException', 429],
    ['ThrottlingException', 429],
    ['validationException', 400],
    ['internalServerException', 500],
    ['serviceUnavailableException', 529],
    ['modelTimeoutException', 504],
  ])('of an exception %s end the stream as failed', (name, status) => {
    const failed = { event: name, data: '{"message":"No."}', failed: true as const };
    const { complete: isComplete, failure } = decode(exchange({}, setup), [
      ...events([text('x')])
        .slice(0, 3)
        .map(frame),
      failed,
    ]);
    expect(isComplete).toBe(false);
    expect(anthropic(setup.options).decodeError!(failure)).toMatchObject({ message: 'No.', status });
  });

  it('that are no events are ignored', () => {
    const decoder = exchange({}, setup).decoder({ status: 200, headers: {} });
    for (const data of ['', '{}', '{"bytes":7}', '[]']) expect(decoder.event({ event: 'chunk', data })).toEqual([]);
  });
});
