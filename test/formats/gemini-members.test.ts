import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/util/json-object.js';
import { UnsupportedRequest, type Exchange } from '../../src/contracts/wire-format.js';
import { gemini } from '../../src/formats/gemini/gemini.js';
import { geminiMembers } from '../../src/formats/gemini/members.js';
import type { MemberFate } from '../../src/formats/shared/member-table.js';
import { asJson, exchangeOf } from './gemini-cases.js';

/*
 * The table lists what becomes of each member; here a request with that member, and the same one without it, are sent,
 * and the difference must match the table.
 */

const USER = { role: 'user', content: 'Hi' };
const PNG = 'data:image/png;base64,AAAA';
const call = (more: JsonObject) => ({
  id: 'c',
  type: 'function',
  function: { name: 'f', arguments: '{"a":1}' },
  ...more,
});
const withPart = (part: JsonObject): JsonObject => ({
  messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi' }, part] }],
});
const withMessage = (message: JsonObject): JsonObject => ({ messages: [USER, message] });
const withCall = (more: JsonObject): JsonObject => withMessage({ role: 'assistant', tool_calls: [call(more)] });
const result = (more: JsonObject): JsonObject => ({
  messages: [
    USER,
    { role: 'assistant', tool_calls: [call({})] },
    { role: 'tool', tool_call_id: 'c', content: 'r', ...more },
  ],
});
const tools = (...list: JsonObject[]): JsonObject => ({ tools: list });
const tool = (more: JsonObject = {}): JsonObject => ({ type: 'function', function: { name: 'f', ...more } });

interface Sample {
  readonly with: JsonObject;
  /** @defaultValue the plain request */
  readonly without?: JsonObject;
  /** Path that is reported. @defaultValue the member's own */
  readonly dropped?: string;
  readonly stream?: boolean;
}

