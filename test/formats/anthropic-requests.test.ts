import { describe, expect, it } from 'vitest';
import { UnsupportedRequest } from '../../src/contracts/wire-format.js';
import { anthropic } from '../../src/formats/anthropic/anthropic.js';
import {
  body,
  call,
  calls,
  exchange,
  messages,
  result,
  text,
  tool,
  user,
  type JsonObject,
  type Setup,
} from './anthropic-support.js';

const PNG = 'iVBORw0KGgoAAAANSUhEUg==';
const city = {
  type: 'object',
  properties: { city: { type: 'string' } },
  required: ['city'],
  additionalProperties: false,
};
const mark = { type: 'ephemeral' };

function refused(members: object, setup: Setup = {}): string {
  try {
    exchange(members, setup);
  } catch (error) {
    if (error instanceof UnsupportedRequest) return error.param;
    throw error;
  }
  return 'not refused';
}
const sent = (...list: object[]) => body(messages(...list))['messages'];
const dropped = (members: object, setup: Setup = {}) => exchange(members, setup).dropped;

describe('messages', () => {
  it('puts all results of a turn first, in one user message, before the text of the user', () => {
    expect(sent(user('q'), calls(call('a'), call('b')), result('a', '1'), user('and?'), result('b', '2'))).toEqual([
      user([text('q')]),
      {
        role: 'assistant',
        content: [
          { type: 'tool_use', id: 'a', name: 'f', input: {} },
          { type: 'tool_use', id: 'b', name: 'f', input: {} },
        ],
      },
      user([
        { type: 'tool_result', tool_use_id: 'a', content: '1' },
        { type: 'tool_result', tool_use_id: 'b', content: '2' },
        text('and?'),
      ]),
    ]);
  });

  it('gives each of two parallel calls with one id its own result', () => {
    const parallel = messages(user('q'), calls(call('a'), call('a')), result('a', 'first'), result('a', 'second'));
    const [, turn, results] = body(parallel)['messages'] as { content: JsonObject[] }[];
    const [first, second] = turn!.content.map(({ id }) => id);
    expect(first).not.toBe(second);
    expect(results!.content).toEqual([
      { type: 'tool_result', tool_use_id: first, content: 'first' },
      { type: 'tool_result', tool_use_id: second, content: 'second' },
    ]);
    expect(dropped(parallel)).toEqual([]);
  });

  it('keeps the later of two results for one call, and reports the earlier one', () => {
    const twice = messages(user('q'), calls(call('a')), result('a', 'old'), result('a', 'new'));
    expect((body(twice)['messages'] as JsonObject[]).at(-1)).toEqual(
      user([{ type: 'tool_result', tool_use_id: 'a', content: 'new' }]),
    );
    expect(dropped(twice)).toEqual(['messages[2].content']);
  });

  it('sends calls of one id in two turns with two ids, each with its own result', () => {
    const list = sent(user('q'), calls(call('a')), result('a', '1'), calls(call('a')), result('a', '2')) as {
      content: JsonObject[];
    }[];
    const ids = list.flatMap(({ content }) =>
      content.map((block) => block['id'] ?? block['tool_use_id']).filter(Boolean),
    );
    expect(ids[0]).toBe(ids[1]);
    expect(ids[2]).toBe(ids[3]);
    expect(ids[0]).not.toBe(ids[2]);
    expect(String(ids[2])).toMatch(/^[a-zA-Z0-9_-]+$/);
  });

  it('names a call without an id by its place', () => {
    expect(sent(user('q'), calls(call('')), result('', 'r'))).toMatchObject([
      {},
      { content: [{ id: 'call_1_0' }] },
      { content: [{ tool_use_id: 'call_1_0' }] },
    ]);
  });

  it('keeps ids apart that become equal', () => {
    const list = sent(user('q'), calls(call('a.b'), call('a:b')), result('a:b', '2'), result('a.b', '1')) as {
      content: JsonObject[];
    }[];
    const [one, two] = list[1]!.content.map((block) => block['id']);
    expect(one).not.toBe(two);
    expect(list[2]!.content).toMatchObject([
      { tool_use_id: two, content: '2' },
      { tool_use_id: one, content: '1' },
    ]);
  });

  it.each([
    ['', {}],
    [' \n', {}],
    ['[1]', { __invalid_arguments: '[1]' }],
    ['{"a":', { __invalid_arguments: '{"a":' }],
    ['null', { __invalid_arguments: 'null' }],
    ['{"a":1}', { a: 1 }],
  ])('reads the arguments %j', (args, input) => {
    expect(sent(user('q'), calls(call('a', 'f', args)))).toMatchObject([{}, { content: [{ input }] }]);
  });

  it('reads the deprecated function messages', () => {
    const legacy = { role: 'assistant', content: null, function_call: { name: 'f', arguments: '{"a":1}' } };
    expect(sent(user('q'), legacy, { role: 'function', name: 'f', content: '3' })).toMatchObject([
      {},
      { content: [{ type: 'tool_use', id: 'call_fn_0', name: 'f', input: { a: 1 } }] },
      { content: [{ type: 'tool_result', tool_use_id: 'call_fn_0', content: '3' }] },
    ]);
    expect(refused(messages(user('q'), { role: 'function', name: 'g', content: '3' }))).toBe('messages[1].name');
  });

  it('sends errors, pictures and empty results of tools', () => {
    const image = { type: 'image_url', image_url: { url: `data:image/png;base64,${PNG}` } };
    const list = sent(
      user('q'),
      calls(call('a'), call('b'), call('c')),
      result('a', 'no', { is_error: true }),
      result('b', [image]),
      result('c', ''),
    );
    expect((list as { content: unknown }[])[2]!.content).toEqual([
      { type: 'tool_result', tool_use_id: 'a', content: 'no', is_error: true },
      {
        type: 'tool_result',
        tool_use_id: 'b',
        content: [{ type: 'image', source: { type: 'base64', media_type: 'image/png', data: PNG } }],
      },
      { type: 'tool_result', tool_use_id: 'c' },
    ]);
  });

  it('trims only the end of a last assistant message, and refuses one where the model continues none', () => {
    expect(sent(user('a '), { role: 'assistant', content: 'b ' }, user(' c'))).toEqual([
      user([text('a ')]),
      { role: 'assistant', content: [text('b ')] },
      user([text(' c')]),
    ]);
    const prefill = messages(user('q'), { role: 'assistant', content: 'b' });
    expect(refused(prefill, { traits: { prefill: false } })).toBe('messages[1]');
    expect(refused(prefill, { model: 'claude-opus-4-6' })).toBe('messages[1]');
    expect(refused(messages(user('q'), calls(call('a'))), { traits: { prefill: false } })).toBe('not refused');
  });

  it('drops an assistant message without content, and refuses a user message without', () => {
    expect(sent(user('a'), { role: 'assistant', content: ' ' }, user('b'))).toEqual([user([text('a'), text('b')])]);
    expect(refused(messages(user(' ')))).toBe('messages[0].content');
    expect(refused(messages({ role: 'assistant', content: '' }))).toBe('messages');
  });

  it('sends a refusal of an earlier turn as text, and reports one beside a text', () => {
    expect(sent(user('a'), { role: 'assistant', content: null, refusal: 'No.' }, user('b'))).toMatchObject([
      {},
      { content: [text('No.')] },
      {},
    ]);
    expect(dropped(messages(user('a'), { role: 'assistant', content: 'x', refusal: 'No.' }, user('b')))).toEqual([
      'messages[1].refusal',
    ]);
  });

  it('reports names', () => {
    expect(dropped(messages({ role: 'system', content: 's', name: 'n' }, user('q', { name: 'jo' })))).toEqual([
      'messages[0].name',
      'messages[1].name',
    ]);
  });

  it('keeps later system messages in place for a model that accepts them there', () => {
    const list = messages(user('1'), { role: 'system', content: 'kind' }, user('2'));
    expect(body(list, { traits: { midSystem: true } })).toMatchObject({
      messages: [user([text('1')]), { role: 'system', content: [text('kind')] }, user([text('2')])],
    });
  });

  it.each([
    ['messages[0].content[0].input_audio', user([{ type: 'input_audio', input_audio: { data: 'x', format: 'mp3' } }])],
    ['messages[0].content[0]', user([{ type: 'video_url', video_url: { url: 'https://x.example/v' } }])],
    ['messages[0].content[0].file.file_id', user([{ type: 'file', file: { file_id: 'file_1' } }])],
    ['messages[0].content[0].file.file_data', user([{ type: 'file', file: {} }])],
    [
      'messages[0].content[0].file.file_data',
      user([{ type: 'file', file: { file_data: 'data:application/zip;base64,UEsDBA==' } }]),
    ],
    [
      'messages[0].content[0].image_url.url',
      user([{ type: 'image_url', image_url: { url: 'http://x.example/a.png' } }]),
    ],
    [
      'messages[0].content[0].image_url.url',
      user([{ type: 'image_url', image_url: { url: 'data:image/png;base64,!!' } }]),
    ],
    [
      'messages[0].content[1]',
      { role: 'assistant', content: [text('a'), { type: 'image_url', image_url: { url: 'https://x.example/a.png' } }] },
    ],
    ['messages[0].audio', { role: 'assistant', audio: { id: 'a' } }],
  ])('refuses %s', (param, message) => {
    expect(refused(messages(message))).toBe(param);
  });
});

