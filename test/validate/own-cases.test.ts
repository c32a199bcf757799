import { describe, expect, it } from 'vitest';
import { systemClock } from '../../src/util/clock.js';
import { createValidator } from '../../src/validate/validate.js';
import { acceptedCases } from './own-cases.js';

const NO_EDITS = { set: {}, remove: new Set<string>() };
const lenient = createValidator({}, systemClock);
const strict = createValidator({ unknownFields: 'reject' }, systemClock);

describe('requests that clients of other servers send', () => {
  it.each(acceptedCases)('accepts $name and forwards its meaning', ({ body, forwarded = body }) => {
    for (const validator of [lenient, strict]) {
      const parsed = validator.parse(Buffer.from(JSON.stringify(body)));
      expect(parsed.request).toEqual(forwarded);
      expect(JSON.parse(Buffer.from(parsed.body.bytesFor(NO_EDITS)).toString())).toEqual(forwarded);
      expect(validator.check(body)).toEqual(forwarded);
    }
  });

  it('keeps the received bytes if there is nothing to drop', () => {
    const text = '{"model":"m",  "messages":[{"role":"assistant","content":"x","annotations":[]}]}';
    expect(Buffer.from(lenient.parse(Buffer.from(text)).body.bytesFor(NO_EDITS)).toString()).toBe(text);
  });

  it('drops an unusual spelling of -1 from what is sent, too', () => {
    const text =
      '{"model":"m","messages":[{"role":"user","content":"q"}],"max_tokens":-1.00000000000000000000,"x":12345678901234567890}';
    const { request, body } = lenient.parse(Buffer.from(text));
    expect(request).not.toHaveProperty('max_tokens');
    expect(Buffer.from(body.bytesFor(NO_EDITS)).toString()).toBe(
      '{"model":"m","messages":[{"role":"user","content":"q"}],"x":12345678901234567890}',
    );
  });

  it('does not change the value of the host', () => {
    const body = { model: 'm', tools: [], messages: [{ role: 'assistant', content: 'x', tool_calls: [] }] };
    const before = structuredClone(body);
    lenient.check(body);
    expect(body).toEqual(before);
  });
});

describe('similar requests', () => {
  const question = { role: 'user', content: 'q' };
  it.each([
    [
      'an unknown part with no type',
      'messages[1].content[0].type',
      { role: 'assistant', content: [{ thinking: 'x' }] },
    ],
    ['a text part without text', 'messages[1].content[0].text', { role: 'assistant', content: [{ type: 'text' }] }],
    [
      'thinking of a user',
      'messages[1].content[0].type',
      { role: 'user', content: [{ type: 'thinking', thinking: '' }] },
    ],
    ['nothing but nulls', 'messages[1].content', { role: 'assistant', content: null, reasoning: null }],
    ['tool calls that are no list', 'messages[1].tool_calls', { role: 'assistant', content: 'x', tool_calls: {} }],
  ])('refuses %s', (_, param, message) => {
    const check = () => lenient.check({ model: 'm', messages: [question, message] });
    expect(check).toThrowError(expect.objectContaining({ status: 400, param }));
  });

  it.each([
    ['max_tokens', -2],
    ['max_completion_tokens', 0],
    ['n', -1],
    ['service_tier', 'on-demand'],
    ['stop', Array.from({ length: 17 }, () => 's')],
  ])('refuses %s: %j', (member, value) => {
    const check = () => lenient.check({ model: 'm', messages: [question], [member]: value });
    expect(check).toThrowError(expect.objectContaining({ status: 400, param: member }));
  });

  it('keeps a call that is required without tools: the provider refuses it', () => {
    const request = { model: 'm', messages: [question], tools: [], tool_choice: 'required' };
    expect(lenient.check(request)).toEqual({ model: 'm', messages: [question], tool_choice: 'required' });
  });
});
