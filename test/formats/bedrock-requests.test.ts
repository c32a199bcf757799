import { describe, expect, it } from 'vitest';
import { UnsupportedRequest } from '../../src/contracts/wire-format.js';
import { bedrock } from '../../src/formats/bedrock/bedrock.js';
import { exchangeFor } from './bedrock-cases.js';

type Traits = Record<string, unknown>;

const format = bedrock();
const claude: Traits = { family: 'claude' };
const weather = { type: 'function', function: { name: 'get_weather', parameters: { type: 'object', properties: {} } } };
const call = (id: string, name = 'get_weather', args = '{}') => ({
  id,
  type: 'function',
  function: { name, arguments: args },
});
const calls = (...list: object[]) => ({ role: 'assistant', content: null, tool_calls: list });
const result = (id: string, content: unknown = '3', more: object = {}) => ({
  role: 'tool',
  tool_call_id: id,
  content,
  ...more,
});
const user = (content: unknown = 'w?') => ({ role: 'user', content });

interface Body {
  messages: { role: string; content: Record<string, unknown>[] }[];
  system?: unknown[];
  toolConfig?: { tools: Record<string, unknown>[]; toolChoice?: unknown };
  inferenceConfig?: Record<string, unknown>;
  additionalModelRequestFields?: Record<string, unknown>;
  outputConfig?: { textFormat: { structure: { jsonSchema: { schema: string } } } };
  [key: string]: unknown;
}

function send(messages: object[], more: object = {}, traits: Traits = claude, upstreamModel = 'm') {
  const request = { messages, ...more };
  const { body, dropped, path } = exchangeFor(format, { request, model: { upstreamModel, traits } });
  return { body: body as Body, dropped, path };
}

function refusedParam(messages: object[], more: object = {}, traits: Traits = claude): string | undefined {
  try {
    send(messages, more, traits);
  } catch (error) {
    if (error instanceof UnsupportedRequest) return error.param;
    throw error;
  }
  return undefined;
}

const blocks = (messages: object[], traits: Traits = claude) =>
  send(messages, {}, traits).body.messages.at(-1)!.content;
const part = (type: string, value: object) => ({ type, [type]: value });
const image = (url: string, more: object = {}) => part('image_url', { url, ...more });
const file = (more: object) => part('file', more);
const text = { type: 'text', text: 'What?' };

describe('order', () => {
  it('puts results first, in one turn with the text around them', () => {
    expect(
      send([user(), calls(call('a'), call('b')), user('meanwhile'), result('b'), result('a')]).body.messages[2],
    ).toEqual({
      role: 'user',
      content: [
        { toolResult: { toolUseId: 'b', content: [{ text: '3' }] } },
        { toolResult: { toolUseId: 'a', content: [{ text: '3' }] } },
        { text: 'meanwhile' },
      ],
    });
  });

  it('hoists system and developer texts from wherever they stand', () => {
    const messages = [
      { role: 'system', content: 'A' },
      user('1'),
      { role: 'developer', content: [{ type: 'text', text: 'B' }] },
    ];
    expect(send(messages).body.system).toEqual([{ text: 'A' }, { text: 'B' }]);
  });

  it.each([
    [[{ role: 'system', content: 'A' }], 'messages'],
    [[{ role: 'system', content: 'A' }, { role: 'assistant', content: 'x' }, user()], 'messages[1]'],
    [[user('  ')], 'messages[0].content'],
    [[user([])], 'messages[0].content'],
    [[user(), result('nowhere')], 'messages[1].tool_call_id'],
    [[user(), { role: 'function', name: 'f', content: '1' }], 'messages[1].name'],
    [[user(), { role: 'assistant', audio: { id: 'a' } }, user()], 'messages[1].audio'],
  ])('refuses %j', (messages, param) => expect(refusedParam(messages)).toBe(param));

  it('leaves an empty assistant message out, so that its neighbours become one', () => {
    const { body } = send([user('1'), { role: 'assistant', content: '' }, user('2')]);
    expect(body.messages).toEqual([{ role: 'user', content: [{ text: '1' }, { text: '2' }] }]);
  });

  it('trims a prefill where the model takes one', () => {
    const messages = [user(), { role: 'assistant', content: 'It is  \n' }];
    expect(send(messages).body.messages[1]!.content).toEqual([{ text: 'It is' }]);
    expect(refusedParam(messages, {}, { family: 'nova' })).toBe('messages[1]');
    expect(refusedParam(messages, {}, { family: 'claude', prefill: false })).toBe('messages[1]');
  });

  it('reports names and shows refusals as text', () => {
    const { body, dropped } = send([
      { ...user(), name: 'Ann' },
      { role: 'assistant', content: null, refusal: 'No.' },
      user(),
    ]);
    expect(dropped).toEqual(['messages[0].name']);
    expect(body.messages[1]!.content).toEqual([{ text: 'No.' }]);
  });
});

