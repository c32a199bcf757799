import { describe, expect, it } from 'vitest';
import { claude, weather, call, calls, result, user, send, refusedParam, type Body } from './bedrock-send.js';

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

  it('are omitted for the choice none, unless the history needs them', () => {
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

  it('are called one at a time with parallel_tool_calls: false for Claude', () => {
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

describe('structured output', () => {
  const schema = {
    type: 'object',
    properties: { city: { type: 'string' } },
    required: ['city'],
    additionalProperties: false,
  };
  const post = (more: object = {}) => ({
    response_format: { type: 'json_schema', json_schema: { name: 'place', schema, ...more } },
  });

  it('is native where the model has it', () => {
    expect(send([user()], post({ description: 'A place' })).body.outputConfig).toEqual({
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
    const { body } = send([user()], post({ schema: wanted }), traits);
    expect(body.toolConfig).toEqual({
      tools: [{ toolSpec: { name: 'place', inputSchema: { json: wanted } } }],
      toolChoice: { tool: { name: 'place' } },
    });
    expect(body.outputConfig).toBeUndefined();
  });

  it('beside tools of the caller’s lets the model call any', () => {
    const { body } = send(
      [user()],
      { ...post(), tools: [weather, { type: 'function', function: { name: 'place' } }] },
      { family: 'nova' },
    );
    expect(body.toolConfig!.toolChoice).toEqual({ any: {} });
    expect(JSON.stringify(body.toolConfig!.tools[2])).toMatch(/"name":"place_[0-9a-f]{8}"/);
  });

  it('by a tool and thinking are never sent together', () => {
    const sent = send(
      [user()],
      { ...post(), reasoning_effort: 'high', max_tokens: 9_000 },
      { ...claude, nativeJsonSchema: false, thinking: 'manual' },
    );
    expect(sent.body.additionalModelRequestFields).toBeUndefined();
    expect(sent.dropped).toEqual(['reasoning_effort']);
  });

  it('without a schema is requested as text if the endpoint is configured so', () => {
    const sent = send([user()], { response_format: { type: 'json_object' } }, { ...claude, jsonObject: 'instruct' });
    expect(sent.body.system).toEqual([{ text: 'Respond with one JSON object and nothing else.' }]);
    expect(refusedParam([user()], post(), { family: 'other', tools: false })).toBe('response_format');
  });
});