const SAMPLES: Readonly<Record<string, Sample>> = {
  model: { with: { model: 'gemini-3-pro' } },
  messages: { with: { messages: [{ role: 'user', content: 'Ho' }] } },
  'messages[].role': {
    with: withMessage({ role: 'assistant', content: 'x' }),
    without: withMessage({ role: 'user', content: 'x' }),
  },
  'messages[].name': { with: { messages: [{ ...USER, name: 'n' }] }, dropped: 'messages[0].name' },
  'messages[].content': { with: { messages: [{ role: 'user', content: 'Ho' }] } },
  'messages[].content[].text': { with: withPart({ type: 'text', text: 'more' }) },
  'messages[].content[].cache_control': {
    with: withPart({ type: 'text', text: 'a', cache_control: { type: 'ephemeral' } }),
    without: withPart({ type: 'text', text: 'a' }),
  },
  'messages[].content[].prompt_cache_breakpoint': {
    with: withPart({ type: 'text', text: 'a', prompt_cache_breakpoint: {} }),
    without: withPart({ type: 'text', text: 'a' }),
  },
  'messages[].content[].image_url.url': { with: withPart({ type: 'image_url', image_url: { url: PNG } }) },
  'messages[].content[].image_url.detail': {
    with: { model: 'gemini-3-pro', ...withPart({ type: 'image_url', image_url: { url: PNG, detail: 'low' } }) },
    without: { model: 'gemini-3-pro', ...withPart({ type: 'image_url', image_url: { url: PNG } }) },
  },
  'messages[].content[].input_audio.data': {
    with: withPart({ type: 'input_audio', input_audio: { data: 'AAAA', format: 'wav' } }),
  },
  'messages[].content[].input_audio.format': {
    with: withPart({ type: 'input_audio', input_audio: { data: 'AAAA', format: 'wav' } }),
    without: withPart({ type: 'input_audio', input_audio: { data: 'AAAA', format: 'mp3' } }),
  },
  'messages[].content[].file.file_data': {
    with: withPart({ type: 'file', file: { file_data: 'data:application/pdf;base64,AAAA' } }),
  },
  'messages[].content[].file.filename': {
    with: withPart({ type: 'file', file: { file_data: 'data:application/pdf;base64,AAAA', filename: 'x' } }),
    without: withPart({ type: 'file', file: { file_data: 'data:application/pdf;base64,AAAA' } }),
  },
  'messages[].content[].file.file_id': { with: withPart({ type: 'file', file: { file_id: 'file-1' } }) },
  'messages[].content[].video_url.url': {
    with: withPart({ type: 'video_url', video_url: { url: 'data:video/mp4;base64,AAAA' } }),
  },
  'messages[].content[].refusal': {
    with: withMessage({ role: 'assistant', content: [{ type: 'refusal', refusal: 'no' }] }),
  },
  'messages[].refusal': { with: withMessage({ role: 'assistant', content: null, refusal: 'no' }) },
  'messages[].audio': { with: withMessage({ role: 'assistant', audio: { id: 'a' } }) },
  'messages[].images': {
    with: withMessage({ role: 'assistant', content: 'x', images: [{ image_url: { url: PNG } }] }),
    without: withMessage({ role: 'assistant', content: 'x' }),
  },
  'messages[].tool_calls[].id': { with: withCall({ id: 'd' }), without: withCall({}) },
  'messages[].tool_calls[].function.name': {
    with: withCall({ function: { name: 'g', arguments: '{}' } }),
    without: withCall({ function: { name: 'f', arguments: '{}' } }),
  },
  'messages[].tool_calls[].function.arguments': {
    with: withCall({ function: { name: 'f', arguments: '{"b":2}' } }),
    without: withCall({}),
  },
  'messages[].tool_calls[].custom': {
    with: {
      ...tools({ type: 'custom', custom: { name: 's' } }),
      ...withCall({ type: 'custom', custom: { name: 's', input: 'i' } }),
    },
    without: tools({ type: 'custom', custom: { name: 's' } }),
  },
  'messages[].tool_calls[].extra_content.google.thought_signature': {
    with: withCall({ extra_content: { google: { thought_signature: 'S' } } }),
    without: withCall({}),
  },
  'messages[].reasoning_details': {
    with: withMessage({
      role: 'assistant',
      content: 'x',
      reasoning_details: [{ type: 'reasoning.encrypted', data: 'S', format: 'google-gemini-v1' }],
    }),
    without: withMessage({ role: 'assistant', content: 'x' }),
  },
  'messages[].reasoning': {
    with: withMessage({ role: 'assistant', content: 'x', reasoning: 'y' }),
    without: withMessage({ role: 'assistant', content: 'x' }),
  },
  'messages[].reasoning_content': {
    with: withMessage({ role: 'assistant', content: 'x', reasoning_content: 'y' }),
    without: withMessage({ role: 'assistant', content: 'x' }),
  },
  'messages[].annotations': {
    with: withMessage({ role: 'assistant', content: 'x', annotations: [{}] }),
    without: withMessage({ role: 'assistant', content: 'x' }),
  },
  'messages[].function_call': {
    with: withMessage({ role: 'assistant', content: null, function_call: { name: 'f', arguments: '{}' } }),
  },
  'messages[].tool_call_id': { with: result({}) },
  'messages[].is_error': { with: result({ is_error: true }), without: result({}) },
  audio: { with: { audio: { voice: 'v', format: 'mp3' } } },
  frequency_penalty: { with: { frequency_penalty: 1 } },
  presence_penalty: { with: { presence_penalty: 1 } },
  logit_bias: { with: { logit_bias: { 1: 1 } } },
  logprobs: { with: { logprobs: true } },
  top_logprobs: { with: { logprobs: true, top_logprobs: 2 }, without: { logprobs: true } },
  max_completion_tokens: { with: { max_completion_tokens: 9 } },
  max_tokens: { with: { max_tokens: 9 } },
  metadata: { with: { metadata: { a: 'b' } } },
  modalities: { with: { modalities: ['image'] } },
  n: { with: { n: 2 } },
  parallel_tool_calls: { with: { parallel_tool_calls: false } },
  prediction: { with: { prediction: { type: 'content', content: 'x' } } },
  reasoning_effort: { with: { reasoning_effort: 'low' } },
  reasoning: { with: { reasoning: { effort: 'low' } } },
  include_reasoning: { with: { include_reasoning: true } },
  response_format: {
    with: { response_format: { type: 'json_schema', json_schema: { name: 'x', schema: { type: 'object' } } } },
  },
  seed: { with: { seed: 1 } },
  service_tier: { with: { service_tier: 'flex' } },
  stop: { with: { stop: 'x' } },
  store: { with: { store: true } },
  stream: { with: {}, stream: true },
  stream_options: { with: { stream_options: { include_usage: true } } },
  temperature: { with: { temperature: 1 } },
  top_p: { with: { top_p: 1 } },
  top_k: { with: { top_k: 1 } },
  min_p: { with: { min_p: 0.1 } },
  top_a: { with: { top_a: 0.1 } },
  repetition_penalty: { with: { repetition_penalty: 1.1 } },
  tools: { with: tools(tool()) },
  'tools[].function.parameters': {
    with: tools(tool({ parameters: { type: 'object', properties: { a: {} } } })),
    without: tools(tool()),
  },
  'tools[].function.strict': { with: tools(tool({ strict: true })), without: tools(tool()) },
  'tools[].custom': { with: tools({ type: 'custom', custom: { name: 's' } }) },
  'tools[].custom.format.grammar': {
    with: tools({ type: 'custom', custom: { name: 's', format: { type: 'grammar', grammar: {} } } }),
  },
  tool_choice: { with: { ...tools(tool()), tool_choice: 'required' }, without: tools(tool()) },
  functions: { with: { functions: [{ name: 'f' }] } },
  function_call: {
    with: { functions: [{ name: 'f' }], function_call: { name: 'f' } },
    without: { functions: [{ name: 'f' }] },
  },
  user: { with: { user: 'u' } },
  safety_identifier: { with: { safety_identifier: 'u' } },
  web_search_options: { with: { web_search_options: {} } },
  'web_search_options.search_context_size': {
    with: { web_search_options: { search_context_size: 'low' } },
    without: { web_search_options: {} },
  },
  'web_search_options.user_location': {
    with: { web_search_options: { user_location: { type: 'approximate' } } },
    without: { web_search_options: {} },
  },
  verbosity: { with: { verbosity: 'low' } },
  prompt_cache_key: { with: { prompt_cache_key: 'k' } },
  prompt_cache_retention: { with: { prompt_cache_retention: '24h' } },
  cache_control: { with: { cache_control: { type: 'ephemeral' } } },
  moderation: { with: { moderation: {} } },
};