describe('calls and results', () => {
  it.each([
    ['', {}],
    ['  ', {}],
    ['{"a":1}', { a: 1 }],
    ['"Oslo"', { __invalid_arguments: '"Oslo"' }],
    ['{"city":', { __invalid_arguments: '{"city":' }],
    ['[1]', { __invalid_arguments: '[1]' }],
  ])('arguments %j are sent as an object', (args, input) => {
    const { body } = send([user(), calls(call('a', 'f', args)), result('a')]);
    expect(body.messages[1]!.content).toEqual([{ toolUse: { toolUseId: 'a', name: 'f', input } }]);
  });

  it('fit ids in calls and results alike', () => {
    const long = 'x'.repeat(80);
    const { body } = send([
      user(),
      calls(call('call.1/é'), call(long), call('')),
      result('call.1/é'),
      result(long),
      result(''),
    ]);
    const ids = body.messages[1]!.content.map(({ toolUse }) => (toolUse as { toolUseId: string }).toolUseId);
    expect(ids).toEqual(['call_1__', expect.stringMatching(/^x{40}_[0-9a-f]{8}$/), 'call_1_2']);
    expect(body.messages[2]!.content.map(({ toolResult }) => (toolResult as { toolUseId: string }).toolUseId)).toEqual(
      ids,
    );
  });

  it('give Mistral ids of nine letters and digits', () => {
    const { body } = send(
      [user(), calls(call('call_1'), call('abcDEF123')), result('call_1'), result('abcDEF123')],
      {},
      { family: 'mistral' },
    );
    const ids = body.messages[1]!.content.map(({ toolUse }) => (toolUse as { toolUseId: string }).toolUseId);
    expect(ids).toEqual([expect.stringMatching(/^[a-z0-9]{9}$/), 'abcDEF123']);
  });

  it('pair an id that several turns use with the latest call', () => {
    const { body } = send([user(), calls(call('a')), result('a', '1'), calls(call('a')), result('a', '2')]);
    const sent = [2, 4].map((index) => body.messages[index]!.content[0]!['toolResult']);
    expect(sent).toEqual([
      { toolUseId: 'a', content: [{ text: '1' }] },
      { toolUseId: 'a_2', content: [{ text: '2' }] },
    ]);
  });

  it('keep the last of two results, and report the other', () => {
    const { body, dropped } = send([user(), calls(call('a')), result('a', 'old'), result('a', 'new')]);
    expect(body.messages[2]!.content).toEqual([{ toolResult: { toolUseId: 'a', content: [{ text: 'new' }] } }]);
    expect(dropped).toEqual(['messages[2].content']);
  });

  it('show an empty result, parts, and the error flag where the model knows it', () => {
    expect(blocks([user(), calls(call('a')), result('a', '')])).toEqual([
      { toolResult: { toolUseId: 'a', content: [] } },
    ]);
    expect(blocks([user(), calls(call('a')), result('a', [text, image('data:image/png;base64,iVBORw0=')])])).toEqual([
      {
        toolResult: {
          toolUseId: 'a',
          content: [{ text: 'What?' }, { image: { format: 'png', source: { bytes: 'iVBORw0=' } } }],
        },
      },
    ]);
    const other = send([user(), calls(call('a')), result('a', 'x', { is_error: true })], {}, { family: 'other' });
    expect(other.dropped).toEqual(['messages[2].is_error']);
  });

  it('read the deprecated form', () => {
    const messages = [
      user(),
      { role: 'assistant', content: null, function_call: { name: 'f', arguments: '{}' } },
      { role: 'function', name: 'f', content: '1' },
    ];
    const functions = [{ name: 'f', parameters: { type: 'object', properties: {} } }];
    const { body } = send(messages, { functions, function_call: { name: 'f' } });
    expect(body.messages[2]!.content).toEqual([{ toolResult: { toolUseId: 'call_fn_1', content: [{ text: '1' }] } }]);
    expect(body.toolConfig!.toolChoice).toEqual({ tool: { name: 'f' } });
  });

  it('send free-text tools as functions with one input', () => {
    const tools = [{ type: 'custom', custom: { name: 'sh' } }];
    const history = [user(), calls({ id: 'a', type: 'custom', custom: { name: 'sh', input: 'ls' } }), result('a')];
    const { body } = send(history, { tools });
    expect(body.messages[1]!.content[0]).toEqual({ toolUse: { toolUseId: 'a', name: 'sh', input: { input: 'ls' } } });
    expect(body.toolConfig!.tools[0]).toMatchObject({ toolSpec: { inputSchema: { json: { required: ['input'] } } } });
    expect(refusedParam(history)).toBe('messages[1].tool_calls[0]');
    const grammar = { type: 'grammar', grammar: { definition: 'x', syntax: 'lark' } };
    expect(refusedParam([user()], { tools: [{ type: 'custom', custom: { name: 'sh', format: grammar } }] })).toBe(
      'tools[0].custom.format',
    );
  });
});

