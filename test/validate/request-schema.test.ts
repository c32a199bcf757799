import { describe, expect, it } from 'vitest';
import { requestSchema } from '../../src/validate/request-schema.js';
import type { Schema } from '../../src/validate/schema/build.js';
import { UNIONS } from '../../src/validate/unions/unions.js';
import type { GatewayError } from '../../src/errors/gateway-error.js';
import { createValidator } from '../../src/validate/validate.js';
import { systemClock } from '../../src/util/clock.js';
import { publishedKeys } from '../fixtures/cases.js';
import { publishedSchemas } from './published-schemas.js';

const SCALARS = ['ParamOptBool', 'ParamOptFloat64', 'ParamOptInt64', 'ParamOptString'];
const schemas: Readonly<Record<string, Schema>> = publishedSchemas;

describe('the request schema', () => {
  it.each(publishedKeys.request)('has %s', (key) => {
    const [name = '', member] = key.split('.');
    if (member === undefined) expect([...SCALARS, ...Object.keys(schemas)]).toContain(name);
    else if (publishedKeys.of.includes(key)) expect(Object.keys(UNIONS[name as keyof typeof UNIONS])).toContain(member);
    else expect(Object.keys(schemas[name]?.properties ?? {})).toContain(member);
  });

  it('has no union and no alternative that the published document lacks', () => {
    const ours = Object.entries(UNIONS).flatMap(([name, members]) => Object.keys(members).map((of) => `${name}.${of}`));
    expect(ours.sort()).toEqual([...publishedKeys.of].sort());
  });

  it('is made of the very schemas that stand for the published ones', () => {
    const used = new Set<unknown>();
    collect(schemas.CompletionsChatCompletionRequest, used);
    const texts = new Set([...used].map((schema) => JSON.stringify(withoutNull(schema as Schema))));
    for (const [name, schema] of Object.entries(schemas)) {
      expect(texts, name).toContain(JSON.stringify(withoutNull(schema)));
    }
  });
});

describe('unknown members', () => {
  const strict = createValidator({ unknownFields: 'reject' }, systemClock);
  const request = { model: 'm', messages: [{ role: 'user', content: 'x' }] };
  const open = createValidator({}, systemClock);

  it.each([
    { where: 'at the top level', body: { ...request, top_k: 4 }, param: 'top_k' },
    {
      where: 'in a message',
      body: { ...request, messages: [{ role: 'user', content: 'x', nick: 'y' }] },
      param: 'messages[0].nick',
    },
    {
      where: 'in a content part',
      body: { ...request, messages: [{ role: 'user', content: [{ type: 'text', text: 'x', cache_control: {} }] }] },
      param: 'messages[0].content[0].cache_control',
    },
    {
      where: 'in a tool',
      body: { ...request, tools: [{ type: 'function', function: { name: 'f', cost: 1 } }] },
      param: 'tools[0].function.cost',
    },
    {
      where: 'in stream options',
      body: { ...request, stream: true, stream_options: { bogus: 1 } },
      param: 'stream_options.bogus',
    },
    { where: 'in routing preferences', body: { ...request, provider: { colour: 'red' } }, param: 'provider.colour' },
  ])('pass by default and are refused on request $where', ({ body, param }) => {
    expect(() => open.check(body)).not.toThrow();
    expect(() => strict.check(body)).toThrow(expect.objectContaining({ code: 'unknown_parameter', param }));
  });

  it('does not restrict free-form objects', () => {
    const tools = [{ type: 'function', function: { name: 'f', parameters: { anything: { at: ['all'] } } } }];
    const metadata = { any: 'key' };
    expect(() => strict.check({ ...request, tools, metadata, logit_bias: { 7: 1 } })).not.toThrow();
  });

  it("are not the newer members of OpenAI's own request", () => {
    const newer = {
      verbosity: 'low',
      safety_identifier: 'u1',
      prompt_cache_key: 'k',
      functions: [],
      function_call: 'auto',
    };
    expect(() => strict.check({ ...request, ...newer })).not.toThrow();
  });
});