describe('media', () => {
  const block = (part: object, setup: Setup = {}) =>
    (body(messages(user([part])), setup)['messages'] as { content: unknown[] }[])[0]!.content[0];
  const image = (url: string) => block({ type: 'image_url', image_url: { url } });
  const file = (members: object, setup: Setup = {}) => block({ type: 'file', file: members }, setup);

  it.each([
    ['data:image/jpg;base64,/9j/4AAQ', 'image/jpeg', '/9j/4AAQ'],
    [`data:image/jpeg;base64,${PNG}`, 'image/png', PNG],
    ['data:application/octet-stream;base64,R0lGODlh', 'image/gif', 'R0lGODlh'],
    ['data:;base64,UklGRgAAAABXRUJQVlA4', 'image/webp', 'UklGRgAAAABXRUJQVlA4'],
    ['data:image/jpeg;charset=x;base64,_9j_\n4AAQ', 'image/jpeg', '/9j/4AAQ'],
  ])('reads %s', (url, type, data) => {
    expect(image(url)).toEqual({ type: 'image', source: { type: 'base64', media_type: type, data } });
  });

  it('sends documents of every kind', () => {
    expect(file({ file_data: 'JVBERi0=', filename: 'a.pdf' })).toMatchObject({
      type: 'document',
      title: 'a.pdf',
      source: { type: 'base64', media_type: 'application/pdf' },
    });
    expect(file({ file_data: 'https://x.example/a.pdf' })).toEqual({
      type: 'document',
      source: { type: 'url', url: 'https://x.example/a.pdf' },
    });
    expect(file({ file_data: 'data:text/csv;base64,YSxi', filename: 'a.csv' })).toEqual({
      type: 'document',
      title: 'a.csv',
      source: { type: 'text', media_type: 'text/plain', data: 'a,b' },
    });
    expect(file({ file_data: 'YSxi', filename: 'a.csv' })).toMatchObject({ source: { type: 'text', data: 'a,b' } });
    expect(file({ file_data: `data:image/png;base64,${PNG}` })).toMatchObject({ type: 'image' });
    expect(file({ file_id: 'file_1', filename: 'x' }, { options: { fileIds: true } })).toEqual({
      type: 'document',
      title: 'x',
      source: { type: 'file', file_id: 'file_1' },
    });
  });

  it('reports what a picture cannot express', () => {
    const url = 'https://x.example/a.png';
    expect(dropped(messages(user([{ type: 'image_url', image_url: { url, detail: 'low' } }])))).toEqual([
      'messages[0].content[0].image_url.detail',
    ]);
    expect(dropped(messages(user([{ type: 'image_url', image_url: { url, detail: 'auto' } }])))).toEqual([]);
    expect(dropped(messages(user([{ type: 'file', file: { file_data: PNG, filename: 'a.png' } }])))).toEqual([
      'messages[0].content[0].file.filename',
    ]);
  });
});