describe('tools', () => {
  const named = (name: string) => ({ type: 'function', function: { name } });
  const specs = (body: Body) => body.toolConfig!.tools.map(({ toolSpec }) => toolSpec as { name: string });

  it('have names that fit, in declarations, history and choice alike', () => {
    const long = 'a'.repeat(70);
    const tools = [named('a.b'), named('a_b'), named(long), named('grüße')];
    const choice = { type: 'function', function: { name: 'a.b' } };
    const { body } = send([user(), calls(call('1', 'a.b')), result('1')], { tools, tool_choice: choice });
    const names = specs(body).map(({ name }) => name);
    expect(names).toEqual([
      expect.stringMatching(/^a_b_[0-9a-f]{8}$/),
      'a_b',
      expect.stringMatching(/^a{55}_[0-9a-f]{8}$/),
      'gr__e',
    ]);
    expect(body.toolConfig!.toolChoice).toEqual({ tool: { name: names[0] } });
    expect(body.messages[1]!.content[0]).toMatchObject({ toolUse: { name: names[0] } });
  });

  it.each([
    [{ type: 'allowed_tools', allowed_tools: { mode: 'required', tools: [named('b')] } }, ['b'], { any: {} }],
    [{ type: 'allowed_tools', allowed_tools: { mode: 'auto', tools: [named('a')] } }, ['a'], { auto: {} }],
    [null, ['a', 'b'], undefined],
  ])('follow the choice %j', (tool_choice, names, toolChoice) => {
    const { body } = send([user()], { tools: [named('a'), named('b')], tool_choice });
    expect(specs(body).map(({ name }) => name)).toEqual(names);
    expect(body.toolConfig!.toolChoice).toEqual(toolChoice);
  });

  it('are left out for the choice none, unless the history needs them', () => {
    expect(send([user()], { tools: [weather], tool_choice: 'none' })).toMatchObject({
      body: { messages: [{}] },
      dropped: [],
    });
    expect(send([user()], { tools: [weather], tool_choice: 'none' }).body.toolConfig).toBeUndefined();
  });

  it.each([
    [{ tools: [weather], tool_choice: { type: 'function', function: { name: 'other' } } }, {}, 'tool_choice'],
    [{ tools: [weather], tool_choice: 'required' }, { forcedTools: false }, 'tool_choice'],
    [{ tools: [weather] }, { tools: false }, 'tools'],
    [
      { tools: [{ type: 'function', function: { name: 'f', parameters: { type: 'string' } } }] },
      {},
      'tools[0].function.parameters',
    ],
    [
      { tools: [{ type: 'function', function: { name: 'f', parameters: { anyOf: [{ type: 'object' }] } } }] },
      {},
      'tools[0].function.parameters',
    ],
    [
      { tools: [{ type: 'function', function: { name: 'f', parameters: { $ref: 'https://x.example/' } } }] },
      {},
      'tools[0].function.parameters',
    ],
  ])('%j with %j are refused', (more, traits, param) =>
    expect(refusedParam([user()], more, { ...claude, ...traits })).toBe(param),
  );

  it('have schemas with an object at the root', () => {
    const schemas = [
      [{}, { type: 'object', properties: {} }],
      [{ properties: { a: {} } }, { properties: { a: {} }, type: 'object' }],
      [
        {
          allOf: [
            { properties: { a: {} }, required: ['a'] },
            { type: 'object', properties: { b: {} }, required: ['b'] },
          ],
        },
        { type: 'object', properties: { a: {}, b: {} }, required: ['a', 'b'] },
      ],
    ] as const;
    for (const [parameters, json] of schemas) {
      const { body } = send([user()], { tools: [{ type: 'function', function: { name: 'f', parameters } }] });
      expect(specs(body)).toEqual([{ name: 'f', inputSchema: { json } }]);
    }
  });

  it('lose what Nova refuses in a schema, but no property of the same name', () => {
    const parameters = {
      $schema: 'x',
      title: 'T',
      type: 'object',
      properties: { title: { type: 'string', title: 'T' } },
      additionalProperties: false,
    };
    const tools = [{ type: 'function', function: { name: 'f', parameters } }];
    expect(specs(send([user()], { tools }, { family: 'nova' }).body)).toEqual([
      { name: 'f', inputSchema: { json: { type: 'object', properties: { title: { type: 'string' } } } } },
    ]);
  });

  it('are strict where the schema and the model have a strict form', () => {
    const strict = (parameters: object) => [{ type: 'function', function: { name: 'f', strict: true, parameters } }];
    const closable = { type: 'object', properties: { n: { type: 'integer', minimum: 1 } }, required: ['n'] };
    expect(specs(send([user()], { tools: strict(closable) }).body)[0]).toEqual({
      name: 'f',
      strict: true,
      inputSchema: {
        json: {
          ...closable,
          additionalProperties: false,
          properties: { n: { type: 'integer', description: 'minimum: 1.' } },
        },
      },
    });
    const cyclic = {
      type: 'object',
      properties: { a: { $ref: '#/$defs/a' } },
      required: ['a'],
      $defs: { a: { type: 'array', items: { $ref: '#/$defs/a' } } },
    };
    for (const open of [{ type: 'object', additionalProperties: true, properties: {} }, { type: 'object' }, cyclic]) {
      expect(send([user()], { tools: strict(open) }).dropped).toEqual(['tools[0].function.strict']);
    }
    expect(send([user()], { tools: strict(closable) }, { family: 'nova' }).dropped).toEqual([
      'tools[0].function.strict',
    ]);
  });

  it('are called one at a time where Claude is told so', () => {
    const more = { tools: [weather], parallel_tool_calls: false };
    expect(send([user()], more).body.additionalModelRequestFields).toEqual({
      tool_choice: { type: 'auto', disable_parallel_tool_use: true },
    });
    expect(send([user()], { ...more, tool_choice: 'required' }).body.additionalModelRequestFields).toEqual({
      tool_choice: { type: 'any', disable_parallel_tool_use: true },
    });
    expect(send([user()], more, { family: 'nova' }).dropped).toEqual(['parallel_tool_calls']);
    expect(send([user()], { ...more, parallel_tool_calls: true })).toMatchObject({ dropped: [] });
  });
});

