/** Requests as clients send them that are in no published case, each with a row in `docs/wire-decisions.md`. */
export interface OwnCase {
  readonly name: string;
  readonly body: { readonly [key: string]: unknown };
  /** What is forwarded where it is not `body`. */
  readonly forwarded?: { readonly [key: string]: unknown };
}

const question = { role: 'user', content: 'q' };
const more = { role: 'user', content: '?' };
const call = { id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } };

function echo(message: object): OwnCase['body'] {
  return { model: 'm', messages: [question, { role: 'assistant', ...message }, more] };
}

function asking(members: object): OwnCase['body'] {
  return { model: 'm', messages: [question], ...members };
}

function image(detail: unknown): OwnCase['body'] {
  return {
    model: 'm',
    messages: [
      { role: 'user', content: [{ type: 'image_url', image_url: { url: 'https://example.com/a.png', detail } }] },
    ],
  };
}

export const acceptedCases: readonly OwnCase[] = [
  {
    name: 'echo-tool_calls-empty',
    body: echo({ content: 'Hi', refusal: null, audio: null, function_call: null, tool_calls: [], reasoning: null }),
    forwarded: echo({ content: 'Hi', refusal: null, audio: null, function_call: null, reasoning: null }),
  },
  {
    name: 'echo-nothing-at-all',
    body: echo({ content: null, tool_calls: [] }),
    forwarded: echo({ content: '' }),
  },
  { name: 'echo-reasoning-only', body: echo({ content: null, reasoning_content: 'Hm, let me' }) },
  { name: 'echo-content-empty-list', body: echo({ content: [], tool_calls: [call] }) },
  {
    name: 'echo-thinking-parts',
    body: echo({
      content: [
        { type: 'thinking', thinking: [{ type: 'text', text: 'Hm' }] },
        { type: 'thinking', thinking: 'Hm', signature: 'SIG' },
        { type: 'redacted_thinking', data: 'x' },
        { type: 'reference', reference_ids: [1, 2] },
        { type: 'text', text: 'Hi' },
      ],
    }),
  },
  {
    name: 'echo-call-members',
    body: echo({
      content: null,
      tool_calls: [{ ...call, index: 0, extra_content: { google: { thought_signature: 'S' } } }],
    }),
  },
  { name: 'image-detail-null', body: image(null) },
  {
    name: 'nested-nulls',
    body: asking({
      web_search_options: { search_context_size: null, user_location: null },
      response_format: {
        type: 'json_schema',
        json_schema: { name: 's', schema: null, strict: null, description: null },
      },
      tools: [{ type: 'custom', custom: { name: 'c', description: null, format: null } }],
      stream: true,
      stream_options: { include_usage: null, include_obfuscation: null },
      provider_configs: { openai: { api_key: null, base_url: null, endpoint_overrides: null } },
    }),
  },
  {
    name: 'tool-name-colon',
    body: asking({ tools: [{ type: 'function', function: { name: 'server:tool' } }] }),
  },
  {
    name: 'response_format-json_object-schema',
    body: asking({ response_format: { type: 'json_object', schema: { type: 'object' } } }),
  },
  { name: 'stop-16', body: asking({ stop: Array.from({ length: 16 }, (_, index) => `s${index}`) }) },
  ...['on_demand', 'performance', 'standard', 'standard_only', 'reserved', 'batch'].map((tier) => ({
    name: `service_tier-${tier}`,
    body: asking({ service_tier: tier }),
  })),
  {
    name: 'tools-empty',
    body: asking({ tools: [], tool_choice: 'auto', parallel_tool_calls: true }),
    forwarded: asking({}),
  },
  { name: 'max_tokens-minus-one', body: asking({ max_tokens: -1 }), forwarded: asking({}) },
  {
    name: 'max_completion_tokens-minus-one',
    body: asking({ max_completion_tokens: -1 }),
    forwarded: asking({}),
  },
];

/** Rows that `invalid.jsonl` calls certain by OpenAI's rules, and that clients of other servers need taken. */
export const OVERRULED: ReadonlySet<string> = new Set(['tool_calls-empty']);