describe('tools', () => {
  it('keeps names apart that become equal, and keeps those that fit', () => {
    const { tools } = body({
      tools: [tool('a.b'), tool('a_b'), tool('a b')],
      tool_choice: { type: 'function', function: { name: 'a.b' } },
    }) as { tools: { name: string }[] };
    expect(tools[1]!.name).toBe('a_b');
    expect(new Set(tools.map(({ name }) => name)).size).toBe(3);
    for (const { name } of tools) expect(name).toMatch(/^[a-zA-Z0-9_-]{1,128}$/);
  });

  it('shortens long names with a hash', () => {
    const names = ['x'.repeat(200), `${'x'.repeat(199)}y`];
    const { tools } = body({ tools: names.map((name) => tool(name)) }) as { tools: { name: string }[] };
    expect(tools.map(({ name }) => name.length)).toEqual([128, 128]);
    expect(tools[0]!.name).not.toBe(tools[1]!.name);
  });

  it.each([
    [undefined, { type: 'object', properties: {} }],
    [null, { type: 'object', properties: {} }],
    [{}, { type: 'object', properties: {} }],
    [{ properties: { a: {} } }, { type: 'object', properties: { a: {} } }],
    [
      { type: ['object', 'null'], properties: {} },
      { type: 'object', properties: {} },
    ],
    [
      {
        allOf: [
          { properties: { a: { type: 'string' } }, required: ['a'] },
          { type: 'object', properties: { b: {} }, required: ['b'], description: 'd' },
        ],
      },
      { type: 'object', properties: { a: { type: 'string' }, b: {} }, required: ['a', 'b'], description: 'd' },
    ],
    [
      { $ref: '#/$defs/p', $defs: { p: { type: 'object', properties: { q: { $ref: '#/$defs/p' } } } } },
      {
        $defs: { p: { type: 'object', properties: { q: { $ref: '#/$defs/p' } } } },
        type: 'object',
        properties: { q: { $ref: '#/$defs/p' } },
      },
    ],
  ])('sends the schema %j', (parameters, schema) => {
    expect(body({ tools: [tool('f', parameters)] })['tools']).toEqual([{ name: 'f', input_schema: schema }]);
  });

  it.each([
    [{ anyOf: [{ type: 'object' }] }],
    [{ type: 'object', oneOf: [] }],
    [{ type: 'string' }],
    [{ $ref: '#/$defs/none' }],
    [{ type: 'object', properties: { a: { $ref: 'https://x.example/s' } } }],
    [Array.from({ length: 70 }).reduce<object>((inner) => ({ type: 'object', properties: { a: inner } }), {})],
  ])('refuses a schema without a form: %j', (parameters) => {
    expect(refused({ tools: [tool('ok'), tool('f', parameters)] })).toBe('tools[1].function.parameters');
  });

  it('is strict if the schema can be expressed, and reports it otherwise', () => {
    expect(body({ tools: [tool('f', { ...city, $schema: 'x' }, { strict: true })] })['tools']).toEqual([
      { name: 'f', input_schema: city, strict: true },
    ]);
    const open = { tools: [tool('f', { type: 'object', additionalProperties: true }, { strict: true })] };
    expect(body(open)['tools']).toEqual(
      [{ name: 'f', input_schema: { type: 'object', additionalProperties: true, properties: undefined } }].map(
        (entry) => JSON.parse(JSON.stringify(entry)) as unknown,
      ),
    );
    expect(dropped(open)).toEqual(['tools[0].function.strict']);
  });

  it.each([
    ['auto', undefined],
    ['none', { type: 'none' }],
    ['required', { type: 'any' }],
    [
      { type: 'function', function: { name: 'f' } },
      { type: 'tool', name: 'f' },
    ],
    [
      {
        type: 'allowed_tools',
        allowed_tools: { mode: 'auto', tools: [{ type: 'function', function: { name: 'f' } }] },
      },
      undefined,
    ],
  ])('chooses %j', (choice, expected) => {
    expect(body({ tools: [tool()], tool_choice: choice })['tool_choice']).toEqual(expected);
  });

  it.each([['required'], ['auto'], [{ type: 'function', function: { name: 'f' } }]])(
    'switches parallel calls off with %j',
    (choice) => {
      expect(body({ tools: [tool()], tool_choice: choice, parallel_tool_calls: false })['tool_choice']).toMatchObject({
        disable_parallel_tool_use: true,
      });
    },
  );

  it('drops a tool choice without tools', () => {
    expect(body({ tool_choice: 'none', parallel_tool_calls: false })).not.toHaveProperty('tool_choice');
    expect(body({ tools: [], tool_choice: 'auto' })).not.toHaveProperty('tools');
    expect(body({ tools: [tool()], tool_choice: 'none', parallel_tool_calls: false })['tool_choice']).toEqual({
      type: 'none',
    });
  });

  it.each([
    [{ tools: [tool()], tool_choice: { type: 'function', function: { name: 'g' } } }, {}, 'tool_choice'],
    [
      {
        tools: [tool()],
        tool_choice: { type: 'allowed_tools', allowed_tools: { mode: 'auto', tools: [{ name: 'g' }] } },
      },
      {},
      'tool_choice',
    ],
    [{ tool_choice: 'required' }, {}, 'tool_choice'],
    [{ functions: [{ name: 'f' }], function_call: { name: 'g' } }, {}, 'function_call'],
    [{ tools: [tool()], tool_choice: 'required' }, { traits: { forcedTools: false } }, 'tool_choice'],
    [{ tools: [tool()], tool_choice: 'required' }, { traits: { thinking: 'always' } }, 'tool_choice'],
    [{ tools: [tool()], tool_choice: 'required' }, { model: 'claude-opus-5-5' }, 'tool_choice'],
    [{ tools: [tool()], tool_choice: 'required' }, { model: 'claude-fable-5' }, 'not refused'],
    [{ tools: [{ type: 'web_search_preview' }] }, {}, 'tools[0].type'],
  ])('refuses a choice that cannot be: %#', (members, setup, param) => {
    expect(refused(members, setup)).toBe(param);
  });

  it('emulates custom tools in requests, choices and history', () => {
    const custom = { type: 'custom', custom: { name: 'sh', format: { type: 'text' } } };
    const said = {
      role: 'assistant',
      content: null,
      tool_calls: [{ id: 'c', type: 'custom', custom: { name: 'sh', input: 'ls' } }],
    };
    const members = {
      tools: [custom],
      tool_choice: { type: 'custom', custom: { name: 'sh' } },
      ...messages(user('q'), said, result('c')),
    };
    expect(body(members)).toMatchObject({
      tool_choice: { type: 'tool', name: 'sh' },
      messages: [{}, { content: [{ name: 'sh', input: { input: 'ls' } }] }, {}],
    });
    expect(refused(messages(user('q'), said, result('c')))).toBe('messages[1].tool_calls[0]');
  });

  it('searches the web where the door can', () => {
    const wanted = {
      web_search_options: {
        search_context_size: 'low',
        user_location: { type: 'approximate', approximate: { city: 'Oslo', country: null } },
      },
      tools: [tool('web_search')],
    };
    const { tools } = body(wanted) as { tools: JsonObject[] };
    expect(tools[1]).toEqual({
      type: 'web_search_20250305',
      name: 'web_search',
      user_location: { type: 'approximate', city: 'Oslo' },
    });
    expect(tools[0]!['name']).not.toBe('web_search');
    expect(dropped(wanted)).toEqual(['web_search_options.search_context_size']);
    expect(refused(wanted, { options: { door: 'bedrock' } })).toBe('web_search_options');
  });
});