describe('media', () => {
  it.each([
    ['data:image/png;base64,iVBORw0KGgo=', 'png'],
    ['data:image/jpg;base64,/9j/4A==', 'jpeg'],
    ['data:image/*;base64,R0lGODlh', 'gif'],
    ['data:image/png;base64,/9j/4A==', 'jpeg'],
    ['data:;base64,UklGRgAAAABXRUJQ', 'webp'],
    ['data:IMAGE/PNG;base64,iVBO\nRw0K Ggo=', 'png'],
  ])('%s is an image of the format %s', (url, format_) => {
    expect(blocks([user([image(url)])])).toMatchObject([{ image: { format: format_ } }]);
  });

  it('base64 is written as AWS reads it', () => {
    expect(blocks([user([image('data:image/jpeg;base64,_9j_4A')])])).toEqual([
      { image: { format: 'jpeg', source: { bytes: '/9j/4A==' } } },
    ]);
  });

  it.each([
    'https://a.example/b.png',
    'http://a.example/b.png',
    'data:image/svg+xml;base64,PHN2Zz4=',
    'data:image/png;base64,',
    'data:image/png;base64,***',
    'data:image/png;base64,AAAAA',
    'data:,x',
  ])('%s is refused', (url) =>
    expect(refusedParam([user([text, image(url)])])).toBe('messages[0].content[1].image_url.url'),
  );

  it('of S3 is sent as its address', () => {
    expect(blocks([user([image('s3://bucket/a.PNG')])])).toEqual([
      { image: { format: 'png', source: { s3Location: { uri: 's3://bucket/a.PNG' } } } },
    ]);
    expect(blocks([user([file({ file_id: 's3://bucket/re_port.pdf' }), text])])[0]).toEqual({
      document: { format: 'pdf', name: 're port', source: { s3Location: { uri: 's3://bucket/re_port.pdf' } } },
    });
  });

  it('reports a detail that it cannot say', () => {
    const url = 'data:image/jpeg;base64,/9j/4A==';
    expect(send([user([image(url, { detail: 'high' })])]).dropped).toEqual(['messages[0].content[0].image_url.detail']);
    expect(send([user([image(url, { detail: 'auto' })])]).dropped).toEqual([]);
  });

  it.each([
    [
      { filename: 'a.csv', file_data: 'data:text/plain;base64,YQ==' },
      { format: 'csv', name: 'a' },
    ],
    [
      { filename: 'a', file_data: 'data:text/plain;base64,YQ==' },
      { format: 'txt', name: 'a' },
    ],
    [{ file_data: 'JVBERi0=' }, { format: 'pdf', name: 'document' }],
    [
      { filename: '.._#.docx', file_data: 'YQ==' },
      { format: 'docx', name: 'document' },
    ],
    [
      { filename: 'a  b\t(1)[2]-c.md', file_data: 'data:text/markdown;base64,YQ==' },
      { format: 'md', name: 'a b (1)[2]-c' },
    ],
  ])('%j is a document', (members, document) =>
    expect(blocks([user([file(members), text])])).toMatchObject([{ document }, { text: 'What?' }]),
  );

  it.each([
    [file({ file_id: 'file-abc' }), 'messages[0].content[0].file.file_id'],
    [file({}), 'messages[0].content[0].file'],
    [file({ file_data: 'https://a.example/b.pdf' }), 'messages[0].content[0].file.file_data'],
    [file({ file_data: 'data:application/zip;base64,UEs=' }), 'messages[0].content[0].file.file_data'],
    [part('input_audio', { data: 'YQ==', format: 'midi' }), 'messages[0].content[0].input_audio.format'],
    [part('input_audio', { data: '*', format: 'wav' }), 'messages[0].content[0].input_audio.data'],
    [part('video_url', { url: 'https://a.example/b.mp4' }), 'messages[0].content[0].video_url.url'],
    [part('hologram', {}), 'messages[0].content[0]'],
  ])('%j is refused', (unsupported, param) => expect(refusedParam([user([unsupported, text])])).toBe(param));

  it('of other kinds are blocks of their own', () => {
    expect(blocks([user([part('input_audio', { data: 'YQ==', format: 'WAV' })])])).toEqual([
      { audio: { format: 'wav', source: { bytes: 'YQ==' } } },
    ]);
    expect(blocks([user([part('video_url', { url: 'data:video/mp4;base64,YQ==' })])])).toEqual([
      { video: { format: 'mp4', source: { bytes: 'YQ==' } } },
    ]);
    expect(blocks([user([file({ file_data: 'data:image/png;base64,iVBORw0=' })])])).toMatchObject([
      { image: { format: 'png' } },
    ]);
  });

  it('may have its text in a neighbour of the same turn', () => {
    const document = file({ filename: 'a.pdf', file_data: 'JVBERi0=' });
    expect(refusedParam([user([document]), user('Sum it up')])).toBeUndefined();
    expect(refusedParam([user('1'), { role: 'assistant', content: '2' }, user([document])])).toBe(
      'messages[2].content',
    );
  });
});

