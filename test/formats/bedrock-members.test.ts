import { describe, expect, it } from 'vitest';
import { UnsupportedRequest } from '../../src/contracts/wire-format.js';
import { bedrock } from '../../src/formats/bedrock/bedrock.js';
import { BEDROCK_MEMBERS } from '../../src/formats/bedrock/members.js';
import { exchangeFor } from './bedrock-cases.js';

const format = bedrock();
const canary = 'canary text';
const ephemeral = { type: 'ephemeral' };
const tool = (more: object = {}, definition: object = {}) => ({
  ...more,
  type: 'function',
  function: { name: 'f', parameters: { type: 'object', properties: {} }, ...definition },
});
const user = (more: object) => ({ messages: [{ role: 'user', content: 'Hi', ...more }] });
const parts = (...content: object[]) => user({ content: [...content, { type: 'text', text: 'Hi' }] });
const assistant = (more: object) => ({
  messages: [
    { role: 'user', content: 'Hi' },
    { role: 'assistant', content: null, ...more },
    { role: 'user', content: 'Hi' },
  ],
});
const call = { id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } };
const responded = (more: object) => ({
  messages: [
    { role: 'user', content: 'Hi' },
    { role: 'assistant', tool_calls: [call] },
    { role: 'tool', tool_call_id: 'a', content: 'x', ...more },
  ],
});
const schema = { type: 'object', properties: {}, additionalProperties: false };

/** A request with each member of the table, with the usual value of its row. */
const EXAMPLES: Record<string, object> = {
  model: { model: 'm' },
  stream: { stream: true },
  messages: user({}),
  'messages[].name': user({ name: 'Ann' }),
  'messages[].content': user({ content: canary }),
  'messages[].content[].text': parts({ type: 'text', text: canary }),
  'messages[].content[].refusal': assistant({ content: [{ type: 'refusal', refusal: canary }] }),
  'messages[].content[].cache_control': parts({ type: 'text', text: 'x', cache_control: ephemeral }),
  'messages[].content[].prompt_cache_breakpoint': parts({ type: 'text', text: 'x', prompt_cache_breakpoint: {} }),
  'messages[].content[].image_url.url': parts({ type: 'image_url', image_url: { url: 's3://b/a.png' } }),
  'messages[].content[].image_url.detail': parts({
    type: 'image_url',
    image_url: { url: 's3://b/a.png', detail: 'low' },
  }),
  'messages[].content[].input_audio': parts({ type: 'input_audio', input_audio: { data: 'YQ==', format: 'wav' } }),
  'messages[].content[].file.file_data': parts({ type: 'file', file: { file_data: 'JVBERi0=' } }),
  'messages[].content[].file.filename': parts({ type: 'file', file: { file_data: 'JVBERi0=', filename: canary } }),
  'messages[].content[].file.file_id': parts({ type: 'file', file: { file_id: 'file-1' } }),
  'messages[].content[].video_url.url': parts({ type: 'video_url', video_url: { url: 's3://b/a.mp4' } }),
  'messages[].cache_control': user({ cache_control: ephemeral }),
  'messages[].refusal': assistant({ refusal: canary }),
  'messages[].audio': assistant({ audio: { id: 'a' } }),
  'messages[].tool_calls': responded({}),
  'messages[].function_call': assistant({ function_call: { name: 'f', arguments: '{}' } }),
  'messages[].annotations': assistant({ content: 'x', annotations: [canary] }),
  'messages[].reasoning': assistant({ content: 'x', reasoning: canary }),
  'messages[].reasoning_content': assistant({ content: 'x', reasoning_content: canary }),
  'messages[].reasoning_details': assistant({
    content: 'x',
    reasoning_details: [{ type: 'reasoning.encrypted', data: canary, format: 'anthropic-claude-v1' }],
  }),
  'messages[].thinking_blocks': assistant({
    content: 'x',
    thinking_blocks: [{ type: 'redacted_thinking', data: canary }],
  }),
  'messages[].tool_call_id': responded({}),
  'messages[].is_error': responded({ is_error: true }),
  audio: { audio: { voice: 'x', format: 'mp3' } },
  modalities: { modalities: ['audio'] },
  n: { n: 2 },
  web_search_options: { web_search_options: {} },
  max_tokens: { max_tokens: 7 },
  max_completion_tokens: { max_completion_tokens: 7 },
  temperature: { temperature: 0.7 },
  top_p: { top_p: 0.7 },
  top_k: { top_k: 7 },
  stop: { stop: canary },
  tools: { tools: [tool()] },
  'tools[].function.strict': { tools: [tool({}, { strict: true })] },
  'tools[].cache_control': { tools: [tool({ cache_control: ephemeral })] },
  functions: { functions: [{ name: 'f' }] },
  tool_choice: { tools: [tool()], tool_choice: 'required' },
  function_call: { functions: [{ name: 'f' }], function_call: 'auto' },
  parallel_tool_calls: { tools: [tool()], parallel_tool_calls: false },
  reasoning_effort: { reasoning_effort: 'low' },
  reasoning: { reasoning: { effort: 'low' } },
  include_reasoning: { include_reasoning: true },
  response_format: { response_format: { type: 'json_schema', json_schema: { name: 'n', schema } } },
  service_tier: { service_tier: 'flex' },
  metadata: { metadata: { a: canary } },
  cache_control: { cache_control: ephemeral },
  seed: { seed: 7 },
  frequency_penalty: { frequency_penalty: 1 },
  presence_penalty: { presence_penalty: 1 },
  repetition_penalty: { repetition_penalty: 1.5 },
  min_p: { min_p: 0.1 },
  top_a: { top_a: 0.1 },
  logit_bias: { logit_bias: { 1: 1 } },
  logprobs: { logprobs: true },
  top_logprobs: { top_logprobs: 2 },
  prediction: { prediction: { type: 'content', content: canary } },
  verbosity: { verbosity: 'low' },
  user: { user: canary },
  safety_identifier: { safety_identifier: canary },
  prompt_cache_key: { prompt_cache_key: canary },
  prompt_cache_retention: { prompt_cache_retention: '24h' },
  store: { store: true },
  stream_options: { stream_options: { include_usage: true } },
};