describe('thinking', () => {
  const manual = { traits: { thinking: 'manual' } };
  it.each([
    ['minimal', 10_000, 1_024],
    ['low', 10_000, 1_024],
    ['medium', 10_000, 5_000],
    ['high', 10_000, 8_000],
    ['xhigh', 10_000, 9_500],
    ['max', 10_000, 9_500],
    ['medium', 1_500, 1_024],
    ['high', 1_025, 1_024],
  ])('maps effort %s of %d tokens to a budget of %d', (effort, max, budget) => {
    expect(body({ reasoning_effort: effort, max_tokens: max }, manual)).toMatchObject({
      max_tokens: max,
      thinking: { type: 'enabled', budget_tokens: budget },
    });
  });

  it('adds the budget to the default limit, within that of the endpoint', () => {
    expect(body({ reasoning_effort: 'low' }, manual)).toMatchObject({
      max_tokens: 5_120,
      thinking: { budget_tokens: 1_024 },
    });
    expect(body({ reasoning_effort: 'high' }, { ...manual, maxCompletionTokens: 10_000 })).toMatchObject({
      max_tokens: 10_000,
      thinking: { budget_tokens: 8_000 },
    });
  });

  it('accepts a budget in tokens', () => {
    expect(body({ reasoning: { max_tokens: 2_000 }, max_tokens: 4_000 }, manual)).toMatchObject({
      thinking: { budget_tokens: 2_000 },
    });
    const adaptive = { traits: { thinking: 'adaptive' } };
    expect(body({ reasoning: { max_tokens: 20_000 } }, adaptive)).toMatchObject({ output_config: { effort: 'high' } });
    expect(dropped({ reasoning: { max_tokens: 20_000 } }, adaptive)).toEqual(['reasoning.max_tokens']);
  });

  it.each([
    ['none', 'adaptive', { thinking: { type: 'disabled' } }, []],
    ['none', 'manual', {}, []],
    ['none', 'always', { output_config: { effort: 'low' } }, ['reasoning_effort']],
    [
      'minimal',
      'adaptive',
      { thinking: { type: 'adaptive', display: 'summarized' }, output_config: { effort: 'low' } },
      [],
    ],
    ['max', 'always', { thinking: { type: 'adaptive', display: 'summarized' }, output_config: { effort: 'max' } }, []],
    ['high', 'none', {}, ['reasoning_effort']],
    ['odd', 'adaptive', {}, ['reasoning_effort']],
  ])('sends effort %s to a model that thinks %s', (effort, thinking, expected, reported) => {
    const members = { reasoning_effort: effort };
    const { thinking: sentThinking, output_config } = body(members, { traits: { thinking } });
    expect({
      ...(sentThinking === undefined ? {} : { thinking: sentThinking }),
      ...(output_config === undefined ? {} : { output_config }),
    }).toEqual(expected);
    expect(dropped(members, { traits: { thinking } })).toEqual(reported);
  });

  it('never turns thinking on unasked', () => {
    for (const thinking of ['adaptive', 'manual', 'always'])
      expect(body({}, { traits: { thinking } })).not.toHaveProperty('thinking');
    expect(body({ reasoning: { exclude: true } })).not.toHaveProperty('thinking');
  });

  it('omits the text where it is excluded', () => {
    expect(body({ reasoning: { effort: 'low', exclude: true } }, { traits: { thinking: 'adaptive' } })).toMatchObject({
      thinking: { display: 'omitted' },
    });
    expect(
      body({ reasoning_effort: 'low', include_reasoning: false }, { traits: { thinking: 'adaptive' } }),
    ).toMatchObject({ thinking: { display: 'omitted' } });
  });

  it('refuses two efforts that differ', () => {
    expect(refused({ reasoning_effort: 'low', reasoning: { effort: 'high' } })).toBe('reasoning_effort');
    expect(refused({ reasoning_effort: 'low', reasoning: { effort: 'low' } })).toBe('not refused');
  });

  it('is off for a forced call, and for a turn whose thinking was lost', () => {
    const forced = { reasoning_effort: 'high', max_tokens: 9_000, tools: [tool()], tool_choice: 'required' };
    for (const thinking of ['manual', 'adaptive']) {
      expect(body(forced, { traits: { thinking } })).not.toHaveProperty('thinking');
      expect(dropped(forced, { traits: { thinking } })).toEqual(['reasoning_effort']);
    }
    const lost = { reasoning_effort: 'low', tools: [tool()], ...messages(user('q'), calls(call('a')), result('a')) };
    expect(body(lost, manual)).not.toHaveProperty('thinking');
    expect(dropped(lost, manual)).toEqual(['reasoning_effort']);
    expect(body(lost, { traits: { thinking: 'adaptive' } })).toHaveProperty('thinking');
    expect(
      body(
        {
          ...lost,
          ...messages(user('q'), calls(call('a')), result('a'), { role: 'assistant', content: 'ok' }, user('next')),
        },
        manual,
      ),
    ).toHaveProperty('thinking');
  });

  it('sends blocks of LiteLLM back, but nothing unsigned and nothing to a model that does not think', () => {
    const said = {
      ...calls(call('a')),
      thinking_blocks: [
        { type: 'thinking', thinking: 'Hm', signature: 'S' },
        { type: 'thinking', thinking: 'x' },
        { type: 'redacted_thinking', data: 'E' },
      ],
    };
    const turn = messages(user('q'), said, result('a'));
    expect((body(turn)['messages'] as JsonObject[])[1]!['content']).toEqual([
      { type: 'thinking', thinking: 'Hm', signature: 'S' },
      { type: 'redacted_thinking', data: 'E' },
      { type: 'tool_use', id: 'a', name: 'f', input: {} },
    ]);
    expect(
      (body(turn, { traits: { thinking: 'none' } })['messages'] as { content: unknown[] }[])[1]!.content,
    ).toHaveLength(1);
  });
});