describe('cache points', () => {
  const marked = (value: string, more: object = {}) => ({
    type: 'text',
    text: value,
    cache_control: { type: 'ephemeral', ...more },
  });
  const caching = { ...claude, promptCaching: true };
  const count = (value: unknown) => JSON.stringify(value).split('"cachePoint"').length - 1;

  it('never reach a model that does not know them', () => {
    const { body } = send([{ role: 'system', content: [marked('S')] }, user([marked('U')])], {
      tools: [{ ...weather, cache_control: { type: 'ephemeral' } }],
      cache_control: { type: 'ephemeral' },
    });
    expect(count(body)).toBe(0);
  });

  it('stand behind tools, messages, results and the whole', () => {
    const tools = [{ ...weather, cache_control: { type: 'ephemeral' } }, weather];
    const messages = [
      { ...user('1'), cache_control: { type: 'ephemeral', ttl: '5m' } },
      calls(call('a')),
      result('a', [marked('r')]),
    ];
    const { body } = send(messages, { tools, cache_control: { type: 'ephemeral' } }, caching);
    expect(body.toolConfig!.tools[1]).toEqual({ cachePoint: { type: 'default' } });
    expect(body.messages[0]!.content[1]).toEqual({ cachePoint: { type: 'default', ttl: '5m' } });
    expect(body.messages[2]!.content).toEqual([
      { toolResult: { toolUseId: 'a', content: [{ text: 'r' }] } },
      { cachePoint: { type: 'default' } },
    ]);
  });

  it('are four at most: the latest of the messages', () => {
    const messages = ['1', '2', '3', '4', '5'].flatMap((value) => [
      user([marked(value)]),
      { role: 'assistant', content: 'ok' },
    ]);
    const { body } = send([{ role: 'system', content: [marked('S')] }, ...messages, user('end')], {}, caching);
    expect(count(body)).toBe(4);
    expect(body.system).toHaveLength(2);
    expect(body.messages.map(({ content }) => content.length)).toEqual([1, 1, 1, 1, 2, 1, 2, 1, 2, 1, 1]);
  });

  it('read the newer marker, and none of a blank text', () => {
    const breakpoint = { type: 'text', text: 'U', prompt_cache_breakpoint: { mode: 'explicit' } };
    expect(blocks([user([breakpoint])], caching)).toEqual([{ text: 'U' }, { cachePoint: { type: 'default' } }]);
    expect(blocks([user([marked(' '), { type: 'text', text: 'U' }])], caching)).toEqual([{ text: 'U' }]);
  });

  it('are set by themselves with the trait auto, unless the request sets any', () => {
    const auto = { ...claude, promptCaching: 'auto' };
    const messages = [{ role: 'system', content: 'S' }, user('1')];
    const { body } = send(messages, { tools: [weather] }, auto);
    expect([body.toolConfig!.tools, body.system, body.messages[0]!.content].map(count)).toEqual([1, 1, 1]);
    expect(count(send([messages[0]!, user([marked('1')])], { tools: [weather] }, auto).body)).toBe(1);
  });
});

