import { describe, expect, it } from 'vitest';
import { systemClock } from '../../src/util/clock.js';
import { unwrapUnions } from '../../src/validate/unions/unwrap-unions.js';
import { createValidator } from '../../src/validate/validate.js';

const validator = createValidator({}, systemClock);
const USER = { role: 'user', content: 'x' };
const request = (members: object) => ({ model: 'm', messages: [USER], ...members });
const saying = (message: object) => ({ model: 'm', messages: [message] });

describe('a wrapper', () => {
  it.each([
    { it: 'gives way to its one member', body: { stop: { OfString: 'a' } }, wire: { stop: 'a' } },
    { it: 'takes the empty string for a value', body: { stop: { OfString: '' } }, wire: { stop: '' } },
    { it: 'takes an empty list for a value', body: { stop: { OfStringArray: [] } }, wire: { stop: [] } },
    {
      it: 'ignores members that are null',
      body: { stop: { OfString: null, OfStringArray: ['a'] } },
      wire: { stop: ['a'] },
    },
    {
      it: 'ignores a scalar that is not set',
      body: { stop: { OfString: {}, OfStringArray: ['a'] } },
      wire: { stop: ['a'] },
    },
    { it: 'is omitted with nothing set', body: { stop: { OfString: null }, response_format: {} }, wire: {} },
    {
      it: 'has its constant filled in',
      body: { response_format: { OfJSONSchema: { json_schema: { name: 's' } } } },
      wire: { response_format: { type: 'json_schema', json_schema: { name: 's' } } },
    },
    {
      it: 'has its constant filled in where it is empty',
      body: { tool_choice: { OfFunctionToolChoice: { type: '', function: { name: 'f' } } } },
      wire: { tool_choice: { type: 'function', function: { name: 'f' } } },
    },
    { it: 'takes any mode for auto', body: { tool_choice: { OfAuto: 'required' } }, wire: { tool_choice: 'required' } },
    {
      it: 'keeps the other members of what it holds',
      body: { response_format: { OfText: { note: 1 } } },
      wire: { response_format: { note: 1, type: 'text' } },
    },
    {
      it: 'may stand beside wire members when it is null',
      body: { response_format: { OfText: null, type: 'json_object' } },
      wire: { response_format: { type: 'json_object' } },
    },
    {
      it: 'is nothing in a place that is not a slot',
      body: { metadata: { OfString: 'data' }, logit_bias: { OfString: 1 }, x: { OfString: 'x' } },
      wire: { metadata: { OfString: 'data' }, logit_bias: { OfString: 1 }, x: { OfString: 'x' } },
    },
    {
      it: 'gives the prediction its type',
      body: { prediction: { content: { OfString: 'p' } } },
      wire: { prediction: { content: 'p', type: 'content' } },
    },
  ])('$it', ({ body, wire }) => {
    expect(validator.check(request(body))).toEqual(request(wire));
  });

  it('may be mixed with wire items, at every level', () => {
    const messages = [
      USER,
      { OfSystem: { content: { OfString: 's' } } },
      {
        role: 'user',
        content: { OfArrayOfContentParts: [{ OfText: { text: 't' } }, { type: 'text', text: 'u' }] },
      },
      {
        OfAssistant: {
          tool_calls: [{ OfFunction: { id: 'c', function: { name: 'f', arguments: '{"OfString":1}' } } }],
        },
      },
    ];
    expect(validator.check({ model: 'm', messages }).messages).toEqual([
      USER,
      { role: 'system', content: 's' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 't' },
          { type: 'text', text: 'u' },
        ],
      },
      {
        role: 'assistant',
        tool_calls: [{ id: 'c', type: 'function', function: { name: 'f', arguments: '{"OfString":1}' } }],
      },
    ]);
  });

  it('is known by its name however it is spelt', () => {
    const { request: parsed } = validator.parse(Buffer.from('{"messages":[{"\\u004ffUser":{"content":"x"}}]}'));
    expect(parsed.messages).toEqual([{ content: 'x', role: 'user' }]);
  });

  it.each([
    {
      it: 'with two members',
      body: request({ stop: { OfString: 'a', OfStringArray: [] } }),
      code: 'invalid_value',
      param: 'stop',
    },
    {
      it: 'beside wire members',
      body: request({ response_format: { OfText: {}, type: 'text' } }),
      code: 'invalid_value',
      param: 'response_format',
    },
    {
      it: 'in a wrapper',
      body: request({ stop: { OfString: { OfString: 'a' } } }),
      code: 'invalid_type',
      param: 'stop',
    },
    {
      it: 'with another type than its name',
      body: request({ stop: { OfString: ['a'] } }),
      code: 'invalid_type',
      param: 'stop',
    },
    { it: 'that holds no object', body: saying({ OfUser: 'x' }), code: 'invalid_type', param: 'messages[0]' },
    {
      it: 'with a contradicting role',
      body: saying({ OfUser: { role: 'system', content: 'x' } }),
      code: 'invalid_value',
      param: 'messages[0].role',
    },
    {
      it: 'with nothing set where a value is needed',
      body: saying({ role: 'user', content: { OfString: null } }),
      code: 'invalid_type',
      param: 'messages[0].content',
    },
    {
      it: 'of another slot',
      body: saying({ role: 'system', content: [{ OfText: { text: 'x' } }] }),
      code: 'missing_required_parameter',
      param: 'messages[0].content[0].type',
    },
    {
      it: 'with a name from the prototype',
      body: saying({ constructor: { content: 'x' } }),
      code: 'missing_required_parameter',
      param: 'messages[0].role',
    },
  ])('is refused $it', ({ body, code, param }) => {
    expect(() => validator.check(body)).toThrow(expect.objectContaining({ code, param }));
  });
});

describe('an optional scalar as {}', () => {
  it('is omitted where the published document has one', () => {
    const body = {
      model: 'm',
      messages: [{ role: 'user', content: [{ type: 'file', file: { file_id: {}, file_data: 'd' } }], name: {} }],
      temperature: {},
      user: {},
      stream: true,
      stream_options: { include_usage: {}, more: {} },
    };
    expect(validator.check(body)).toEqual({
      model: 'm',
      messages: [{ role: 'user', content: [{ type: 'file', file: { file_data: 'd' } }] }],
      stream: true,
      stream_options: { more: {} },
    });
  });

  it.each(['stream', 'reasoning_effort', 'provider_max_prompt_price', 'model'])(
    'is an error at %s, which is none',
    (key) => {
      expect(() => validator.check(request({ [key]: {} }))).toThrow(expect.objectContaining({ param: key }));
    },
  );
});

describe('the host', () => {
  it('keeps its object as it was', () => {
    const body = { messages: [{ OfUser: { content: { OfString: 'x' } } }], temperature: {} };
    const before = structuredClone(body);
    validator.check(body);
    expect(body).toEqual(before);
  });

  it('gets the same object back when there is nothing to do', () => {
    const body = request({ tools: [{ type: 'function', function: { name: 'f', parameters: {} } }] });
    expect(unwrapUnions(body)).toBe(body);
  });
});