describe('settings', () => {
  it.each([
    [{ temperature: 1.7 }, {}, { temperature: 1 }, ['temperature']],
    [{ temperature: 0.2, top_p: 0.9 }, {}, { temperature: 0.2 }, ['top_p']],
    [{ temperature: 0.2, top_p: 0.9 }, { model: 'claude-3-5-sonnet-20241022' }, { temperature: 0.2, top_p: 0.9 }, []],
    [{ top_p: 0.9, top_k: 5 }, {}, { top_p: 0.9, top_k: 5 }, []],
    [{ temperature: 1, top_k: 5 }, { model: 'us.anthropic.claude-opus-4-7-v1:0' }, {}, ['temperature', 'top_k']],
    [{ temperature: 0.2 }, { options: { version: '2026-10-21' } }, {}, ['temperature']],
    [{ temperature: 0.2, reasoning_effort: 'low', max_tokens: 4_000 }, {}, {}, ['temperature']],
    [
      { temperature: 1, top_p: 0.96, top_k: 3, reasoning_effort: 'low', max_tokens: 4_000 },
      { traits: { temperatureWithTopP: true } },
      { temperature: 1, top_p: 0.96 },
      ['top_k'],
    ],
  ])('sends the sampling of %j', (members, setup, expected, reported) => {
    const { temperature, top_p, top_k } = body(members, setup);
    expect(JSON.parse(JSON.stringify({ temperature, top_p, top_k }))).toEqual(expected);
    expect(dropped(members, setup).toSorted()).toEqual(reported);
  });

  it.each([
    ['auto', {}, []],
    ['default', { service_tier: 'standard_only' }, []],
    ['priority', { service_tier: 'auto' }, []],
    ['flex', {}, ['service_tier']],
    ['fast', {}, ['service_tier']],
  ])('sends the tier %s', (tier, expected, reported) => {
    expect(body({ service_tier: tier })).toEqual({ ...body({}), ...expected });
    expect(dropped({ service_tier: tier })).toEqual(reported);
  });

  it('sends the fast tier where the endpoint declares it', () => {
    expect(body({ service_tier: 'fast' }, { traits: { fast: true } })).toMatchObject({ speed: 'fast' });
  });

  it('drops stop sequences of white space', () => {
    expect(body({ stop: ['\n', 'END'] })['stop_sequences']).toEqual(['END']);
    expect(dropped({ stop: ['\n', 'END'] })).toEqual(['stop']);
    expect(body({ stop: ' ' })).not.toHaveProperty('stop_sequences');
  });

  it('sends an opaque user id', () => {
    expect(body({ metadata: { user_id: 'u' } })['metadata']).toEqual({ user_id: 'u' });
    expect(dropped({ metadata: { user_id: 'u' } })).toEqual([]);
    expect(dropped({ metadata: { user_id: 'u', a: 'b' } })).toEqual(['metadata']);
    expect(dropped({ safety_identifier: 's'.repeat(257) })).toEqual(['safety_identifier']);
    expect(body({ user: 'u' })).not.toHaveProperty('metadata');
    expect(body({ user: 'u' }, { options: { sendUser: true } })['metadata']).toEqual({ user_id: 'u' });
  });

  it('sends 4,096 tokens if no limit is set', () => {
    expect(body({})['max_tokens']).toBe(4_096);
  });

  it.each([
    [{ n: 2 }, 'n'],
    [{ modalities: ['text', 'audio'], audio: { voice: 'alloy', format: 'wav' } }, 'modalities'],
    [{ modalities: ['text'] }, 'not refused'],
    [{ response_format: { type: 'json_object' } }, 'response_format'],
    [{ response_format: { type: 'json_schema', json_schema: { name: 'p' } } }, 'response_format'],
    [
      { response_format: { type: 'json_schema', json_schema: { name: 'p', schema: { type: 'array' } } } },
      'response_format.json_schema.schema',
    ],
    [
      { response_format: { type: 'json_schema', json_schema: { name: 'p', schema: { anyOf: [{ type: 'object' }] } } } },
      'response_format.json_schema.schema',
    ],
  ])('refuses %j', (members, param) => {
    expect(refused(members)).toBe(param);
  });
});

