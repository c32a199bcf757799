import { describe, expect, it } from 'vitest';
import { call, calls, result, user, send, refusedParam, blocks, image, text } from './bedrock-send.js';

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

  it('drops an empty assistant message, so that its neighbours become one', () => {
    const { body } = send([user('1'), { role: 'assistant', content: '' }, user('2')]);
    expect(body.messages).toEqual([{ role: 'user', content: [{ text: '1' }, { text: '2' }] }]);
  });

  it('trims a prefill if the model supports one', () => {
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

  it('carry an empty result, parts, and the error flag if the model supports it', () => {
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
    expect(body.messages[2]!.content).toEqual([{ toolResult: { toolUseId: 'call_fn_0', content: [{ text: '1' }] } }]);
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
