/** For each row of the table of members: a request that has the member, and the same one without it. */
import type { ChatRequest } from '../../src/chat/types.js';
import { ANTHROPIC_MEMBERS } from '../../src/formats/anthropic/members.js';

export interface Probe {
  readonly request: Partial<ChatRequest>;
  /** @defaultValue a plain request */
  readonly without?: Partial<ChatRequest>;
}

const mark = { type: 'ephemeral' };
const tool = {
  type: 'function',
  function: { name: 'f', parameters: { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] } },
};
const call = { id: 'c1', type: 'function', function: { name: 'f', arguments: '{"a":"x"}' } };
const user = { role: 'user', content: 'Hi' };
const called = [user, { role: 'assistant', content: null, tool_calls: [call] }];

/** A probe that puts `part` beside a text, with or without `member`. */
function part(value: object, without?: object): Probe {
  const request = (extra: object | undefined) => ({
    messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi' }, ...(extra === undefined ? [] : [extra])] }],
  });
  return { request: request(value), without: request(without) } as unknown as Probe;
}

function messages(list: readonly object[], without?: readonly object[]): Probe {
  return {
    request: { messages: list },
    ...(without === undefined ? {} : { without: { messages: without } }),
  } as unknown as Probe;
}

function responded(result: object, without?: object): Probe {
  return messages([...called, result], without === undefined ? called : [...called, without]);
}

function assistant(members: object): Probe {
  const said = { role: 'assistant', content: 'ok' };
  return messages([user, { ...said, ...members }, user], [user, said, user]);
}

function top(member: string, value: unknown, rest: object = {}): Probe {
  return { request: { ...rest, [member]: value }, without: rest } as unknown as Probe;
}

const result = { role: 'tool', tool_call_id: 'c1', content: '3' };
const pdf = { file_data: 'data:application/pdf;base64,JVBERi0=' };
const detail = { type: 'reasoning.text', text: 'Hm', signature: 'S', format: 'anthropic-claude-v1', index: 0 };
const schema = { type: 'object', properties: { a: { type: 'string' } }, required: ['a'], additionalProperties: false };
const gateways = ANTHROPIC_MEMBERS.filter(({ note }) => note === "The gateway's own.").map(({ member }) => member);