describe('structured output', () => {
  const withSchema = (schema: object, name = 'p') => ({
    response_format: { type: 'json_schema', json_schema: { name, schema, description: 'd' } },
  });

  it('requests it in a system block if the endpoint is configured so', () => {
    const members = {
      response_format: { type: 'json_object' },
      ...messages({ role: 'system', content: 's' }, user('q')),
    };
    expect(body(members, { traits: { jsonObject: 'instruct' } })['system']).toEqual([
      text('s'),
      text(expect.stringContaining('JSON') as unknown as string),
    ]);
  });

  it.each([
    ['an open object', { type: 'object', additionalProperties: true }],
    [
      'a recursion',
      {
        type: 'object',
        properties: { a: { $ref: '#/$defs/a' } },
        $defs: { a: { type: 'object', properties: { b: { $ref: '#/$defs/a' } } } },
      },
    ],
    [
      'many optional properties',
      {
        type: 'object',
        properties: Object.fromEntries(Array.from({ length: 11 }, (_, i) => [`p${i}`, { type: 'string' }])),
      },
    ],
  ])('uses a tool for %s', (_, schema) => {
    expect(body(withSchema(schema))).toMatchObject({
      tools: [{ name: 'p', description: 'd' }],
      tool_choice: { type: 'tool', name: 'p', disable_parallel_tool_use: true },
    });
    expect(body(withSchema(schema))).not.toHaveProperty('output_config');
    expect(refused(withSchema(schema), { traits: { forcedTools: false } })).toBe('response_format');
  });

  it('offers it beside the tools of the caller', () => {
    const setup = { traits: { nativeJsonSchema: false } };
    const both = { ...withSchema(city, 'f'), tools: [tool('f')] };
    const { tools, tool_choice } = body(both, setup) as { tools: { name: string }[]; tool_choice: object };
    expect(tools.map(({ name }) => name)).toEqual(['f', expect.stringMatching(/^f_[0-9a-f]{8}$/)]);
    expect(tool_choice).toEqual({ type: 'any' });
    expect(body({ ...both, tool_choice: 'none' }, setup)['tool_choice']).toMatchObject({
      type: 'tool',
      name: tools[1]!.name,
    });
    expect(body({ ...both, tool_choice: 'required' }, setup)).toMatchObject({
      tools: [{ name: 'f' }],
      tool_choice: { type: 'any' },
    });
  });

  it('cleans what constrained decoding does not know', () => {
    const schema = {
      type: 'object',
      description: 'whole',
      properties: {
        a: { type: 'string', description: 'A', minLength: 1, format: 'phone', pattern: '^x' },
        b: {
          oneOf: [
            { type: 'string' },
            {
              type: 'object',
              properties: { c: { type: 'array', items: { type: 'string' }, minItems: 2 } },
              required: ['c'],
            },
          ],
        },
        d: { $ref: '#/$defs/d', description: 'dropped' },
        e: { type: 'array', items: { type: 'string', format: 'email' }, minItems: 1 },
      },
      required: ['a', 'b', 'd', 'e'],
      $defs: { d: { type: 'number', maximum: 5 } },
    };
    expect((body(withSchema(schema))['output_config'] as { format: { schema: unknown } }).format.schema).toEqual({
      type: 'object',
      description: 'whole',
      properties: {
        a: { type: 'string', description: 'A\nminLength: 1; pattern: ^x; format: phone.' },
        b: {
          anyOf: [
            { type: 'string' },
            {
              type: 'object',
              properties: { c: { type: 'array', items: { type: 'string' }, description: 'minItems: 2.' } },
              required: ['c'],
              additionalProperties: false,
            },
          ],
        },
        d: { $ref: '#/$defs/d' },
        e: { type: 'array', items: { type: 'string', format: 'email' }, minItems: 1 },
      },
      required: ['a', 'b', 'd', 'e'],
      additionalProperties: false,
      $defs: { d: { type: 'number', description: 'maximum: 5.' } },
    });
  });
});