describe('parameters', () => {
  it.each([
    [{ temperature: 1.5 }, claude, { temperature: 1 }, ['temperature']],
    [{ temperature: 1.5 }, { family: 'nova' }, { temperature: 1.5 }, []],
    [{ temperature: 0.5, top_p: 0.9 }, claude, { temperature: 0.5 }, ['top_p']],
    [{ top_p: 0.9 }, claude, { topP: 0.9 }, []],
    [{ temperature: 0.5, top_p: 0.9 }, { family: 'mistral' }, { temperature: 0.5, topP: 0.9 }, []],
    [
      { temperature: 0.5, top_p: 0.9, top_k: 4 },
      { ...claude, sampling: false },
      undefined,
      ['temperature', 'top_p', 'top_k'],
    ],
    [{ max_completion_tokens: 5, max_tokens: 9 }, claude, { maxTokens: 5 }, []],
    [{ stop: ['a', ' ', 'b'] }, claude, { stopSequences: ['a', 'b'] }, ['stop']],
    [{ stop: 'a' }, claude, { stopSequences: ['a'] }, []],
  ])('%j for %j', (more, traits, inferenceConfig, dropped) => {
    const sent = send([user()], more, traits);
    expect(sent.body.inferenceConfig).toEqual(inferenceConfig);
    expect(sent.dropped).toEqual(dropped);
  });

  it('of a family go where that family reads them', () => {
    expect(send([user()], { top_k: 4 }).body.additionalModelRequestFields).toEqual({ top_k: 4 });
    expect(send([user()], { top_k: 4 }, { family: 'nova' }).body.additionalModelRequestFields).toEqual({
      inferenceConfig: { topK: 4 },
    });
    expect(send([user()], { top_k: 4 }, { family: 'other' }).dropped).toEqual(['top_k']);
  });

  it('that ask for nothing are not reported', () => {
    const more = {
      frequency_penalty: 0,
      presence_penalty: null,
      logit_bias: {},
      logprobs: false,
      n: 1,
      store: true,
      user: 'u',
      modalities: ['text'],
      service_tier: 'auto',
      metadata: {},
    };
    expect(send([user()], more)).toMatchObject({ dropped: [], body: { messages: [{}] } });
  });

  it.each([
    [{ n: 2 }, 'n'],
    [{ modalities: ['text', 'audio'], audio: { voice: 'x', format: 'mp3' } }, 'modalities'],
    [{ audio: { voice: 'x', format: 'mp3' } }, 'audio'],
    [{ web_search_options: {} }, 'web_search_options'],
    [{ response_format: { type: 'json_object' } }, 'response_format'],
    [{ response_format: { type: 'json_schema', json_schema: { name: 'x' } } }, 'response_format'],
    [
      { response_format: { type: 'json_schema', json_schema: { name: 'x', schema: { type: 'array' } } } },
      'response_format.json_schema.schema',
    ],
    [{ reasoning_effort: 'low', reasoning: { effort: 'high' } }, 'reasoning_effort'],
  ])('%j is refused', (more, param) => expect(refusedParam([user()], more)).toBe(param));

  it('of the envelope', () => {
    expect(send([user()], { service_tier: 'fast', metadata: { a: 'ü' } })).toMatchObject({
      dropped: ['service_tier', 'metadata'],
    });
    expect(send([user()], { metadata: { user_id: 'u-1', 'a:b': '' } }).body['requestMetadata']).toEqual({
      user_id: 'u-1',
      'a:b': '',
    });
  });

  it('are never passed through unknown', () => {
    const body = JSON.stringify(
      send([user()], { guardrailConfig: { x: 1 }, provider_order: ['a'], later: 'canary' }).body,
    );
    expect(body).toBe('{"messages":[{"role":"user","content":[{"text":"w?"}]}]}');
  });
});