export const PROBES: Readonly<Record<string, Probe>> = {
  model: { request: { model: 'claude-opus-4-1' } },
  messages: messages([user, { role: 'user', content: 'More' }]),
  'messages[].role': messages([user, { role: 'assistant', content: 'Hi' }, user]),
  'messages[].name': messages([{ ...user, name: 'Jo' }]),
  'messages[].content': messages([{ role: 'user', content: 'Other' }]),
  'messages[].content[].text': part({ type: 'text', text: 'More' }),
  'messages[].content[].refusal': messages(
    [user, { role: 'assistant', content: [{ type: 'refusal', refusal: 'No.' }] }, user],
    [user, user],
  ),
  'messages[].content[].cache_control': part(
    { type: 'text', text: 'x', cache_control: mark },
    { type: 'text', text: 'x' },
  ),
  'messages[].content[].prompt_cache_breakpoint': part(
    { type: 'text', text: 'x', prompt_cache_breakpoint: {} },
    { type: 'text', text: 'x' },
  ),
  'messages[].content[].image_url.url': part({ type: 'image_url', image_url: { url: 'https://x.example/a.png' } }),
  'messages[].content[].image_url.detail': part(
    { type: 'image_url', image_url: { url: 'https://x.example/a.png', detail: 'high' } },
    { type: 'image_url', image_url: { url: 'https://x.example/a.png' } },
  ),
  'messages[].content[].input_audio': part({ type: 'input_audio', input_audio: { data: 'UklGRg==', format: 'wav' } }),
  'messages[].content[].file.file_data': part({ type: 'file', file: pdf }),
  'messages[].content[].file.filename': part(
    { type: 'file', file: { ...pdf, filename: 'a.pdf' } },
    { type: 'file', file: pdf },
  ),
  'messages[].content[].file.file_id': part({ type: 'file', file: { file_id: 'file-abc' } }),
  'messages[].cache_control': messages([{ ...user, cache_control: mark }]),
  'messages[].refusal': messages([user, { role: 'assistant', content: null, refusal: 'No.' }, user], [user, user]),
  'messages[].audio': assistant({ audio: { id: 'a1' } }),
  'messages[].tool_calls': assistant({ tool_calls: [call] }),
  'messages[].function_call': assistant({ function_call: { name: 'f', arguments: '{"a":1}' } }),
  'messages[].tool_call_id': responded(result),
  'messages[].is_error': responded({ ...result, is_error: true }, result),
  'messages[].annotations': assistant({ annotations: [{ type: 'url_citation' }] }),
  'messages[].reasoning': assistant({ reasoning: 'Hm' }),
  'messages[].reasoning_content': assistant({ reasoning_content: 'Hm' }),
  'messages[].reasoning_details': assistant({ reasoning_details: [detail] }),
  'messages[].thinking_blocks': assistant({ thinking_blocks: [{ type: 'thinking', thinking: 'Hm', signature: 'S' }] }),
  max_completion_tokens: top('max_completion_tokens', 7),
  max_tokens: top('max_tokens', 7),
  temperature: top('temperature', 0.5),
  top_p: top('top_p', 0.5),
  top_k: top('top_k', 5),
  stop: top('stop', 'END'),
  stream: top('stream', true),
  tools: top('tools', [tool]),
  'tools[].function.strict': top('tools', [{ type: 'function', function: { ...tool.function, strict: true } }], {
    tools: [tool],
  }),
  'tools[].cache_control': top('tools', [{ ...tool, cache_control: mark }], { tools: [tool] }),
  functions: top('functions', [tool.function]),
  tool_choice: top('tool_choice', 'required', { tools: [tool] }),
  function_call: top('function_call', { name: 'f' }, { functions: [tool.function] }),
  parallel_tool_calls: top('parallel_tool_calls', false, { tools: [tool] }),
  reasoning_effort: top('reasoning_effort', 'low'),
  reasoning: top('reasoning', { effort: 'low' }),
  include_reasoning: top('include_reasoning', false, { reasoning_effort: 'low' }),
  response_format: top('response_format', { type: 'json_schema', json_schema: { name: 'p', schema } }),
  service_tier: top('service_tier', 'default'),
  safety_identifier: top('safety_identifier', 'h4sh'),
  user: top('user', 'jane@x.example'),
  metadata: top('metadata', { a: 'b' }),
  web_search_options: top('web_search_options', {}),
  cache_control: top('cache_control', mark),
  n: top('n', 2),
  modalities: top('modalities', ['text', 'audio']),
  audio: top('audio', { voice: 'alloy', format: 'wav' }),
  frequency_penalty: top('frequency_penalty', 0.5),
  presence_penalty: top('presence_penalty', 0.5),
  repetition_penalty: top('repetition_penalty', 1.1),
  logit_bias: top('logit_bias', { 1: 2 }),
  logprobs: top('logprobs', true),
  top_logprobs: top('top_logprobs', 2),
  min_p: top('min_p', 0.1),
  top_a: top('top_a', 0.1),
  prediction: top('prediction', { type: 'content', content: 'x' }),
  seed: top('seed', 1),
  verbosity: top('verbosity', 'low'),
  store: top('store', true),
  stream_options: top('stream_options', { include_usage: true }),
  prompt_cache_key: top('prompt_cache_key', 'k'),
  prompt_cache_retention: top('prompt_cache_retention', '24h'),
  moderation: top('moderation', {}),
  transforms: top('transforms', []),
  route: top('route', 'fallback'),
  plugins: top('plugins', []),
  usage: top('usage', { include: true }),
  ...Object.fromEntries(gateways.map((member) => [member, top(member, 'x')])),
};