const format = gemini({ door: 'vertex' });

function made(members: JsonObject, stream = false): Exchange | UnsupportedRequest {
  const request = { model: 'gemini-2.5-flash', messages: [USER], ...members };
  try {
    return exchangeOf(format, { request }, stream);
  } catch (error) {
    if (error instanceof UnsupportedRequest) return error;
    throw error;
  }
}

/** What the code does with the member of a sample. */
function fateOf(sample: Sample): MemberFate {
  const plain = made(sample.without ?? {});
  const result = made(sample.with, sample.stream);
  if (plain instanceof UnsupportedRequest) throw plain;
  if (result instanceof UnsupportedRequest) return 'refused';
  if (result.dropped.length > plain.dropped.length) return 'dropped';
  const same = result.path === plain.path && JSON.stringify(result.body) === JSON.stringify(plain.body);
  return same ? 'ignored' : 'sent';
}

describe('the table of members', () => {
  it('has a sample for every row and a row for every sample', () => {
    expect(geminiMembers.map(({ member }) => member).toSorted()).toEqual(Object.keys(SAMPLES).toSorted());
  });

  it.each(geminiMembers.map((row) => [row.member, row] as const))('matches the table for %s', (member, row) => {
    const sample = SAMPLES[member] as Sample;
    expect(fateOf(sample)).toBe(row.fate);
    const result = made(sample.with, sample.stream);
    if (row.fate === 'dropped') expect((result as Exchange).dropped).toEqual([sample.dropped ?? member]);
    if (row.fate !== 'sent') {
      expect(row.sentAs).toBeUndefined();
      return;
    }
    // The names of `sentAs` stand in the body.
    const text = JSON.stringify(asJson((result as Exchange).body));
    const places = row.sentAs!.split(', ').filter((place) => place !== 'path');
    const names = places.map((place) => place.split('.').at(-1)!.replace('[]', ''));
    if (places.length > 0) expect(names.some((name) => text.includes(`"${name}"`))).toBe(true);
  });

  it('has nothing of neutral values to report', () => {
    for (const { member, neutral } of geminiMembers) {
      for (const value of neutral ?? []) expect((made({ [member]: value }) as Exchange).dropped).toEqual([]);
    }
  });
});