describe('reasoning', () => {
  const fields = (more: object, traits: Traits, model = 'm') =>
    send([user()], more, traits, model).body.additionalModelRequestFields;

  it.each([
    [
      { reasoning_effort: 'high' },
      {},
      { thinking: { type: 'adaptive', display: 'summarized' }, output_config: { effort: 'high' } },
    ],
    [
      { reasoning_effort: 'minimal' },
      {},
      { thinking: { type: 'adaptive', display: 'summarized' }, output_config: { effort: 'low' } },
    ],
    [
      { reasoning: { effort: 'low', exclude: true } },
      {},
      { thinking: { type: 'adaptive', display: 'omitted' }, output_config: { effort: 'low' } },
    ],
    [{ reasoning_effort: 'none' }, {}, { thinking: { type: 'disabled' } }],
    [{ reasoning_effort: 'max' }, { thinking: 'always' }, { output_config: { effort: 'max' } }],
    [
      { reasoning_effort: 'low', max_tokens: 4_000 },
      { thinking: 'manual' },
      { thinking: { type: 'enabled', budget_tokens: 1_024 } },
    ],
    [
      { reasoning_effort: 'high', max_tokens: 10_000 },
      { thinking: 'manual' },
      { thinking: { type: 'enabled', budget_tokens: 8_000 } },
    ],
    [
      { reasoning: { max_tokens: 5_000 }, max_tokens: 4_000 },
      { thinking: 'manual' },
      { thinking: { type: 'enabled', budget_tokens: 3_999 } },
    ],
    [{}, { thinking: 'manual' }, undefined],
    [{ reasoning_effort: 'none' }, { thinking: 'manual' }, undefined],
    [
      { reasoning_effort: 'medium' },
      { family: 'nova' },
      { reasoningConfig: { type: 'enabled', maxReasoningEffort: 'medium' } },
    ],
    [{ reasoning_effort: 'none' }, { family: 'nova' }, { reasoningConfig: { type: 'disabled' } }],
  ])('%j with %j', (more, traits, expected) => expect(fields(more, { ...claude, ...traits })).toEqual(expected));

  it('of models known by name', () => {
    expect(fields({ reasoning_effort: 'low' }, {}, 'us.anthropic.claude-sonnet-4-5-20250929-v1:0')).toMatchObject({
      thinking: { type: 'enabled' },
    });
    expect(fields({ reasoning_effort: 'low' }, {}, 'eu.anthropic.claude-next-9-v1:0')).toMatchObject({
      thinking: { type: 'adaptive' },
    });
    expect(fields({ reasoning_effort: 'xhigh' }, {}, 'openai.gpt-oss-120b-1:0')).toEqual({ reasoning_effort: 'high' });
    expect(fields({ reasoning_effort: 'low' }, {}, 'us.amazon.nova-2-lite-v1:0')).toMatchObject({
      reasoningConfig: {},
    });
  });

  it.each([
    [{ reasoning_effort: 'high' }, { family: 'mistral' }, ['reasoning_effort']],
    [{ reasoning_effort: 'later' }, claude, ['reasoning_effort']],
    [{ reasoning_effort: 'none' }, { ...claude, thinking: 'always' }, ['reasoning_effort']],
    [{ reasoning: { max_tokens: 9_000 } }, claude, ['reasoning']],
    [{ reasoning_effort: 'low', max_tokens: 1_000 }, { ...claude, thinking: 'manual' }, ['reasoning_effort']],
    [
      { reasoning_effort: 'low', tools: [weather], tool_choice: 'required' },
      { ...claude, thinking: 'manual' },
      ['reasoning_effort'],
    ],
  ])('%j with %j is reported', (more, traits, dropped) =>
    expect(send([user()], more, traits).dropped).toEqual(dropped),
  );

  it('by a budget raises no limit of the caller, and makes room where there is none', () => {
    const manual = { ...claude, thinking: 'manual' };
    expect(send([user()], { reasoning_effort: 'medium' }, manual).body.inferenceConfig).toEqual({
      maxTokens: 2_048 + 4_096,
    });
    expect(send([user()], { reasoning_effort: 'low', max_tokens: 2_000 }, manual).body.inferenceConfig).toEqual({
      maxTokens: 2_000,
    });
  });

  it('takes the place of sampling', () => {
    const sent = send([user()], { reasoning_effort: 'low', temperature: 0.2, top_p: 0.96, top_k: 3 });
    expect(sent.body.inferenceConfig).toEqual({ topP: 0.96 });
    expect(sent.dropped).toEqual(['temperature', 'top_k']);
  });

  const signed = [
    { type: 'reasoning.text', text: 'Let me ', format: 'anthropic-claude-v1', index: 0 },
    { type: 'reasoning.text', text: 'look.', format: 'anthropic-claude-v1', index: 0 },
    { type: 'reasoning.text', signature: 'SIG', format: 'anthropic-claude-v1', index: 0 },
    { type: 'reasoning.encrypted', data: 'ENC', format: 'anthropic-claude-v1', index: 1 },
    { type: 'reasoning.text', text: 'unsigned', format: 'anthropic-claude-v1', index: 2 },
    { type: 'reasoning.encrypted', data: 'foreign', format: 'google-gemini-v1', index: 3 },
  ];
  const sentBack = [
    { reasoningContent: { reasoningText: { text: 'Let me look.', signature: 'SIG' } } },
    { reasoningContent: { redactedContent: 'ENC' } },
  ];
  const turn = (more: object) => [user(), { ...calls(call('a')), ...more }, result('a')];

  it('comes back signed, first in its turn, and lets the model go on thinking', () => {
    const { body, dropped } = send(
      turn({ reasoning_details: signed }),
      { reasoning_effort: 'low' },
      { ...claude, thinking: 'manual' },
    );
    expect(body.messages[1]!.content).toEqual([
      ...sentBack,
      { toolUse: { toolUseId: 'a', name: 'get_weather', input: {} } },
    ]);
    expect(body.additionalModelRequestFields).toMatchObject({ thinking: { type: 'enabled' } });
    expect(dropped).toEqual([]);
  });

  it('comes back in LiteLLM’s form', () => {
    const thinking_blocks = [
      { type: 'thinking', thinking: 'Let me look.', signature: 'SIG' },
      { type: 'redacted_thinking', data: 'ENC' },
      { type: 'thinking', thinking: 'x' },
    ];
    expect(send(turn({ thinking_blocks })).body.messages[1]!.content.slice(0, 2)).toEqual(sentBack);
  });

  it('that was lost switches thinking off for this request', () => {
    const sent = send(turn({}), { reasoning_effort: 'low' }, { ...claude, thinking: 'manual' });
    expect(sent.body.additionalModelRequestFields).toBeUndefined();
    expect(sent.dropped).toEqual(['reasoning_effort']);
  });

  it('never goes to another family', () => {
    const { body } = send(turn({ reasoning_details: signed, reasoning: 'x' }), {}, { family: 'nova' });
    expect(JSON.stringify(body)).not.toContain('reasoningContent');
  });
});

