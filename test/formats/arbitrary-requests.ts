/** Requests of many members as fast-check makes them up, for the native formats. */
import fc from 'fast-check';
import type { ChatRequest } from '../../src/chat/types.js';
import { json, validRequest } from '../validate/arbitraries.js';

const PNG = 'data:image/png;base64,iVBORw0KGgoAAAANSUhEUg==';
const text = fc.oneof(fc.string({ maxLength: 12 }), fc.constantFrom('', ' ', '\n', 'Hello', '\ud800'));
const mark = fc.constantFrom(undefined, null, { type: 'ephemeral' }, { type: 'ephemeral', ttl: '1h' }, 7);
const userPart = fc.oneof(
  fc.record({ type: fc.constant('text'), text, cache_control: mark }),
  fc.record({
    type: fc.constant('image_url'),
    image_url: fc.record({
      url: fc.constantFrom(PNG, 'https://x.example/a.png', 'http://x', 'data:,x'),
      detail: fc.constantFrom('low', 'auto'),
    }),
  }),
  fc.record({
    type: fc.constant('file'),
    file: fc.record({ file_data: fc.constantFrom('JVBERi0=', '', 'data:text/plain;base64,SGk=', '!'), filename: text }),
  }),
  fc.record({
    type: fc.constant('input_audio'),
    input_audio: fc.record({ data: fc.constant('UklGRg=='), format: fc.constant('wav') }),
  }),
);
const details = fc.array(
  fc.record(
    {
      type: fc.constantFrom('reasoning.text', 'reasoning.encrypted'),
      text,
      data: text,
      signature: text,
      format: fc.constantFrom('anthropic-claude-v1', 'google-gemini-v1'),
      index: fc.nat({ max: 2 }),
    },
    { requiredKeys: ['type'] },
  ),
  { maxLength: 3 },
);
const id = fc.constantFrom('c1', 'c2', '', 'a:b', 'x'.repeat(80));
const name = fc.constantFrom('get_weather', 'mcp.tool', 'f', 'n'.repeat(64));
const call = fc.record({
  id,
  type: fc.constant('function'),
  function: fc.record({ name, arguments: fc.oneof(text, fc.constant('{"a":1}')) }),
});
const message = fc.oneof(
  fc.record({ role: fc.constantFrom('system', 'developer'), content: text, name: fc.option(text) }),
  fc.record({
    role: fc.constant('user'),
    content: fc.oneof(text, fc.array(userPart, { maxLength: 3 })),
    cache_control: mark,
  }),
  fc.record(
    {
      role: fc.constant('assistant'),
      content: fc.option(text),
      tool_calls: fc.array(call, { maxLength: 2 }),
      reasoning_details: details,
    },
    { requiredKeys: ['role', 'content'] },
  ),
  fc.record(
    { role: fc.constant('tool'), tool_call_id: id, content: text, is_error: fc.boolean() },
    { requiredKeys: ['role', 'tool_call_id', 'content'] },
  ),
  fc.record({ role: fc.constant('function'), name, content: fc.option(text) }),
);
const schema = fc.oneof(
  json.filter((value) => typeof value === 'object' && value !== null && !Array.isArray(value)),
  fc.record(
    {
      type: fc.constantFrom('object', 'array', ['object', 'null']),
      properties: fc.dictionary(
        text,
        fc.record(
          {
            type: fc.constantFrom('string', 'integer'),
            minimum: fc.integer(),
            $ref: fc.constantFrom('#/$defs/a', '#'),
          },
          { requiredKeys: [] },
        ),
      ),
      required: fc.array(text),
      anyOf: fc.constant([{ type: 'object' }]),
      allOf: fc.constant([{ properties: { z: { type: 'string' } } }]),
      $defs: fc.constant({ a: { type: 'object', properties: { b: { $ref: '#/$defs/a' } } } }),
    },
    { requiredKeys: [] },
  ),
);
const tool = fc.record(
  {
    type: fc.constant('function'),
    function: fc.record({ name, parameters: schema, strict: fc.option(fc.boolean()) }, { requiredKeys: ['name'] }),
    cache_control: mark,
  },
  { requiredKeys: ['type', 'function'] },
);

const rich = fc.record(
  {
    messages: fc.array(message, { minLength: 1, maxLength: 6 }),
    tools: fc.array(tool, { minLength: 1, maxLength: 3 }),
    functions: fc.array(fc.record({ name, parameters: schema }, { requiredKeys: ['name'] }), { maxLength: 2 }),
    tool_choice: fc.oneof(
      fc.constantFrom('auto', 'none', 'required'),
      fc.record({ type: fc.constant('function'), function: fc.record({ name }) }),
    ),
    response_format: fc.oneof(
      fc.constantFrom({ type: 'text' }, { type: 'json_object' }),
      fc.record({
        type: fc.constant('json_schema'),
        json_schema: fc.record({ name: text, schema }, { requiredKeys: ['name'] }),
      }),
    ),
    reasoning_effort: fc.constantFrom('none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max', 'odd'),
    reasoning: fc.record(
      { effort: fc.constantFrom('low', 'high'), max_tokens: fc.nat(), exclude: fc.boolean() },
      { requiredKeys: [] },
    ),
    max_tokens: fc.integer({ min: 1, max: 100_000 }),
    temperature: fc.double({ min: 0, max: 2, noNaN: true }),
    top_p: fc.double({ min: 0, max: 1, noNaN: true }),
    stop: fc.oneof(text, fc.array(text, { maxLength: 4 })),
    modalities: fc.constantFrom(['text'], ['text', 'audio']),
    service_tier: fc.constantFrom('auto', 'default', 'flex', 'priority', 'fast'),
    web_search_options: fc.record({ search_context_size: fc.constant('low') }, { requiredKeys: [] }),
    metadata: fc.dictionary(text, text, { maxKeys: 2 }),
    parallel_tool_calls: fc.boolean(),
    n: fc.integer({ min: 1, max: 2 }),
    seed: fc.integer(),
    cache_control: mark,
  },
  { requiredKeys: ['messages'] },
);

const any = fc.oneof(validRequest, rich) as unknown as fc.Arbitrary<ChatRequest>;

/** Requests that `validate` lets through, and further ones whose members suit a translation. */
export const anyRequest: fc.Arbitrary<ChatRequest> = fc
  .tuple(any, fc.nat({ max: 4 }))
  .map(([request, dice]) => (dice === 0 ? request : sendable(request)));

/** `request` without what every native format refuses, so that most of them become an exchange. */
function sendable({ n: _n, modalities: _modalities, tool_choice: choice, ...request }: ChatRequest): ChatRequest {
  const called = new Set<string>();
  const responses = request.messages.filter((message) => {
    if (message.role === 'assistant') for (const { id: callId } of message.tool_calls ?? []) called.add(callId);
    if (message.role === 'function') return false;
    return message.role !== 'tool' || called.has(message.tool_call_id);
  });
  const tools = request.tools?.map((declared) =>
    declared.type === 'function' ? { ...declared, function: { ...declared.function, parameters: null } } : declared,
  );
  const messages = [...responses, { role: 'user' as const, content: 'And now?' }];
  const hasTools = tools !== undefined && tools.length > 0;
  return {
    ...request,
    messages,
    ...(hasTools ? { tools } : {}),
    ...(hasTools && typeof choice === 'string' ? { tool_choice: choice } : {}),
  };
}