describe('prompt caching', () => {
  const marks = (value: unknown): number => JSON.stringify(value).split('"cache_control"').length - 1;

  it('marks parts, messages, system, tool messages, pictures and files', () => {
    const image = {
      type: 'image_url',
      image_url: { url: 'https://x.example/a.png' },
      cache_control: { type: 'ephemeral', ttl: '1h' },
    };
    const sentBody = body(
      messages(
        { role: 'system', content: 's', cache_control: { type: 'ephemeral', ttl: '1h' } },
        user([image, text('q')]),
        calls(call('a')),
        result('a', 'r', { cache_control: mark }),
        user('last', { cache_control: mark }),
      ),
    );
    expect(sentBody).toMatchObject({
      system: [{ cache_control: { ttl: '1h' } }],
      messages: [
        { content: [{ type: 'image', cache_control: { ttl: '1h' } }, {}] },
        {},
        { content: [{ type: 'tool_result', cache_control: mark }, { cache_control: mark }] },
      ],
    });
    expect(marks(sentBody)).toBe(4);
  });

  it('marks a file, and follows an explicit breakpoint', () => {
    const file = { type: 'file', file: { file_data: 'JVBERi0=' }, prompt_cache_breakpoint: {} };
    expect(body(messages(user([file, text('q')])))).toMatchObject({
      messages: [{ content: [{ type: 'document', cache_control: mark }, {}] }],
    });
  });

  it('drops the mark of a blank text, and never marks thinking', () => {
    expect(marks(body(messages(user([text('a'), text(' ', { cache_control: mark })]))))).toBe(0);
    const said = {
      role: 'assistant',
      content: 'x',
      cache_control: mark,
      thinking_blocks: [{ type: 'thinking', thinking: 'Hm', signature: 'S' }],
    };
    expect(body(messages(user('q'), said, user('r')))).toMatchObject({
      messages: [{}, { content: [{ type: 'thinking' }, { type: 'text', cache_control: mark }] }, {}],
    });
  });

  it('keeps marks of tools and system before those of messages, at most four in all', () => {
    const marked = {
      tools: [
        { ...tool('f'), cache_control: mark },
        { ...tool('g'), cache_control: mark },
      ],
      ...messages(
        { role: 'system', content: 's', cache_control: mark },
        user('1', { cache_control: mark }),
        user('2', { cache_control: mark }),
      ),
    };
    const sentBody = body(marked);
    expect([marks(sentBody['tools']), marks(sentBody['system']), marks(sentBody['messages'])]).toEqual([2, 1, 1]);
    expect(sentBody).toMatchObject({ messages: [{ content: [text('1'), text('2', { cache_control: mark })] }] });
    expect(marks({ ...body({ ...marked, cache_control: mark }) })).toBe(4);
  });

  it('never puts a longer lifetime behind a shorter one', () => {
    const hour = { cache_control: { type: 'ephemeral', ttl: '1h' } };
    expect(body(messages({ role: 'system', content: 's', cache_control: mark }, user('q', hour)))).toMatchObject({
      messages: [{ content: [{ cache_control: { ttl: '5m' } }] }],
    });
  });

  it('marks by itself if the endpoint is configured so and the request has no marks', () => {
    const plain = {
      tools: [tool('f'), tool('g')],
      ...messages({ role: 'system', content: 's' }, user('1'), { role: 'assistant', content: 'a' }, user('2')),
    };
    const automatic = { traits: { promptCaching: 'auto' } };
    expect(body(plain, automatic)).toMatchObject({
      tools: [{}, { cache_control: mark }],
      system: [{ cache_control: mark }],
      messages: [{}, {}, { content: [{ cache_control: mark }] }],
    });
    expect(marks(body(plain, automatic))).toBe(3);
    expect(body(plain, { options: { promptCaching: 'auto' } })).toEqual(body(plain, automatic));
    expect(marks(body({ ...plain, cache_control: mark }, automatic))).toBe(1);
    expect(marks(body(plain))).toBe(0);
    expect(marks(body({ ...plain, cache_control: mark }, { traits: { promptCaching: false } }))).toBe(0);
  });

  it('ignores marks that are none', () => {
    expect(
      marks(
        body(messages(user([text('a', { cache_control: { type: 'forever' } }), text('b', { cache_control: null })]))),
      ),
    ).toBe(0);
  });
});

