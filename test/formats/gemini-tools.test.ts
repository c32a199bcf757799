import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/util/json-object.js';
import { asJson } from './gemini-cases.js';
import { USER, type Given, exchange, body, refused, PARAMETERS, TOOL } from './gemini-given.js';

describe('tools', () => {
  it('are sent under names that Gemini accepts, the same everywhere', () => {
    const long = 'x'.repeat(200);
    const names = ['get weather', 'get_weather', '1st', long, `${long}y`];
    const sent = body({
      tools: names.map((name) => ({ type: 'function', function: { name } })),
      tool_choice: { type: 'function', function: { name: 'get weather' } },
      messages: [
        USER,
        {
          role: 'assistant',
          tool_calls: [{ id: 'c', type: 'function', function: { name: 'get weather', arguments: '{}' } }],
        },
        { role: 'tool', tool_call_id: 'c', content: 'x' },
      ],
    });
    const [{ functionDeclarations }] = sent['tools'] as [{ functionDeclarations: { name: string }[] }];
    const wire = functionDeclarations.map(({ name }) => name);
    expect(new Set(wire).size).toBe(names.length);
    expect(wire[1]).toBe('get_weather');
    expect(wire[2]).toBe('_1st');
    for (const name of wire) expect(name).toMatch(/^[A-Za-z_][A-Za-z0-9_.:-]{0,127}$/);
    expect(JSON.stringify(sent['toolConfig'])).toContain(`["${wire[0]}"]`);
    expect(JSON.stringify(sent['contents']).split(`"name":"${wire[0]}"`)).toHaveLength(3);
  });

  it('of free text are sent as functions of one text', () => {
    const sent = body({
      tools: [{ type: 'custom', custom: { name: 'sql', description: 'd' } }],
      messages: [
        USER,
        { role: 'assistant', tool_calls: [{ id: 'c', type: 'custom', custom: { name: 'sql', input: 'select' } }] },
        { role: 'tool', tool_call_id: 'c', content: 'x' },
      ],
    });
    expect(JSON.stringify(sent['tools'])).toContain(
      '"parametersJsonSchema":{"type":"object","properties":{"input":{"type":"string"}}',
    );
    expect(JSON.stringify(sent['contents'])).toContain('{"functionCall":{"name":"sql","args":{"input":"select"}}}');
  });

  it('of the deprecated kind are sent as any other', () => {
    const sent = body({
      functions: [{ name: 'f', parameters: PARAMETERS }],
      function_call: { name: 'f' },
      messages: [
        USER,
        { role: 'assistant', content: null, function_call: { name: 'f', arguments: '{"a":"b"}' } },
        { role: 'function', name: 'f', content: 'r' },
      ],
    });
    expect(sent).toMatchObject({
      tools: [{ functionDeclarations: [{ name: 'f', parametersJsonSchema: PARAMETERS }] }],
      toolConfig: { functionCallingConfig: { mode: 'ANY', allowedFunctionNames: ['f'] } },
      contents: [
        {},
        { role: 'model', parts: [{ functionCall: { name: 'f', args: { a: 'b' } } }] },
        { role: 'user', parts: [{ functionResponse: { name: 'f', response: { output: 'r' } } }] },
      ],
    });
  });

  it('search the web', () => {
    const made = exchange({
      web_search_options: { search_context_size: 'low', user_location: { type: 'approximate' } },
    });
    expect(asJson(made.body)['tools']).toEqual([{ googleSearch: {} }]);
    expect(made.dropped).toEqual(['web_search_options.search_context_size', 'web_search_options.user_location']);
    expect(
      body({ web_search_options: {}, tools: [TOOL] }, { traits: { searchWithTools: true } })['tools'],
    ).toHaveLength(2);
  });

  const choices: [what: string, choice: unknown, sent: unknown, given?: Given][] = [
    ['auto', 'auto', undefined],
    ['none', 'none', { mode: 'NONE' }],
    ['a custom tool', { type: 'custom', custom: { name: 'c' } }, { mode: 'ANY', allowedFunctionNames: ['c'] }],
    ['no tool of a list', { type: 'allowed_tools', allowed_tools: { mode: 'auto', tools: [] } }, { mode: 'NONE' }],
  ];
  it.each(choices)('are chosen: %s', (_what, tool_choice, sent, given) => {
    const made = body({ tools: [TOOL, { type: 'custom', custom: { name: 'c' } }], tool_choice }, given);
    const { functionCallingConfig } = (made['toolConfig'] ?? {}) as JsonObject;
    expect(functionCallingConfig).toEqual(sent);
  });

  it('are cut down to the allowed ones for models without that mode', () => {
    const tool_choice = {
      type: 'allowed_tools',
      allowed_tools: { mode: 'auto', tools: [{ type: 'function', name: 'g' }] },
    };
    const made = body(
      { tools: [TOOL, { type: 'function', function: { name: 'g' } }], tool_choice },
      { model: 'gemini-2.0-flash' },
    );
    expect(made['tools']).toEqual([{ functionDeclarations: [{ name: 'g' }] }]);
    expect(made['toolConfig']).toBeUndefined();
  });

  const wrong: [request: JsonObject, param: string, given?: Given][] = [
    [{ tools: [TOOL], tool_choice: { type: 'function', function: { name: 'g' } } }, 'tool_choice'],
    [{ tool_choice: 'required' }, 'tool_choice'],
    [
      { tools: [TOOL], tool_choice: { type: 'allowed_tools', allowed_tools: { mode: 'required', tools: [] } } },
      'tool_choice',
    ],
    [
      { tools: [{ type: 'custom', custom: { name: 'c', format: { type: 'grammar', grammar: {} } } }] },
      'tools[0].custom.format',
    ],
    [{ tools: [TOOL, { type: 'web_search' }] }, 'tools[1]'],
    [{ tools: [TOOL], web_search_options: {} }, 'web_search_options'],
    [{ tools: [TOOL], response_format: { type: 'json_object' } }, 'response_format'],
    [{ functions: [{ name: 'f', parameters: { type: 'string' } }] }, 'functions[0].parameters'],
    [{ functions: [{}] }, 'functions[0].name'],
  ];
  it.each(wrong)('%j is refused', (request, param, given) => {
    expect(refused(request, given)).toBe(param);
  });

  it('and structured output go together from Gemini 3 on', () => {
    const sent = body({ tools: [TOOL], response_format: { type: 'json_object' } }, { model: 'gemini-3-flash' });
    expect(sent['generationConfig']).toEqual({ responseMimeType: 'application/json' });
  });
});