describe('hosted tools', () => {
  const open = createValidator({ unknownTools: 'pass' }, systemClock);
  const closed = createValidator({}, systemClock);
  const asking = (members: object) => ({ model: 'm', messages: [{ role: 'user', content: 'x' }], ...members });
  const hosted = [
    { type: 'web_search', search_context_size: 'low' },
    { type: 'mcp', server_label: 's' },
  ];

  it('are refused by default, and pass on request beside functions', () => {
    const request = asking({ tools: [{ type: 'function', function: { name: 'f' } }, ...hosted] });
    expect(() => closed.check(request)).toThrow(
      expect.objectContaining({ code: 'invalid_value', param: 'tools[1].type' }),
    );
    expect(open.check(request)).toBe(request);
  });

  it.each(['auto', 'required', { type: 'web_search' }, { type: 'function', function: { name: 'f' } }])(
    'may be chosen: %j',
    (tool_choice) => {
      const request = asking({ tools: hosted, tool_choice });
      expect(open.check(request)).toBe(request);
    },
  );

  it('do not loosen the tools that are known', () => {
    const refused = (members: object): string | null | undefined => {
      try {
        open.check(asking(members));
        return undefined;
      } catch (error) {
        return (error as GatewayError).param;
      }
    };
    expect(refused({ tools: [{ type: 'function' }] })).toBe('tools[0].function');
    expect(refused({ tools: [{ name: 'f' }] })).toBe('tools[0].type');
    expect(refused({ tools: ['web_search'] })).toBe('tools[0]');
    expect(refused({ tools: hosted, tool_choice: { type: 'function' } })).toBe('tool_choice.function');
    expect(refused({ tools: hosted, tool_choice: 'web_search' })).toBe('tool_choice');
    expect(refused({ tools: hosted, tool_choice: {} })).toBeUndefined();
    expect(refused({ tools: hosted, tool_choice: { type: 7 } })).toBe('tool_choice.type');
  });
});

describe('bodies of other APIs', () => {
  const validator = createValidator({ unknownFields: 'reject' }, systemClock);
  it.each([
    [{ input: 'Hello' }, '/v1/responses'],
    [{ input: [{ role: 'user', content: 'Hello' }], tools: [{ type: 'function', name: 'f' }] }, '/v1/responses'],
    [{ prompt: 'Hello', max_tokens: 5 }, '/v1/completions'],
    [{ contents: [{ parts: [{ text: 'Hello' }] }] }, 'generateContent'],
  ])('are refused with the endpoint that they are for: %j', (body, endpoint) => {
    expect(() => validator.check({ model: 'm', ...body })).toThrow(
      expect.objectContaining({
        status: 400,
        code: 'missing_required_parameter',
        param: 'messages',
        message: expect.stringContaining(endpoint),
      }),
    );
  });

  it('are no reason for a hint where there are messages', () => {
    const lenient = createValidator({}, systemClock);
    expect(() => lenient.check({ model: 'm', messages: [], input: 'x' })).toThrow(
      expect.objectContaining({ code: 'empty_array', param: 'messages' }),
    );
  });
});

describe('unknown content parts', () => {
  const open = createValidator({ unknownContentParts: 'pass' }, systemClock);
  const closed = createValidator({}, systemClock);
  const saying = (role: string, part: unknown) => ({
    model: 'm',
    messages: [{ role, content: [part], tool_call_id: 't' }],
  });
  const video = { type: 'video_url', video_url: { url: 'https://example.com/v.mp4' } };

  it.each(['user', 'system', 'tool'])('are refused by default and pass on request in a message of %s', (role) => {
    expect(() => closed.check(saying(role, video))).toThrow(
      expect.objectContaining({ code: 'invalid_value', param: 'messages[0].content[0].type' }),
    );
    expect(() => open.check(saying(role, video))).not.toThrow();
  });

  it('do not loosen the parts that are known', () => {
    expect(() => open.check(saying('user', { type: 'text' }))).toThrow(
      expect.objectContaining({ code: 'missing_required_parameter', param: 'messages[0].content[0].text' }),
    );
    expect(() => open.check(saying('user', { text: 'x' }))).toThrow(
      expect.objectContaining({ code: 'missing_required_parameter', param: 'messages[0].content[0].type' }),
    );
    expect(() => open.check(saying('user', { type: 7 }))).toThrow(
      expect.objectContaining({ code: 'invalid_type', param: 'messages[0].content[0].type' }),
    );
    expect(() => open.check(saying('system', { type: 'image_url', image_url: { url: 'x' } }))).toThrow(
      expect.objectContaining({ code: 'invalid_value', param: 'messages[0].content[0].type' }),
    );
  });

  it('accepts pictures in tool results together with them', () => {
    expect(() => open.check(saying('tool', { type: 'image_url', image_url: { url: 'data:,x' } }))).not.toThrow();
  });
});

describe('patterns of the schema', () => {
  it.each(patterns(requestSchema({ unknownFields: 'pass', unknownContentParts: 'reject', unknownTools: 'reject' })))(
    'are anchored and have no nested repetition: %s',
    (pattern) => {
      expect(pattern.startsWith('^')).toBe(true);
      expect(pattern).not.toMatch(/[+*}]\)[+*{]/);
    },
  );
});

/** Every schema inside `value`, itself included. */
function collect(value: unknown, into: Set<unknown>): void {
  if (typeof value !== 'object' || value === null) return;
  into.add(value);
  for (const inner of Object.values(value)) collect(inner, into);
}

function withoutNull(schema: Schema): unknown {
  const { type, ...rest } = schema;
  return { ...rest, type: Array.isArray(type) ? type.filter((name) => name !== 'null') : [type] };
}

function patterns(schema: Schema): string[] {
  const all = new Set<unknown>();
  collect(schema, all);
  const found = [...all].map((part) => (part as Schema).pattern).filter((pattern) => pattern !== undefined);
  return [...new Set(found)];
}