describe('structured output', () => {
  const schema = {
    type: 'object',
    properties: { city: { type: 'string' } },
    required: ['city'],
    additionalProperties: false,
  };
  const ask = (more: object = {}) => ({
    response_format: { type: 'json_schema', json_schema: { name: 'place', schema, ...more } },
  });

  it('is native where the model has it', () => {
    expect(send([user()], ask({ description: 'A place' })).body.outputConfig).toEqual({
      textFormat: {
        type: 'json_schema',
        structure: { jsonSchema: { schema: JSON.stringify(schema), name: 'place', description: 'A place' } },
      },
    });
  });

  it.each([
    ['a model without it', { family: 'nova', plainSchemas: false }, schema],
    ['an open object', claude, { type: 'object', properties: {}, additionalProperties: true }],
  ])('is a forced tool for %s', (_, traits, wanted) => {
    const { body } = send([user()], ask({ schema: wanted }), traits);
    expect(body.toolConfig).toEqual({
      tools: [{ toolSpec: { name: 'place', inputSchema: { json: wanted } } }],
      toolChoice: { tool: { name: 'place' } },
    });
    expect(body.outputConfig).toBeUndefined();
  });

  it('beside tools of the caller’s lets the model call any', () => {
    const { body } = send(
      [user()],
      { ...ask(), tools: [weather, { type: 'function', function: { name: 'place' } }] },
      { family: 'nova' },
    );
    expect(body.toolConfig!.toolChoice).toEqual({ any: {} });
    expect(JSON.stringify(body.toolConfig!.tools[2])).toMatch(/"name":"place_[0-9a-f]{8}"/);
  });

  it('by a tool and thinking are never sent together', () => {
    const sent = send(
      [user()],
      { ...ask(), reasoning_effort: 'high', max_tokens: 9_000 },
      { ...claude, nativeJsonSchema: false, thinking: 'manual' },
    );
    expect(sent.body.additionalModelRequestFields).toBeUndefined();
    expect(sent.dropped).toEqual(['reasoning_effort']);
  });

  it('without a schema is asked for in words where the endpoint says so', () => {
    const sent = send([user()], { response_format: { type: 'json_object' } }, { ...claude, jsonObject: 'instruct' });
    expect(sent.body.system).toEqual([{ text: 'Respond with one JSON object and nothing else.' }]);
    expect(refusedParam([user()], ask(), { family: 'other', tools: false })).toBe('response_format');
  });
});