type Outcome =
  | { fate: 'refused'; param: string }
  | { fate: 'dropped' | 'kept'; sent: string; dropped: readonly string[] };

function outcome(more: object): Outcome {
  const request = { ...user({}), ...more };
  const input = { request, model: { upstreamModel: 'm', traits: { family: 'claude', promptCaching: true } } };
  try {
    const { body, path, dropped } = exchangeFor(format, input);
    return { fate: dropped.length > 0 ? 'dropped' : 'kept', sent: `${path} ${JSON.stringify(body)}`, dropped };
  } catch (error) {
    if (error instanceof UnsupportedRequest) return { fate: 'refused', param: error.param };
    throw error;
  }
}

const generic = (path: string) => path.replaceAll(/\[\d+\]/g, '[]');

describe('the table of members', () => {
  it('has an example for every row, and no row twice', () => {
    expect(BEDROCK_MEMBERS.map(({ member }) => member).toSorted()).toEqual(Object.keys(EXAMPLES).toSorted());
  });

  it.each(BEDROCK_MEMBERS)('matches the table for $member: $fate', ({ member, fate, sentAs, neutral }) => {
    const seen = outcome(EXAMPLES[member]!);
    if (fate === 'refused') return expect(seen).toMatchObject({ fate, param: expect.any(String) as string });
    if (seen.fate === 'refused') return expect.unreachable(`refused: ${seen.param}`);
    expect(seen.dropped.map(generic)).toEqual(fate === 'dropped' ? [member] : []);
    if (fate === 'ignored') expect(seen.sent).toBe((outcome(withoutIt(member)) as { sent: string }).sent);
    if (fate === 'sent' && sentAs !== 'path') {
      const target = sentAs!.split(/[.[\]]+/).findLast((step) => step !== '')!;
      expect(seen.sent).toContain(`"${target}":`);
    }
    for (const value of neutral ?? []) {
      if (!member.includes('.')) expect(outcome({ [member]: value })).toMatchObject({ fate: 'kept', dropped: [] });
    }
  });

  it('lists the parameters that a model supports', () => {
    const of = (traits: object, upstreamModel = 'm') =>
      format.supportedParameters!({ upstreamModel, maxCompletionTokens: undefined, traits: { ...traits } });
    for (const name of ['seed', 'frequency_penalty', 'logprobs', 'verbosity'])
      expect(of({ family: 'claude' })).not.toContain(name);
    for (const name of [
      'temperature',
      'tools',
      'tool_choice',
      'stop',
      'max_tokens',
      'structured_outputs',
      'reasoning',
    ]) {
      expect(of({ family: 'claude' })).toContain(name);
    }
    expect(of({ family: 'claude', sampling: false })).not.toContain('temperature');
    expect(of({ family: 'mistral' })).not.toContain('reasoning_effort');
    expect(of({}, 'openai.gpt-oss-20b-1:0')).toContain('reasoning_effort');
    expect(of({ family: 'other', tools: false })).not.toContain('structured_outputs');
  });
});

/** The same example with a neutral value of the member. */
function withoutIt(member: string): object {
  return member.startsWith('messages[].') ? assistant({ content: 'x' }) : {};
}

describe('options', () => {
  it('give a base URL and a guardrail', () => {
    expect(bedrock({ region: 'eu-central-1' }).defaultBaseUrl).toBe(
      'https://bedrock-runtime.eu-central-1.amazonaws.com',
    );
    expect(bedrock({ region: 'cn-north-1' }).defaultBaseUrl).toBe(
      'https://bedrock-runtime.cn-north-1.amazonaws.com.cn',
    );
    const guardrail = { identifier: 'g', version: 'DRAFT', trace: 'enabled', streamProcessingMode: 'async' } as const;
    const guarded = bedrock({ guardrail });
    const config = { guardrailIdentifier: 'g', guardrailVersion: 'DRAFT', trace: 'enabled' };
    expect(exchangeFor(guarded, {}).body).toMatchObject({ guardrailConfig: config });
    expect(exchangeFor(guarded, {}).body).not.toHaveProperty('guardrailConfig.streamProcessingMode');
    expect(exchangeFor(guarded, {}, true).body).toMatchObject({
      guardrailConfig: { ...config, streamProcessingMode: 'async' },
    });
  });

  it.each([
    [{ region: 'evil.example/' }, 'bedrock().region must be an AWS region'],
    [{ regoin: 'us-east-1' }, 'Did you mean "region"?'],
    [{ guardrail: { identifier: 'g' } }, 'bedrock().guardrail.version must be'],
    [{ guardrail: { identifier: 'g', version: '1', trace: 'on' } }, 'bedrock().guardrail.trace must be one of'],
  ])('%j are refused by name', (options, message) => expect(() => bedrock(options as object)).toThrow(message));
});