describe('doors', () => {
  const id = 'us.anthropic.claude-sonnet-4-5-20250929-v1:0';

  it('is Anthropic by default', () => {
    const { path, headers, body: sentBody } = exchange({}, { stream: true, options: { betas: ['a', 'b'] } });
    expect(path).toBe('/v1/messages');
    expect(headers).toEqual({ 'anthropic-version': '2023-06-01', 'anthropic-beta': 'a,b' });
    expect(sentBody).toMatchObject({ model: 'claude-sonnet-4-5', stream: true });
    expect(anthropic()).toMatchObject({
      name: 'anthropic',
      path: '/v1/messages',
      auth: 'x-api-key',
      defaultBaseUrl: 'https://api.anthropic.com',
    });
  });

  it.each([
    [false, 'rawPredict'],
    [true, 'streamRawPredict'],
  ])('goes through Vertex, streamed: %s', (stream, verb) => {
    const { path, body: sentBody } = exchange(
      {},
      { stream, model: 'claude-sonnet-4-5@20250929', options: { door: 'vertex' } },
    );
    expect(path).toBe(`/publishers/anthropic/models/claude-sonnet-4-5@20250929:${verb}`);
    expect(sentBody).toMatchObject({ anthropic_version: 'vertex-2023-10-16' });
    expect(sentBody).not.toHaveProperty('model');
  });

  it.each([
    [false, 'invoke'],
    [true, 'invoke-with-response-stream'],
  ])('goes through Bedrock, streamed: %s', (stream, verb) => {
    const { path, body: sentBody } = exchange({}, { stream, model: id, options: { door: 'bedrock', betas: ['a'] } });
    expect(path).toBe(`/model/us.anthropic.claude-sonnet-4-5-20250929-v1%3A0/${verb}`);
    expect(sentBody).toMatchObject({ anthropic_version: 'bedrock-2023-05-31', anthropic_beta: ['a'] });
    for (const member of ['model', 'stream']) expect(sentBody).not.toHaveProperty(member);
  });

  it('lets no model name out of its segment', () => {
    for (const door of ['vertex', 'bedrock'] as const) {
      expect(exchange({}, { model: '../../x?y#z', options: { door } }).path).toContain('..%2F..%2Fx%3Fy%23z');
      for (const model of ['', '.', '..']) expect(refused({}, { model, options: { door } })).toBe('model');
    }
  });

  it.each([
    [{ door: 'azure' }, /door.*"azure"/],
    [{ promptCaching: 'yes' }, /promptCaching.*"yes"/],
  ])('names an option that is wrong: %j', (options, error) => {
    expect(() => anthropic(options as never)).toThrow(error);
  });
});

describe('supported parameters', () => {
  const supported = (upstreamModel: string, traits: JsonObject = {}) =>
    anthropic().supportedParameters!({ upstreamModel, maxCompletionTokens: undefined, traits });

  it('follow the model', () => {
    expect(supported('claude-sonnet-4-5')).toContain('temperature');
    expect(supported('claude-opus-5')).not.toContain('temperature');
    expect(supported('claude-sonnet-4-5', { apiVersion: '2026-10-21' })).not.toContain('top_k');
    expect(supported('claude-3-haiku-20240307')).not.toContain('reasoning_effort');
  });

  it('omit what is dropped, and keep what must be refused', () => {
    const names = supported('claude-sonnet-4-5');
    for (const name of ['seed', 'logprobs', 'verbosity', 'frequency_penalty', 'min_p'])
      expect(names).not.toContain(name);
    for (const name of [
      'tools',
      'tool_choice',
      'structured_outputs',
      'response_format',
      'stop',
      'max_tokens',
      'web_search_options',
    ])
      expect(names).toContain(name);
  });
});
